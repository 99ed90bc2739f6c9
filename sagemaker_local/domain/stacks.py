"""The SageMaker resources of CloudFormation stacks: their properties, and which of them a resource can change.

Source: CloudFormation's template reference, pages aws-resource-sagemaker-model, -endpointconfig, -endpoint and
-modelpackagegroup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Properties = dict[str, Any]

SYSTEM_TAGS = "aws:"
"""what the keys of tags begin with that only AWS may give"""


@dataclass(frozen=True)
class ResourceType:
    """One type of resource; its properties have the names and shapes of the members of its ``Create`` operation."""

    kind: str
    """``Model``, ``Endpoint``, ...: as it stands in the names of operations"""
    arn_type: str
    replacing: tuple[str, ...]
    """the properties of which a change makes a new resource"""
    attributes: tuple[str, ...]
    """what ``Fn::GetAtt`` gives, members of ``Describe``'s answer"""
    apart: tuple[str, ...] = ()
    """the properties that are no members of ``Create``'s request"""

    @property
    def type_name(self) -> str:
        """As templates have it."""
        return f"AWS::SageMaker::{self.kind}"

    @property
    def name_property(self) -> str:
        """The property that names the resource."""
        return f"{self.kind}Name"


MODEL = ResourceType(
    "Model",
    "model",
    replacing=(
        "Containers",
        "EnableNetworkIsolation",
        "ExecutionRoleArn",
        "InferenceExecutionConfig",
        "ModelName",
        "PrimaryContainer",
        "VpcConfig",
    ),
    attributes=("ModelName",),
)
ENDPOINT_CONFIG = ResourceType(
    "EndpointConfig",
    "endpoint-config",
    replacing=(
        "AsyncInferenceConfig",
        "DataCaptureConfig",
        "EnableNetworkIsolation",
        "EndpointConfigName",
        "ExecutionRoleArn",
        "ExplainerConfig",
        "KmsKeyId",
        "MetricsConfig",
        "ProductionVariants",
        "ShadowProductionVariants",
        "VpcConfig",
    ),
    attributes=("EndpointConfigName",),
)
_OF_UPDATES = ("ExcludeRetainedVariantProperties", "RetainAllVariantProperties", "RetainDeploymentConfig")
ENDPOINT = ResourceType(
    "Endpoint", "endpoint", replacing=("EndpointName",), attributes=("EndpointName",), apart=_OF_UPDATES
)
MODEL_PACKAGE_GROUP = ResourceType(
    "ModelPackageGroup",
    "model-package-group",
    replacing=("ModelPackageGroupDescription", "ModelPackageGroupName"),
    attributes=("CreationTime", "ModelPackageGroupArn", "ModelPackageGroupStatus"),
    apart=("ModelPackageGroupPolicy",),
)


def tags_of(properties: Properties) -> dict[str, str]:
    """The property ``Tags`` as a map, those that CloudFormation adds included."""
    return {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def is_system_tag(key: str) -> bool:
    """Whether only AWS may give such a tag."""
    return key.lower().startswith(SYSTEM_TAGS)


def creation(kind: ResourceType, name: str, properties: Properties) -> Properties:
    """The request of the type's ``Create`` operation."""
    asked = {key: value for key, value in properties.items() if key not in (*kind.apart, "Tags")}
    tags = [{"Key": key, "Value": value} for key, value in tags_of(properties).items() if not is_system_tag(key)]
    return {**asked, kind.name_property: name, **({"Tags": tags} if tags else {})}


def endpoint_update(name: str, properties: Properties) -> Properties:
    """The request of UpdateEndpoint that brings an endpoint to *properties*."""
    return {**{key: value for key, value in properties.items() if key != "Tags"}, "EndpointName": name}
