"""Endpoints from the caller's side, what watches and scales them, and what is measured of them."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.exceptions import ClientError

from mlops_sagemaker.hook.calls import client_of, explained
from mlops_sagemaker.probes import SYNTHETIC, Answer
from mlops_sagemaker.requests.guards import NAMESPACE

METRICS_PER_CALL = 500
"""API_PutMetricData takes 1000, and 1 MB."""
SECONDS_PER_CALL = 24 * 60 * 60
"""API_GetMetricStatistics gives at most 1,440 points, which are minutes here."""


class Serving:
    """Endpoints that ``runtime_hook`` reaches, their alarms and their scaling."""

    runtime_hook: AwsBaseHook
    alarms_hook: AwsBaseHook
    scaling_hook: AwsBaseHook

    def invoke(self, endpoint: str, body: str, **arguments: Any) -> dict[str, Any]:
        """One request to an endpoint: ``{"body", "content_type", "variant"}``, the body as text."""
        with explained("invoke_endpoint"):
            answer = client_of(self.runtime_hook).invoke_endpoint(EndpointName=endpoint, Body=body, **arguments)
            return {
                "body": answer["Body"].read().decode(),
                "content_type": answer.get("ContentType"),
                "variant": answer.get("InvokedProductionVariant"),
            }

    def ask(self, endpoint: str, body: str, content_type: str, accept: str) -> Answer:
        """What an endpoint's container says to one request, be it an error. The request says that it is `SYNTHETIC`."""
        client = client_of(self.runtime_hook)
        began = time.monotonic()
        with explained("invoke_endpoint"):
            try:
                answer = client.invoke_endpoint(
                    EndpointName=endpoint,
                    Body=body,
                    ContentType=content_type,
                    Accept=accept,
                    CustomAttributes=SYNTHETIC,
                )
            except ClientError as error:
                said: Mapping[str, Any] = error.response
                if "OriginalStatusCode" not in said:
                    raise
                message = str(said.get("OriginalMessage", ""))
                return Answer(int(said["OriginalStatusCode"]), message, time.monotonic() - began)
            text = answer["Body"].read().decode(errors="replace")
        return Answer(200, text, time.monotonic() - began)

    def put_alarm(self, alarm: dict[str, Any]) -> None:
        """Make an alarm, or make it as it should be."""
        with explained("put_metric_alarm"):
            client_of(self.alarms_hook).put_metric_alarm(**alarm)

    def delete_alarms(self, names: list[str]) -> None:
        """Delete alarms; nothing happens for names that are none's."""
        with explained("delete_alarms"):
            client_of(self.alarms_hook).delete_alarms(AlarmNames=names)

    def metric_sum(self, metric: str, dimensions: Mapping[str, str], begin: float, end: float) -> float:
        """What a metric of endpoints adds up to between two whole minutes, in seconds since the epoch."""
        points = self.metric_minutes(NAMESPACE, metric, dimensions, begin, end, ["Sum"])
        return float(sum(point["Sum"] for point in points))

    def metric_minutes(
        self,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, str],
        begin: float,
        end: float,
        statistics: Sequence[str],
    ) -> list[dict[str, Any]]:
        """These ``statistics`` of a metric in each minute that has any, between two whole minutes, in seconds since the
        epoch."""
        client = client_of(self.alarms_hook)
        points: list[dict[str, Any]] = []
        with explained("get_metric_statistics"):
            while begin < end:
                until = min(begin + SECONDS_PER_CALL, end)
                found = client.get_metric_statistics(
                    Namespace=namespace,
                    MetricName=metric,
                    Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
                    StartTime=datetime.fromtimestamp(begin, UTC),
                    EndTime=datetime.fromtimestamp(until, UTC),
                    Period=60,
                    Statistics=list(statistics),
                )
                points, begin = points + found["Datapoints"], until
        return points

    def put_metrics(
        self, namespace: str, dimensions: Mapping[str, str], at: datetime, metrics: Mapping[str, float]
    ) -> None:
        """Measurements by name, all of one time."""
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        data = [
            {"MetricName": name, "Dimensions": named, "Timestamp": at, "Value": value}
            for name, value in metrics.items()
        ]
        with explained("put_metric_data"):
            for start in range(0, len(data), METRICS_PER_CALL):
                client_of(self.alarms_hook).put_metric_data(
                    Namespace=namespace, MetricData=data[start : start + METRICS_PER_CALL]
                )

    def scale(self, target: dict[str, Any], policy: dict[str, Any]) -> None:
        """Have a variant scaled between bounds by a policy, or have it scaled as it should be."""
        client = client_of(self.scaling_hook)
        with explained("register_scalable_target"):
            client.register_scalable_target(**target)
        with explained("put_scaling_policy"):
            client.put_scaling_policy(**policy)
