"""What watches an endpoint, and what scales it."""

import time
from typing import Any

from airflow.sdk import Context

from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.requests import Alarms, Scaling


class EndpointAlarmsOperator(LifecycleOperator):
    """Set the alarms on an endpoint's new config, that are to bring its old one back. ::

        {"config_name", "alarms": their names, "since": when they were set, in seconds since the epoch}

    :param endpoint_name: which endpoint (a template).
    :param config_name: the config that is watched (a template).
    :param model: the name of the config's model in its own metrics (a template).
    :param alarms: what is too much.
    """

    template_fields = aws_template_fields("endpoint_name", "config_name", "model")

    def __init__(self, *, endpoint_name: str, config_name: str, model: str, alarms: Alarms, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.endpoint_name = endpoint_name
        self.config_name = config_name
        self.model = model
        self.alarms = alarms

    def execute(self, context: Context) -> dict[str, Any]:
        """Set them."""
        with user_errors_are_final():
            for request in self.alarms.requests(self.endpoint_name, self.config_name, self.model):
                self.hook.put_alarm(request)
        names = self.alarms.names(self.config_name)
        return {"config_name": self.config_name, "alarms": names, "since": time.time()}


class EndpointScalingOperator(LifecycleOperator):
    """Have the number of an endpoint's instances follow its load.

    :param endpoint_name: which endpoint (a template).
    :param scaling: between which bounds, and by what.
    """

    template_fields = aws_template_fields("endpoint_name")

    def __init__(self, *, endpoint_name: str, scaling: Scaling, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.endpoint_name = endpoint_name
        self.scaling = scaling

    def execute(self, context: Context) -> dict[str, Any]:
        """Declare it; what was declared before is replaced."""
        target, policy = self.scaling.requests(self.endpoint_name)
        with user_errors_are_final():
            self.hook.scale(target, policy)
        return {"resource": target["ResourceId"], "low": self.scaling.low, "high": self.scaling.high}
