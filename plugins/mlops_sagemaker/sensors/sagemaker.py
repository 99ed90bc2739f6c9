"""Wait for jobs, endpoints and approvals."""

from typing import Any

from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.errors import EndpointFailed, UserError
from mlops_sagemaker.jobs import KINDS
from mlops_sagemaker.operators.hosting import PASSING
from mlops_sagemaker.resources import ENDPOINT, MODEL_PACKAGE
from mlops_sagemaker.sensors.base import LifecycleSensor
from mlops_sagemaker.triggers.base import WaitTrigger
from mlops_sagemaker.triggers.job import SageMakerJobTrigger
from mlops_sagemaker.triggers.state import SageMakerStateTrigger


class SageMakerJobSensor(LifecycleSensor):
    """Wait for somebody else's job; the value is `JobKind.result`, any end but success fails the task.

    :param kind: processing, training, tuning or transform.
    :param job_name: the job (a template).
    """

    template_fields = aws_template_fields("job_name")

    def __init__(self, *, kind: str, job_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = KINDS[kind]
        self.job_name = job_name

    def look(self) -> dict[str, Any] | None:
        """The job's result once it has ended."""
        description = self.hook.describe(self.kind, self.job_name)
        if description is None:
            raise UserError(f"there is no {self.kind.name} job {self.job_name}")
        if not self.kind.is_terminal(description):
            return None
        if self.kind.is_lost(description):
            raise self.kind.failure(description)
        return self.kind.result(description)

    def trigger(self, **waiting: Any) -> WaitTrigger:
        """Until it has ended. Clearing the sensor stops no job: it is not the sensor's."""
        return SageMakerJobTrigger(kind=self.kind.name, job_name=self.job_name, owned=False, **waiting)


class SageMakerEndpointSensor(LifecycleSensor):
    """Wait until an endpoint is in service, with ``config_name`` if given; the value is the config's name.

    :param endpoint_name: the endpoint (a template).
    :param config_name: what it must serve; another one, once at rest, fails the task (a template).
    """

    template_fields = aws_template_fields("endpoint_name", "config_name")

    def __init__(self, *, endpoint_name: str, config_name: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.endpoint_name = endpoint_name
        self.config_name = config_name

    def look(self) -> str | None:
        """The config once the endpoint is at rest."""
        description = self.hook.describe(ENDPOINT, self.endpoint_name)
        if description is None:
            raise UserError(f"there is no endpoint {self.endpoint_name}")
        status, config = ENDPOINT.status(description), str(description["EndpointConfigName"])
        if status in PASSING:
            return None
        if status != "InService" or self.config_name not in ("", config):
            reason = description.get("FailureReason", "no reason given")
            raise EndpointFailed(f"endpoint {self.endpoint_name} is {status} with config {config}: {reason}")
        return config

    def trigger(self, **waiting: Any) -> WaitTrigger:
        """Until it is at rest."""
        return SageMakerStateTrigger(
            kind=ENDPOINT.name, resource_name=self.endpoint_name, passing=list(PASSING), **waiting
        )


class ModelApprovalSensor(LifecycleSensor):
    """Wait until a model package is approved; the value is its ApprovalDescription. A rejected one fails the task.

    :param package: ARN of the package (a template).
    """

    template_fields = aws_template_fields("package")

    def __init__(self, *, package: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.package = package

    def look(self) -> str | None:
        """What was said with the approval."""
        description = self.hook.describe(MODEL_PACKAGE, self.package)
        if description is None:
            raise UserError(f"there is no model package {self.package}")
        status, words = MODEL_PACKAGE.status(description), str(description.get("ApprovalDescription", ""))
        if status == "Rejected":
            raise UserError(f"{self.package} was rejected: {words or 'no reason given'}")
        return words if status == "Approved" else None

    def trigger(self, **waiting: Any) -> WaitTrigger:
        """Until somebody has decided."""
        return SageMakerStateTrigger(
            kind=MODEL_PACKAGE.name, resource_name=self.package, passing=["PendingManualApproval"], **waiting
        )
