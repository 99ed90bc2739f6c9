"""What a bad canary has cost is counted, not guessed."""

import time
from datetime import timedelta
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import deployments
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.canaries import Toll
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.requests import Alarms

MINUTE = 60


class TallyOperator(LifecycleOperator):
    """After a failure: count the requests of production that met the version, and how long the champion took to come
    back; returns `canaries.Toll` as JSON, and writes it down with the version as its property ``canary``. Skip if the
    version had become the champion: then nothing was brought back.

    :param run: the ``output`` of the ResolveDeploymentOperator.
    :param endpoint_name: production (a template).
    :param watched: the ``output`` of the EndpointAlarmsOperator.
    :param restored: the ``output`` of the RestoreOperator.
    :param settle: how long metrics take to arrive in CloudWatch.
    """

    template_fields = aws_template_fields("endpoint_name", "run", "watched", "restored")

    def __init__(
        self,
        *,
        run: Any,
        endpoint_name: str,
        watched: Any,
        restored: Any,
        settle: timedelta = timedelta(minutes=2),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run: dict[str, Any] = run
        self.endpoint_name = endpoint_name
        self.watched: dict[str, Any] = watched
        self.restored: dict[str, Any] = restored
        self.settle = settle

    def execute(self, context: Context) -> dict[str, Any]:
        """Wait for the last of the metrics, count, and write it down."""
        if self.restored["restored"] == self.run["model_package_arn"]:
            self.log.info("%s is the champion, and serves: there is nothing to count", self.restored["restored"])
            raise AirflowSkipException("nothing was brought back")
        config, begin = self.watched["config_name"], self.watched["since"]
        end = max(begin, self.restored["since"])
        settled = end + self.settle.total_seconds()
        time.sleep(max(0.0, settled - time.time()))
        with user_errors_are_final():
            toll = Toll(
                requests=self._sum("Invocations", "", begin, end),
                met=self._sum("Invocations", config, begin, settled),
                failed=self._sum("Invocation5XXErrors", config, begin, settled),
                seconds=round(end - begin),
            )
            self.hook.mark(self.run["model_package_arn"], {"canary": deployments.plain(str(toll))})
        self.log.error("%s", toll)
        return toll.document()

    def _sum(self, metric: str, config_name: str, begin: float, end: float) -> int:
        """The metric's sum over the minutes that hold ``begin`` to ``end``."""
        whole = begin // MINUTE * MINUTE, (end // MINUTE + 1) * MINUTE
        return round(self.hook.metric_sum(metric, Alarms.dimensions(self.endpoint_name, config_name), *whole))
