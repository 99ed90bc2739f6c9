"""What watches an endpoint while its traffic shifts, and what scales it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mlops_sagemaker.requests.hosting import Variant

DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@dataclass(frozen=True)
class Alarms:
    """Alarms on what one config of an endpoint does: the share of its answers that are errors (5xx), and the average
    time its model takes, each in any minute."""

    max_error_share: float
    max_latency: timedelta

    def names(self, config_name: str) -> list[str]:
        """The alarms' names, by the config they watch."""
        return [f"{config_name}-{what}" for what in self._limits()]

    def requests(self, endpoint_name: str, config_name: str) -> list[dict[str, Any]]:
        """The keyword arguments of ``put_metric_alarm``, by alarm."""
        dimensions = {"EndpointName": endpoint_name, "VariantName": Variant.name, "EndpointConfigName": config_name}
        return [
            {
                "AlarmName": name,
                "AlarmDescription": f"{metric} of {endpoint_name} with config {config_name}",
                "Namespace": "AWS/SageMaker",
                "MetricName": metric,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                "Statistic": "Average",
                "Period": 60,
                "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": limit,
                "TreatMissingData": "notBreaching",
            }
            for name, (metric, limit) in zip(self.names(config_name), self._limits().values(), strict=True)
        ]

    def _limits(self) -> Mapping[str, tuple[str, float]]:
        """By what an alarm is about its metric, and the largest value that is well; SageMaker counts microseconds."""
        return {
            "errors": ("Invocation5XXErrors", self.max_error_share),
            "latency": ("ModelLatency", self.max_latency.total_seconds() * 1e6),
        }


@dataclass(frozen=True)
class Scaling:
    """Between ``low`` and ``high`` instances, so many that each has about ``invocations`` (a minute) to answer."""

    low: int
    high: int
    invocations: float

    def requests(self, endpoint_name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The keyword arguments of ``register_scalable_target`` and of ``put_scaling_policy``."""
        what = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{endpoint_name}/variant/{Variant.name}",
            "ScalableDimension": DIMENSION,
        }
        metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
        tracking = {"TargetValue": self.invocations, "PredefinedMetricSpecification": metric}
        return {**what, "MinCapacity": self.low, "MaxCapacity": self.high}, {
            **what,
            "PolicyName": f"{endpoint_name}-invocations",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": tracking,
        }
