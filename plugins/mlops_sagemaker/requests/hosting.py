"""Models, and the endpoints that serve them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal


@dataclass(frozen=True)
class Model:
    """What an endpoint or a transform job runs: a registered version, or an image with a model's archive.

    Exactly one of ``package`` (ARN of a model package) and ``image`` (with ``model_data``) is given.
    """

    role_arn: str
    package: str = ""
    image: str = ""
    model_data: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    network_isolation: bool = False

    def request(self) -> dict[str, Any]:
        """The keyword arguments of ``create_model`` but ``ModelName``."""
        source = (
            {"ModelPackageName": self.package}
            if self.package
            else {"Image": self.image, "ModelDataUrl": self.model_data}
        )
        return {
            "PrimaryContainer": {**source, "Environment": dict(self.environment)},
            "ExecutionRoleArn": self.role_arn,
            "EnableNetworkIsolation": self.network_isolation,
        }


@dataclass(frozen=True)
class Variant:
    """Machines behind an endpoint that serve one model; ``weight`` is its share of the traffic, relative to others."""

    model_name: str
    instance_type: str
    instance_count: int = 1
    name: str = "AllTraffic"
    weight: float = 1.0

    def request(self) -> dict[str, Any]:
        """One of ``ProductionVariants``."""
        return {
            "VariantName": self.name,
            "ModelName": self.model_name,
            "InstanceType": self.instance_type,
            "InitialInstanceCount": self.instance_count,
            "InitialVariantWeight": self.weight,
        }


@dataclass(frozen=True)
class DataCapture:
    """Requests and answers are kept below ``uri``, ``percentage`` of them."""

    uri: str
    percentage: int = 100

    def request(self) -> dict[str, Any]:
        """A ``DataCaptureConfig``."""
        return {
            "EnableCapture": True,
            "InitialSamplingPercentage": self.percentage,
            "DestinationS3Uri": self.uri,
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
        }


@dataclass(frozen=True)
class EndpointConfig:
    """What an endpoint is to be."""

    variants: Sequence[Variant]
    capture: DataCapture | None = None
    kms_key: str = ""

    def request(self) -> dict[str, Any]:
        """The keyword arguments of ``create_endpoint_config`` but ``EndpointConfigName``."""
        return {
            "ProductionVariants": [variant.request() for variant in self.variants],
            **({"DataCaptureConfig": self.capture.request()} if self.capture else {}),
            **({"KmsKeyId": self.kms_key} if self.kms_key else {}),
        }


@dataclass(frozen=True)
class BlueGreen:
    """How an endpoint moves to new machines: ``traffic`` all at once, a canary of ``percent`` first, or by steps of
    ``percent``; ``interval`` after each shift is for the ``alarms`` (names in CloudWatch), any of which brings the old
    config back. The old machines go ``termination_wait`` after the last shift."""

    traffic: Literal["ALL_AT_ONCE", "CANARY", "LINEAR"] = "ALL_AT_ONCE"
    percent: int = 10
    interval: timedelta = timedelta(minutes=5)
    alarms: Sequence[str] = ()
    termination_wait: timedelta = timedelta(0)
    max_runtime: timedelta = timedelta(hours=1)

    def request(self) -> dict[str, Any]:
        """A ``DeploymentConfig``."""
        size = {"Type": "CAPACITY_PERCENT", "Value": self.percent}
        step = {"CANARY": {"CanarySize": size}, "LINEAR": {"LinearStepSize": size}}.get(self.traffic, {})
        policy = {
            "TrafficRoutingConfiguration": {
                "Type": self.traffic,
                "WaitIntervalInSeconds": int(self.interval.total_seconds()),
                **step,
            },
            "TerminationWaitInSeconds": int(self.termination_wait.total_seconds()),
            "MaximumExecutionTimeoutInSeconds": int(self.max_runtime.total_seconds()),
        }
        alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in self.alarms]}}
        return {"BlueGreenUpdatePolicy": policy, **(alarms if self.alarms else {})}
