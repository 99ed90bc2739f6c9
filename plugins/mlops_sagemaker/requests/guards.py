"""What watches an endpoint while its traffic shifts, and what scales it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from mlops_sagemaker.requests.hosting import Variant

NAMESPACE = "AWS/SageMaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@dataclass(frozen=True)
class DriftMetric:
    """By what the image that serves tells how far the predictions of ``model`` drift from those of its evaluation, for
    each ``window`` predictions of a process, if the evaluation made at ``least`` so many; `serving.drift` of that image
    has the same names and numbers."""

    model: str
    namespace: ClassVar[str] = "Nightshift/Serving"
    name: ClassVar[str] = "PredictionDrift"
    window: ClassVar[int] = 200
    least: ClassVar[int] = 300

    @property
    def dimensions(self) -> dict[str, str]:
        """Its dimensions in CloudWatch."""
        return {"ModelPackage": self.model}

    def environment(self, baseline: str) -> dict[str, str]:
        """What the image is told; ``baseline`` is how the evaluation's predictions were distributed, as JSON."""
        return {"DRIFT_BASELINE": baseline, "DRIFT_MODEL": self.model}


@dataclass(frozen=True)
class Alarms:
    """Alarms on what one config of an endpoint does: the share of its answers that are errors (5xx), the average time
    that its model takes, and the population stability index of its predictions, each in any minute."""

    max_error_share: float
    max_latency: timedelta
    max_drift: float

    def names(self, config_name: str) -> list[str]:
        """The alarms' names, by the config they watch."""
        return [f"{config_name}-{what}" for what in ("errors", "latency", "drift")]

    def requests(self, endpoint_name: str, config_name: str, model: str) -> list[dict[str, Any]]:
        """The keyword arguments of ``put_metric_alarm``, by alarm; ``model`` is the model's name in its own metrics."""
        served = self.dimensions(endpoint_name, config_name)
        drift = DriftMetric(model)
        microseconds = self.max_latency.total_seconds() * 1e6
        watched = [
            (NAMESPACE, "Invocation5XXErrors", served, self.max_error_share),
            (NAMESPACE, "ModelLatency", served, microseconds),
            (drift.namespace, drift.name, drift.dimensions, self.max_drift),
        ]
        return [
            {
                "AlarmName": name,
                "AlarmDescription": f"{metric} of {endpoint_name} with config {config_name}",
                "Namespace": namespace,
                "MetricName": metric,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                "Statistic": "Average",
                "Period": 60,
                "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": limit,
                "TreatMissingData": "notBreaching",
            }
            for name, (namespace, metric, dimensions, limit) in zip(self.names(config_name), watched, strict=True)
        ]

    @staticmethod
    def dimensions(endpoint_name: str, config_name: str = "") -> dict[str, str]:
        """Whose metrics: those of an endpoint's variant, or only those of its instances with one config."""
        config = {"EndpointConfigName": config_name} if config_name else {}
        return {"EndpointName": endpoint_name, "VariantName": Variant.name, **config}


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
