"""Who lets a version into production: a person in Airflow's UI, or a declared policy."""

from typing import Any

from airflow.sdk import Context, Param
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import champions, deployments
from mlops_sagemaker._compat import HITLOperator, aws_template_fields
from mlops_sagemaker.deployments import REFUSED, SUPERSEDED
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final

APPROVE, REJECT = "Approve", "Reject"
AUTOMATIC = "automatic"
MAX_DESCRIPTION = 1024


class ApproveDeploymentOperator(HITLOperator):
    """Ask people whether a version may go to production, and wait for their answer as long as it takes; no machine ever
    answers. Where the policy is ``automatic`` nobody is asked. ::

        {"approved": bool, "by": who, "why": their words}

    :param policy: ``manual`` or ``automatic`` (a template).
    """

    template_fields = (*HITLOperator.template_fields, "policy")

    def __init__(self, *, policy: str, **kwargs: Any) -> None:
        why = Param("", "Why; it is written down with the version.", type="string", title="Reason", maxLength=500)
        super().__init__(options=[APPROVE, REJECT], params={"reason": why}, **kwargs)
        self.policy = policy

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask, unless the policy answers."""
        if self.policy != AUTOMATIC:
            super().execute(context)
        self.log.info("Approved for production by policy: the approval is declared as %s", AUTOMATIC)
        return {"approved": True, "by": "policy", "why": f"the approval is declared as {AUTOMATIC}"}

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """What they answered."""
        answer = super().execute_complete(context, event)
        user = answer["responded_by_user"] or {}
        return {
            "approved": answer["chosen_options"] == [APPROVE],
            "by": user.get("name") or "unknown",
            "why": answer["params_input"].get("reason", ""),
        }


class RecordApprovalOperator(LifecycleOperator):
    """Write down with the version who has let it into production, or rejected it, and why.

    A version that was rejected, or that a later approval has overtaken meanwhile, goes no further: what follows is
    skipped.

    :param run: the ``output`` of the ResolveDeploymentOperator.
    :param answer: the ``output`` of the ApproveDeploymentOperator.
    :param use_case: name of the model package group.
    """

    template_fields = aws_template_fields("run", "answer")

    def __init__(self, *, run: Any, answer: Any, use_case: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run: dict[str, Any] = run
        self.answer: dict[str, Any] = answer
        self.use_case = use_case

    def execute(self, context: Context) -> dict[str, Any]:
        """Record, and stop where the version may not go on."""
        arn = self.run["model_package_arn"]
        words = f"{'Approved' if self.answer['approved'] else 'Rejected'} for production by {self.answer['by']}"
        words = ": ".join(filter(None, (words, self.answer["why"])))[:MAX_DESCRIPTION]
        with user_errors_are_final():
            if not self.answer["approved"]:
                self.hook.update_package(arn, {"ModelApprovalStatus": "Rejected", "ApprovalDescription": words})
                self._stop(REFUSED, words)
            later = self._later()
            if later:
                self._stop(SUPERSEDED, f"by {later}")
            self.hook.mark(arn, {"production_approval": deployments.plain(words)})
        self.log.info("%s: %s", arn, words)
        return self.answer

    def _later(self) -> str:
        """The ARN of a version that was approved later and waits, empty if there is none."""
        champion = champions.read(self.hook, self.run["champion_uri"])["champion"]
        since = max(self.run["approved_at"], champion["approved_at"] if champion else 0.0)
        packages = list(self.hook.packages(self.use_case, ModelApprovalStatus="Approved"))
        chosen = deployments.choose(packages, {"approved_at": since}).chosen
        found = "" if chosen is None else str(chosen["ModelPackageArn"])
        return "" if found == self.run["model_package_arn"] else found

    def _stop(self, state: str, reason: str) -> None:
        self.hook.mark(self.run["model_package_arn"], deployments.mark(state, reason))
        # Airflow does not write a skip's reason into the log of the task.
        self.log.warning("Not deployed, %s: %s", state, reason)
        raise AirflowSkipException(f"{state}: {reason}")
