"""Where an account has its jobs and models run, and with which key it encrypts: the same for all, so no DAG says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_sagemaker.errors import UserError

Path = tuple[str, ...]

NETWORKS: Mapping[str, Path] = {
    "create_processing_job": ("NetworkConfig", "VpcConfig"),
    "create_training_job": ("VpcConfig",),
    "create_hyper_parameter_tuning_job": ("TrainingJobDefinition", "VpcConfig"),
    "create_model": ("VpcConfig",),
}
"""Where a request names the network; a transform job runs in that of its model, an endpoint in those of its models."""

KEYS: Mapping[str, tuple[Path, ...]] = {
    "create_processing_job": (
        ("ProcessingResources", "ClusterConfig", "VolumeKmsKeyId"),
        ("ProcessingOutputConfig", "KmsKeyId"),
    ),
    "create_training_job": (("ResourceConfig", "VolumeKmsKeyId"), ("OutputDataConfig", "KmsKeyId")),
    "create_hyper_parameter_tuning_job": (
        ("TrainingJobDefinition", "ResourceConfig", "VolumeKmsKeyId"),
        ("TrainingJobDefinition", "OutputDataConfig", "KmsKeyId"),
    ),
    "create_transform_job": (("TransformResources", "VolumeKmsKeyId"), ("TransformOutput", "KmsKeyId")),
    "create_endpoint_config": (("KmsKeyId",), ("DataCaptureConfig", "KmsKeyId")),
}
"""Where a request names the keys of disks and of what is written to S3."""

OPTIONAL = frozenset({("DataCaptureConfig", "KmsKeyId")})
"""Of these, those in a part that the request may not have."""


@dataclass(frozen=True)
class Placement:
    """Private subnets and security groups (ids), and a KMS key (id or ARN); what is empty is left to SageMaker."""

    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    kms_key: str = ""

    def applied(self, create: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request for the client's method ``create``; what it says of network and keys itself stays."""
        placed = dict(request)
        if self.subnets and create in NETWORKS:
            network = {"Subnets": list(self.subnets), "SecurityGroupIds": list(self.security_groups)}
            placed = _with(placed, NETWORKS[create], network)
        if self.kms_key:
            for path in KEYS.get(create, ()):
                if path not in OPTIONAL or path[0] in request:
                    placed = _with(placed, path, self.kms_key)
        return placed


def read(subnets: str, security_groups: str, kms_key: str) -> Placement:
    """The placement that the settings say: ids separated by commas, and a key. Raises UserError for half a network, of
    which SageMaker would make none."""
    placement = Placement(_ids(subnets), _ids(security_groups), kms_key.strip())
    if bool(placement.subnets) != bool(placement.security_groups):
        raise UserError(
            f"of the settings nightshift.subnets ({subnets!r}) and nightshift.security_groups ({security_groups!r}) "
            "only one is there; set both, or neither"
        )
    return placement


def _ids(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _with(request: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    name, *rest = path
    if rest:
        return {**request, name: _with(request.get(name, {}), tuple(rest), value)}
    return {name: value, **request}
