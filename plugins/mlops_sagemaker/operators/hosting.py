"""Models, endpoint configs and endpoints: created once, whatever crashes, and proven rather than believed."""

import time
from datetime import timedelta
from typing import Any, ClassVar

from airflow.sdk import Context

from mlops_sagemaker import naming, requests, resources
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.errors import ApiError, EndpointFailed, LifecycleError, WaitTimedOut
from mlops_sagemaker.operators.base import (
    WORKER_POLL_SECONDS,
    LifecycleOperator,
    deadline_of,
    hook_arguments,
    user_errors_are_final,
)
from mlops_sagemaker.resources import ENDPOINT, Description, Resource
from mlops_sagemaker.triggers.state import SageMakerStateTrigger

PASSING = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""States that an endpoint leaves by itself."""


class _ImmutableOperator(LifecycleOperator):
    """Create a thing that never changes, under a name that follows from its content: repeating finds it.

    :param prefix: what the name begins with; the digest of the request follows.
    :param request: a `requests.Model` or `requests.EndpointConfig`; its texts may be templates.
    """

    kind: ClassVar[Resource]
    template_fields = aws_template_fields("prefix", "request")
    template_fields_renderers: ClassVar[dict[str, str]] = {"request": "json"}

    def __init__(self, *, prefix: str, request: requests.Model | requests.EndpointConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prefix = prefix
        self.request = request.request()

    def execute(self, context: Context) -> dict[str, str]:
        """``{"name", "arn"}`` of what is there now."""
        name = naming.content_name(self.prefix, self.request)
        with user_errors_are_final():
            description = self.hook.ensure(self.kind, name, self.request)
        self.log.info("%s %s: %s", self.kind.name.capitalize(), name, description[self.kind.arn_key])
        return {"name": name, "arn": description[self.kind.arn_key]}


class SageMakerModelOperator(_ImmutableOperator):
    """Make a model out of a registered version, or of an image and an archive."""

    kind = resources.MODEL


class SageMakerEndpointConfigOperator(_ImmutableOperator):
    """Write down what an endpoint is to be."""

    kind = resources.ENDPOINT_CONFIG


class EndpointWaiter(LifecycleOperator):
    """Waits for an endpoint to come to rest, the first seconds in the worker, the rest in the triggerer."""

    def __init__(
        self,
        *,
        endpoint_name: str,
        worker_wait: timedelta = timedelta(seconds=20),
        poll_interval: timedelta = timedelta(seconds=15),
        timeout: timedelta = timedelta(hours=2),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint_name = endpoint_name
        self.worker_wait = worker_wait
        self.poll_interval = poll_interval
        self.timeout = timeout

    def on_kill(self) -> None:
        """SageMaker has no way to call a change of an endpoint off: it goes on to its end."""
        self.log.warning("The change of endpoint %s that is under way cannot be stopped", self.endpoint_name)

    def resume(self, context: Context, event: dict[str, Any], deadline: float, **state: Any) -> Any:
        """Continue when the trigger has fired."""
        with user_errors_are_final():
            if event["status"] == "error":
                raise LifecycleError(f"waiting for endpoint {self.endpoint_name} failed: {event['message']}")
            return self._proceed(deadline, **state)

    def _proceed(self, deadline: float, **state: Any) -> Any:
        raise NotImplementedError

    def _deadline(self, context: Context) -> float:
        return deadline_of(self, context, time.time() + self.timeout.total_seconds())

    def _at_rest(self, deadline: float, **state: Any) -> Description | None:
        """The endpoint's description once it is in no passing state, None if there is none; may defer."""
        defer_at = time.monotonic() + self.worker_wait.total_seconds()
        while True:
            description = self.hook.describe(ENDPOINT, self.endpoint_name)
            if description is None or ENDPOINT.status(description) not in PASSING:
                return description
            if time.time() >= deadline:
                status = ENDPOINT.status(description)
                raise WaitTimedOut(
                    f"endpoint {self.endpoint_name} is still {status}, and its time is up; the change goes on. "
                    "Raise timeout or execution_timeout"
                )
            if time.monotonic() >= defer_at:
                self._defer(deadline, state)
            time.sleep(WORKER_POLL_SECONDS)

    def _defer(self, deadline: float, state: dict[str, Any]) -> None:
        trigger = SageMakerStateTrigger(
            kind=ENDPOINT.name,
            resource_name=self.endpoint_name,
            passing=list(PASSING),
            deadline=deadline,
            poll_interval=self.poll_interval.total_seconds(),
            aws=hook_arguments(self),
        )
        self.defer(trigger=trigger, method_name="resume", kwargs={"deadline": deadline, **state})

    def _result(self, description: Description) -> dict[str, Any]:
        return {
            "endpoint_name": self.endpoint_name,
            "endpoint_arn": description["EndpointArn"],
            "config_name": description["EndpointConfigName"],
            "status": ENDPOINT.status(description),
        }


class SageMakerEndpointOperator(EndpointWaiter):
    """Bring an endpoint to a config, creating it if there is none, and prove that it serves just that config.

    An endpoint that came back to its old config is in service too; that is a failure here, with SageMaker's reason.

    :param endpoint_name: which endpoint (a template).
    :param config_name: what it is to be (a template).
    :param deployment: how it moves there if it exists already (with templates); SageMaker's own way by default.
    :param retain: whether it keeps the number of instances, and the share of traffic, that its variants have by then.
    :param since: when this change was prepared, in seconds since the epoch (a template). A rollback later than that is
        the end of this change, begun by a try that was killed: it is told, and traffic is not shifted once more.
    :param timeout: how long that may take.
    """

    template_fields = aws_template_fields("endpoint_name", "config_name", "deployment", "since")

    def __init__(
        self,
        *,
        config_name: str,
        deployment: requests.BlueGreen | None = None,
        retain: bool = False,
        since: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.config_name = config_name
        self.since = since
        self.deployment = deployment.request() if deployment else None
        self.retain = retain

    def execute(self, context: Context) -> dict[str, Any]:
        """Create or update, wait, verify."""
        with user_errors_are_final():
            return self._proceed(self._deadline(context), asked=False)

    def _proceed(self, deadline: float, **state: Any) -> dict[str, Any]:
        description = self._at_rest(deadline, **state)
        if not state["asked"] and not self._serves(description) and not self._was_rolled_back(description):
            self._ask(description)
            description = self._at_rest(deadline, asked=True)
        if description is None or not self._serves(description):
            raise EndpointFailed(self._complaint(description))
        self.log.info("Endpoint %s serves config %s", self.endpoint_name, self.config_name)
        return self._result(description)

    def _serves(self, description: Description | None) -> bool:
        return (
            description is not None
            and ENDPOINT.status(description) == "InService"
            and description["EndpointConfigName"] == self.config_name
        )

    def _was_rolled_back(self, description: Description | None) -> bool:
        if description is None or not self.since or not description.get("FailureReason"):
            return False
        return bool(description["LastModifiedTime"].timestamp() > float(self.since))

    def _ask(self, description: Description | None) -> None:
        """Begin the change; an answer that got lost, or somebody who was first, shows in the endpoint's state."""
        try:
            if description is None:
                self.hook.create(ENDPOINT, self.endpoint_name, {"EndpointConfigName": self.config_name})
            else:
                deployment = {"DeploymentConfig": self.deployment} if self.deployment else {}
                retain = {"RetainAllVariantProperties": True} if self.retain else {}
                change = {"EndpointConfigName": self.config_name, **deployment, **retain}
                self.hook.begin_update(self.endpoint_name, change)
        except ApiError:
            now = self.hook.describe(ENDPOINT, self.endpoint_name)
            if not self._serves(now) and (now is None or ENDPOINT.status(now) not in PASSING):
                raise

    def _complaint(self, description: Description | None) -> str:
        if description is None:
            return f"endpoint {self.endpoint_name} is gone; was it deleted?"
        status, config = ENDPOINT.status(description), description["EndpointConfigName"]
        return (
            f"endpoint {self.endpoint_name} is {status} with config {config}, not with {self.config_name}: "
            f"{description.get('FailureReason') or 'no reason given'}. "
            f"Log: CloudWatch Logs group /aws/sagemaker/Endpoints/{self.endpoint_name}"
        )


class SageMakerEndpointWeightsOperator(EndpointWaiter):
    """Share an endpoint's traffic out anew, and prove that it is.

    :param endpoint_name: which endpoint (a template).
    :param weights: weight by name of variant; a variant that is not named keeps its own.
    """

    template_fields = aws_template_fields("endpoint_name", "weights")

    def __init__(self, *, weights: dict[str, float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.weights = weights

    def execute(self, context: Context) -> dict[str, Any]:
        """Change, wait, verify."""
        with user_errors_are_final():
            return self._proceed(self._deadline(context), asked=False)

    def _proceed(self, deadline: float, **state: Any) -> dict[str, Any]:
        description = self._at_rest(deadline, **state)
        if not state["asked"] and self._differing(description):
            wanted = [{"VariantName": name, "DesiredWeight": weight} for name, weight in self.weights.items()]
            self.hook.begin_update_of_weights(self.endpoint_name, wanted)
            description = self._at_rest(deadline, asked=True)
        differing = self._differing(description)
        if description is None or differing:
            raise EndpointFailed(f"endpoint {self.endpoint_name} does not have the weights asked for: {differing}")
        return {**self._result(description), "weights": self.weights}

    def _differing(self, description: Description | None) -> dict[str, float | None]:
        variants = {} if description is None else {v["VariantName"]: v for v in description["ProductionVariants"]}
        current = {name: variants.get(name, {}).get("CurrentWeight") for name in self.weights}
        return {name: weight for name, weight in current.items() if weight != self.weights[name]}


class SageMakerEndpointDeleteOperator(EndpointWaiter):
    """Delete an endpoint once it is at rest, and then a config of it; what is gone already is no error.

    :param endpoint_name: which endpoint (a template).
    :param config_name: which config (a template); empty: none.
    """

    template_fields = aws_template_fields("endpoint_name", "config_name")

    def __init__(self, *, config_name: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config_name = config_name

    def execute(self, context: Context) -> None:
        """Wait, delete, wait until it is gone."""
        with user_errors_are_final():
            self._proceed(self._deadline(context))

    def _proceed(self, deadline: float, **state: Any) -> None:
        if self._at_rest(deadline) is not None:
            self.hook.delete(ENDPOINT, self.endpoint_name)
            self._at_rest(deadline)
        if self.config_name:
            self.hook.delete(resources.ENDPOINT_CONFIG, self.config_name)
        self.log.info("Endpoint %s is gone", self.endpoint_name)


class SageMakerInvokeOperator(LifecycleOperator):
    """Ask an endpoint once; returns ``{"body", "content_type", "variant"}``.

    :param endpoint_name: which endpoint (a template).
    :param body: the request, as text (a template).
    :param content_type: what the request is.
    :param accept: what the answer is to be.
    :param target_variant: a variant to ask in particular.
    """

    template_fields = aws_template_fields("endpoint_name", "body", "target_variant")

    def __init__(
        self,
        *,
        endpoint_name: str,
        body: str,
        content_type: str = "text/csv",
        accept: str = "text/csv",
        target_variant: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint_name = endpoint_name
        self.body = body
        self.content_type = content_type
        self.accept = accept
        self.target_variant = target_variant

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask."""
        variant = {"TargetVariant": self.target_variant} if self.target_variant else {}
        with user_errors_are_final():
            answer = self.hook.invoke(
                self.endpoint_name, self.body, ContentType=self.content_type, Accept=self.accept, **variant
            )
        self.log.info("Variant %s answered %s", answer["variant"], answer["body"][:200])
        return answer
