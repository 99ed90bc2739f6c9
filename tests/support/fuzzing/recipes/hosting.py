"""Models, endpoint configurations and endpoints.

What is deployed is an image without a program ``serve``: such a deployment is accepted, fails soon and leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.fuzzing.recipes.recipe import Recipe, Request
from tests.support.fuzzing.world import World
from tests.support.hosting import SERVING, variant
from tests.support.local_aws import IMAGE
from tests.support.polling import eventually

_MACHINE = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
_SERVERLESS = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}


def _model(world: World) -> Request:
    return {"ModelName": world.name(), "PrimaryContainer": {"Image": IMAGE}}


def _existing_model(world: World) -> Request:
    request = _model(world)
    world.make("CreateModel", request)
    return {"ModelName": request["ModelName"]}


def one_model(world: World) -> str:
    """A model that is there."""
    world.once("CreateModel", {"ModelName": "the-model", "PrimaryContainer": {"Image": IMAGE}})
    return "the-model"


def _package(world: World) -> str:
    specification = {"Containers": [{"Image": IMAGE}], "SupportedContentTypes": [], "SupportedResponseMIMETypes": []}
    named = {**specification, "Name": "other"}
    request = {
        "ModelPackageName": "packaged",
        "InferenceSpecification": specification,
        "AdditionalInferenceSpecifications": [named],
    }
    return str(world.once("CreateModelPackage", request)["ModelPackageArn"])


def _packaged(world: World) -> Request:
    return {"PrimaryContainer": {"ModelPackageName": _package(world)}}


def _packaged_in_a_list(world: World) -> Request:
    return {"PrimaryContainer": None, "Containers": [{"ModelPackageName": _package(world)}]}


def _config(world: World) -> Request:
    return {"EndpointConfigName": world.name(), "ProductionVariants": [variant(one_model(world))]}


def _existing_config(world: World) -> Request:
    request = _config(world)
    world.make("CreateEndpointConfig", request)
    return {"EndpointConfigName": request["EndpointConfigName"]}


def _one_config(world: World) -> str:
    world.once("CreateEndpointConfig", {**_config(world), "EndpointConfigName": "the-config"})
    return "the-config"


def _serverless(world: World) -> Request:
    plain = {"VariantName": "v", "ModelName": one_model(world)}
    return {"ProductionVariants": [{**plain, "ServerlessConfig": _SERVERLESS}]}


def _endpoint(world: World) -> Request:
    return {"EndpointName": world.name(), "EndpointConfigName": _one_config(world)}


def _failed(world: World) -> Request:
    request = _endpoint(world)
    world.make("CreateEndpoint", request)
    return _settled(world, request["EndpointName"])


def _serving(world: World, name: str = "serving", **more: Any) -> Request:
    """An endpoint that serves; it is the same each time."""
    world.once("CreateModel", {"ModelName": "served", "PrimaryContainer": {"Image": SERVING}})
    variants = [{"VariantName": "AllTraffic", "ModelName": "served", **(more or _MACHINE)}]
    world.once("CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": variants})
    world.once("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": name})
    return _settled(world, name)


def _update(world: World) -> Request:
    """To a configuration that cannot be deployed, so that the endpoint comes back."""
    return {**_serving(world), "EndpointConfigName": _one_config(world)}


def _change(world: World) -> Request:
    return {**_serving(world), "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic"}]}


def _settled(world: World, name: str) -> Request:
    request = {"EndpointName": name}

    def probe() -> bool:
        return world.make("DescribeEndpoint", request)["EndpointStatus"] in ("InService", "Failed")

    eventually(probe, f"the end of what is under way at {name}")
    return request


def _serverless_change(world: World) -> Request:
    return _serving(world, "serverless", ServerlessConfig=_SERVERLESS)


def _variant(world: World) -> Request:
    return variant(one_model(world))


def _shadow(world: World) -> Request:
    return variant(one_model(world), "shadow")


_CONTAINER: dict[str, Any] = {
    "RoleArn": lambda world: world.role,
    "Containers": [{"Image": IMAGE}],
    "Url": lambda world: world.data,
    "S3ModelUri": lambda world: world.data,
    "S3ModelDataType": "S3Object",
    "ModelCompressionType": "None",
    "ContainerMode": "SingleModel",
    "VersionedArnOrName": _package,
    "InferenceSpecificationName": "other",
}
_VARIANT: dict[str, Any] = {
    "RoleArn": lambda world: world.role,
    "ProductionVariant": _variant,
    "ShadowProductionVariants.VariantName": "shadow",
    "ShadowProductionVariants": lambda world: [_shadow(world)],
    "RoutingStrategy": "RANDOM",
    "ServerlessMemorySizeInMB": 1024,
}
_DEPLOYMENT = {"TrafficRoutingConfigType": "ALL_AT_ONCE"}


def _routing(kind: str, **more: Any) -> Callable[[World], Request]:
    routing = {"Type": kind, "WaitIntervalInSeconds": 1, **more}
    return lambda _: {"DeploymentConfig": {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}}


def _rolling(_: World) -> Request:
    policy = {"MaximumBatchSize": _SIZE, "WaitIntervalInSeconds": 1}
    return {"DeploymentConfig": {"RollingUpdatePolicy": policy}}


_SIZE = {"Type": "CAPACITY_PERCENT", "Value": 20}
_TRAFFIC = "DeploymentConfig.BlueGreenUpdatePolicy.TrafficRoutingConfiguration"
_POLICIES = {
    "DeploymentConfig.RollingUpdatePolicy": _rolling,
    f"{_TRAFFIC}.CanarySize": _routing("CANARY", CanarySize=_SIZE),
    f"{_TRAFFIC}.LinearStepSize": _routing("LINEAR", LinearStepSize=_SIZE),
}
_NO_ALARM = {"DeploymentConfig.AutoRollbackConfiguration": "CloudWatch has no alarm"}

RECIPES = {
    "CreateModel": Recipe(
        _model,
        _CONTAINER,
        along={
            "PrimaryContainer.ModelPackageName": _packaged,
            "PrimaryContainer.InferenceSpecificationName": _packaged,
            "Containers": lambda _: {"PrimaryContainer": None},
            "Containers.ModelPackageName": _packaged_in_a_list,
            "Containers.InferenceSpecificationName": _packaged_in_a_list,
        },
    ),
    "DescribeModel": Recipe(_existing_model),
    "DeleteModel": Recipe(_existing_model),
    "CreateEndpointConfig": Recipe(
        _config,
        _VARIANT,
        along={"ProductionVariants.ServerlessConfig": _serverless},
        refused={"ShadowProductionVariants.ServerlessConfig": "give either InstanceType and InitialInstanceCount, or"},
    ),
    "DescribeEndpointConfig": Recipe(_existing_config),
    "DeleteEndpointConfig": Recipe(_existing_config),
    "CreateEndpoint": Recipe(_endpoint, _DEPLOYMENT, along=_POLICIES, refused=_NO_ALARM),
    "DescribeEndpoint": Recipe(_failed),
    "DeleteEndpoint": Recipe(_failed),
    "UpdateEndpoint": Recipe(
        _update,
        _DEPLOYMENT,
        along=_POLICIES,
        refused=_NO_ALARM,
        shown_otherwise=frozenset({"EndpointConfigName"}),
    ),
    "UpdateEndpointWeightsAndCapacities": Recipe(
        _change,
        along={"DesiredWeightsAndCapacities.ServerlessUpdateConfig": _serverless_change},
    ),
}
