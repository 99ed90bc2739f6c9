"""The one facade over botocore's internals: the service models of SageMaker, its runtime and its autoscaling."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape, StructureShape

TARGET_PREFIX = "SageMaker."
AUTOSCALING_PREFIX = "AnyScaleFrontendService."
AUTOSCALING_SERVICE = "application-autoscaling"


@cache
def service_model() -> ServiceModel:
    """SageMaker's service model, as the installed botocore ships it."""
    return botocore.session.get_session().get_service_model("sagemaker")


@cache
def runtime_model() -> ServiceModel:
    """The service model of SageMaker's runtime, which invokes endpoints; no operation is in both models."""
    return botocore.session.get_session().get_service_model("sagemaker-runtime")


@cache
def autoscaling_model() -> ServiceModel:
    """The service model of Application Auto Scaling; none of its operations that are used here is in the others."""
    return botocore.session.get_session().get_service_model(AUTOSCALING_SERVICE)


@cache
def autoscaling_operation_names() -> frozenset[str]:
    """Every operation of Application Auto Scaling's model, supported here or not."""
    return frozenset(autoscaling_model().operation_names)


@cache
def operation_names() -> frozenset[str]:
    """Every operation of SageMaker's model, supported here or not."""
    return frozenset(service_model().operation_names)


@cache
def runtime_operation_names() -> frozenset[str]:
    """Every operation of the runtime's model, supported here or not."""
    return frozenset(runtime_model().operation_names)


def operation(name: str) -> OperationModel:
    """The model of operation *name* of any of the services; ``KeyError`` if there is none."""
    if name in operation_names():
        return service_model().operation_model(name)
    if name in runtime_operation_names():
        return runtime_model().operation_model(name)
    if name in autoscaling_operation_names():
        return autoscaling_model().operation_model(name)
    raise KeyError(name)


def input_shape(name: str) -> Shape:
    """The request's shape (a structure, also where the operation takes no member)."""
    shape = operation(name).input_shape
    assert shape is not None, f"{name} has no input shape"
    return shape


def search_shape(resource: str) -> StructureShape:
    """The shape of a search record's member *resource*: the properties that such resources can be searched by."""
    shape: Any = operation("Search").output_shape
    return shape.members["Results"].member.members[resource]  # type: ignore[no-any-return]
