"""Whatever fails, the champion serves on."""

import time
from typing import Any

from airflow.sdk import Context

from mlops_sagemaker import champions, deployments
from mlops_sagemaker._compat import aws_template_fields, failed_tasks
from mlops_sagemaker.deployments import FAILED
from mlops_sagemaker.errors import EndpointFailed
from mlops_sagemaker.operators.base import user_errors_are_final
from mlops_sagemaker.operators.hosting import EndpointWaiter
from mlops_sagemaker.resources import ENDPOINT, Description

FAILURE = "failure"
"""XCom of a task that says why it failed."""


class RestoreOperator(EndpointWaiter):
    """After a failure: have production serve the champion again, and mark the version with the reason. ::

        {"reason", "restored": ARN of the champion or null, "since": when production came to serve it, epoch seconds}

    Without a champion the endpoint is deleted. Nothing is done to it if the version had become the champion.

    :param run: the ``output`` of the ResolveDeploymentOperator, None if that failed.
    """

    template_fields = aws_template_fields("endpoint_name", "run")

    def __init__(self, *, run: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run: dict[str, Any] | None = run

    def execute(self, context: Context) -> dict[str, Any]:
        """Restore, mark, and say why."""
        with user_errors_are_final():
            return self._proceed(self._deadline(context), asked=False, reason=_reason(context))

    def _proceed(self, deadline: float, **state: Any) -> dict[str, Any]:
        told = {"reason": state["reason"], "restored": None, "since": time.time()}
        if self.run is None:
            return told
        champion = champions.read(self.hook, self.run["champion_uri"])["champion"]
        if champion is None or champion["model_package_arn"] != self.run["model_package_arn"]:
            self.hook.mark(self.run["model_package_arn"], deployments.mark(FAILED, state["reason"]))
        since = self._serve(champion, deadline, state)
        restored = champion and champion["model_package_arn"]
        self.log.error("The deployment failed: %s. Production serves %s", state["reason"], restored or "nothing")
        return {**told, "restored": restored, "since": since}

    def _serve(self, champion: dict[str, Any] | None, deadline: float, state: dict[str, Any]) -> float:
        """Since when production serves the champion, or nothing."""
        description = self._at_rest(deadline, **state)
        if not state["asked"] and description is not None and not _serves(description, champion):
            self._bring_back(champion)
            description = self._at_rest(deadline, **{**state, "asked": True})
        if description is not None and not _serves(description, champion):
            raise EndpointFailed(
                f"endpoint {self.endpoint_name} is {ENDPOINT.status(description)} with config "
                f"{description['EndpointConfigName']} and could not be brought back to {champion}: "
                f"{description.get('FailureReason', 'no reason given')}"
            )
        return time.time() if description is None else float(description["LastModifiedTime"].timestamp())

    def _bring_back(self, champion: dict[str, Any] | None) -> None:
        if champion is None:
            self.hook.delete(ENDPOINT, self.endpoint_name)
        else:
            self.hook.begin_update(self.endpoint_name, {"EndpointConfigName": champion["config_name"]})


def _serves(description: Description, champion: dict[str, Any] | None) -> bool:
    in_service = ENDPOINT.status(description) == "InService"
    return champion is not None and in_service and description["EndpointConfigName"] == champion["config_name"]


def why(context: Context) -> None:
    """A callback for tasks that leaves the reason of a failure for the RestoreOperator."""
    context["ti"].xcom_push(key=FAILURE, value=str(context.get("exception") or "it was killed"))


def _reason(context: Context) -> str:
    ti = context["ti"]
    reasons = {task: ti.xcom_pull(task_ids=task, key=FAILURE) for task in failed_tasks(ti)}
    return "; ".join(f"{task}: {told or 'see its log'}" for task, told in reasons.items()) or "a task failed"
