"""What a registered version is, and what people think of it."""

import json
from typing import Any, ClassVar, Literal

from airflow.sdk import Context
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random_exponential

from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.errors import UserError, may_pass
from mlops_sagemaker.hook import ATTEMPTS
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.resources import MODEL_CARD, MODEL_PACKAGE, Description


class ModelApprovalOperator(LifecycleOperator):
    """Approve or reject a model package, with who and why; nothing happens if it says so already.

    :param package: ARN of the package (a template).
    :param status: what it is to be (a template).
    :param description: who decided and why, at most 1024 characters (a template).
    """

    template_fields = aws_template_fields("package", "status", "description")

    def __init__(
        self,
        *,
        package: str,
        status: Literal["Approved", "Rejected", "PendingManualApproval"] | str,
        description: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.package = package
        self.status = status
        self.description = description

    def execute(self, context: Context) -> dict[str, str]:
        """``{"model_package_arn", "approval_status"}``."""
        wanted = {"ModelApprovalStatus": self.status, "ApprovalDescription": self.description}
        with user_errors_are_final():
            known = self.hook.describe(MODEL_PACKAGE, self.package)
            if known is None:
                raise UserError(f"there is no model package {self.package}")
            if not wanted.items() <= known.items():
                self.hook.update_package(self.package, wanted)
        self.log.info("%s is %s: %s", self.package, self.status, self.description)
        return {"model_package_arn": self.package, "approval_status": self.status}


class ModelCardOperator(LifecycleOperator):
    """Keep a model card as it should be: created, given a new version, or left alone if it is so already.

    :param card_name: the card (a template).
    :param content: its content, in SageMaker's model card schema; texts may be templates.
    :param status: Draft, PendingReview, Approved or Archived.
    """

    template_fields = aws_template_fields("card_name", "content", "status")
    template_fields_renderers: ClassVar[dict[str, str]] = {"content": "json"}

    def __init__(self, *, card_name: str, content: dict[str, Any], status: str = "Draft", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.card_name = card_name
        self.content = content
        self.status = status

    def execute(self, context: Context) -> dict[str, Any]:
        """``{"model_card_arn", "version"}``."""
        with user_errors_are_final():
            card = self._settled()
        self.log.info("Model card %s, version %s", self.card_name, card["ModelCardVersion"])
        return {"model_card_arn": card["ModelCardArn"], "version": card["ModelCardVersion"]}

    @retry(
        retry=retry_if_exception(may_pass),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(max=20),
        reraise=True,
    )
    def _settled(self) -> Description:
        """The card as it should be. Each attempt looks for what the one before may have done: updates have no token."""
        card = self.hook.ensure(MODEL_CARD, self.card_name, {**self._content, **self._status})
        for change in self._changes(card):
            self.hook.update_model_card(self.card_name, change)
        return self.hook.describe(MODEL_CARD, self.card_name) or card

    def _changes(self, card: Description) -> list[dict[str, str]]:
        """One call changes either content or status; the content of an archived card cannot be changed."""
        content = [] if json.loads(card["Content"]) == self.content else [self._content]
        status = [] if self._status.items() <= card.items() else [self._status]
        return status + content if card["ModelCardStatus"] == "Archived" else content + status

    @property
    def _content(self) -> dict[str, str]:
        return {"Content": json.dumps(self.content, sort_keys=True)}

    @property
    def _status(self) -> dict[str, str]:
        return {"ModelCardStatus": self.status}
