"""What a canary has shown, and what a bad one has cost, is written down with its version: counted, not guessed."""

import json
import logging
import time
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import deployments
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.canaries import Drift, Toll
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.requests import Alarms, DriftMetric

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
        dimensions = Alarms.dimensions(self.endpoint_name, config_name)
        return round(self.hook.metric_sum(metric, dimensions, *_minutes(begin, end)))


class RecordDriftOperator(LifecycleOperator):
    """Write down with a promoted version, as its property ``drift``, whether the drift of its predictions was measured
    while traffic shifted to it, and how large it was; returns `canaries.Drift` as JSON. Without enough traffic there is
    no measurement, and the alarm on it could not have told of anything.

    :param run: the ``output`` of the ResolveDeploymentOperator.
    :param watched: the ``output`` of the EndpointAlarmsOperator.
    :param pointer: the ``output`` of the PromoteOperator: what comes after the promotion is none of it.
    """

    template_fields = aws_template_fields("run", "watched", "pointer")

    def __init__(self, *, run: Any, watched: Any, pointer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run: dict[str, Any] = run
        self.watched: dict[str, Any] = watched
        self.pointer: dict[str, Any] = pointer

    def execute(self, context: Context) -> dict[str, Any]:
        """Look at what CloudWatch has by now, as the alarm did, and write it down."""
        metric = DriftMetric(self.run["metrics_name"])
        promoted = datetime.fromisoformat(self.pointer["champion"]["since"]).timestamp()
        when = _minutes(self.watched["since"], promoted)
        with user_errors_are_final():
            minutes = self.hook.metric_minutes(
                metric.namespace, metric.name, metric.dimensions, *when, ["SampleCount", "Average"]
            )
            drift = Drift.of(minutes, sum(json.loads(self.run["baseline"])["counts"]))
            self.hook.mark(self.run["model_package_arn"], {"drift": deployments.plain(str(drift))})
        self.log.log(logging.INFO if drift.judged else logging.WARNING, "Drift of predictions: %s", drift)
        return drift.document()


def _minutes(begin: float, end: float) -> tuple[float, float]:
    """The whole minutes that hold ``begin`` to ``end``."""
    return begin // MINUTE * MINUTE, (end // MINUTE + 1) * MINUTE
