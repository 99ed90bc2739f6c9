"""Back to the previous champion."""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import champions, deployments
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.deployments import ROLLED_BACK
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.operators.resolve import RELEASE_URI, read_release
from mlops_sagemaker.resources import MODEL_PACKAGE

MANUAL = "manual"


class ResolveRollbackOperator(LifecycleOperator):
    """Settle what is rolled back, and to what; skip if nothing is. ::

        {"champion_uri", "model_package_arn": of the champion that goes, "reason", "champion": the one that comes back}

    A run that a person started rolls back whatever is live. Any other does so only if the champion was rejected in the
    registry since it was deployed.

    :param use_case: top folder of the use case in the bucket.
    :param reason: why, in the words of whoever started the run (a template).
    :param release_uri: S3 URI of the release manifest.
    """

    template_fields = aws_template_fields("reason", "release_uri")

    def __init__(self, *, use_case: str, reason: str, release_uri: str = RELEASE_URI, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_case = use_case
        self.reason = reason
        self.release_uri = release_uri

    def execute(self, context: Context) -> dict[str, Any]:
        """Settle it."""
        with user_errors_are_final():
            where = champions.uri_of(read_release(self.hook, self.release_uri).bucket, self.use_case)
            pointer = champions.read(self.hook, where)
            live, previous = pointer["champion"], pointer["previous"]
            by_hand = context["dag_run"].run_type == MANUAL
            reason = self.reason if by_hand else self._rejection(live)
            if reason is None:
                # Airflow does not write a skip's reason into the log of the task.
                self.log.info("The champion of %s was not rejected", self.use_case)
                raise AirflowSkipException("nothing to roll back")
            if live is None or previous is None:
                raise UserError(f"{self.use_case} has no previous champion to go back to; deploy another version")
        return {
            "champion_uri": where,
            "model_package_arn": live["model_package_arn"],
            "reason": reason,
            "champion": previous,
        }

    def _rejection(self, live: dict[str, Any] | None) -> str | None:
        """Why the champion was rejected, None if it was not."""
        package = live and self.hook.describe(MODEL_PACKAGE, live["model_package_arn"])
        if not package or MODEL_PACKAGE.status(package) != "Rejected":
            return None
        return f"rejected in the registry: {package.get('ApprovalDescription') or 'no reason given'}"


class RollBackOperator(LifecycleOperator):
    """Make the previous version the champion again, in one step, and mark the one that goes.

    :param run: the ``output`` of the ResolveRollbackOperator.
    """

    template_fields = aws_template_fields("run")

    def __init__(self, *, run: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run: dict[str, Any] = run

    def execute(self, context: Context) -> dict[str, Any]:
        """The pointer as it is now."""
        with user_errors_are_final():
            pointer = champions.move(self.hook, self.run["champion_uri"], self._back)
            self.hook.mark(self.run["model_package_arn"], deployments.mark(ROLLED_BACK, self.run["reason"]))
        self.log.info("Version %s is the champion again", self.run["champion"]["version"])
        return pointer

    def _back(self, before: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return deployments.rolled_back(before, self.run["model_package_arn"], self.run["champion"], now)
