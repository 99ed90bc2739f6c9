"""The supported API operations: one function each, named after it."""

from __future__ import annotations

import importlib

from sagemaker_local.operations.registry import (
    AUTOSCALING_OPERATIONS,
    OPERATIONS,
    RUNTIME_OPERATIONS,
    Handler,
    RuntimeHandler,
)

_FAMILIES = (
    "training",
    "processing",
    "tuning",
    "model_package_groups",
    "model_packages",
    "model_package_updates",
    "model_package_group_policies",
    "model_cards",
    "models",
    "transform",
    "endpoint_configs",
    "endpoints",
    "autoscaling",
    "runtime",
    "tags",
    "search",
)


def all_operations() -> dict[str, Handler]:
    """Every supported operation of SageMaker and its function; families register themselves when they are imported."""
    for family in _FAMILIES:
        importlib.import_module(f"{__name__}.{family}")
    return OPERATIONS


def runtime_operations() -> dict[str, RuntimeHandler]:
    """Every supported operation of the runtime and its function."""
    all_operations()
    return RUNTIME_OPERATIONS


def autoscaling_operations() -> dict[str, Handler]:
    """Every supported operation of Application Auto Scaling and its function."""
    all_operations()
    return AUTOSCALING_OPERATIONS


def every_name() -> list[str]:
    """The names of all supported operations, whatever the service."""
    return sorted([*all_operations(), *runtime_operations(), *autoscaling_operations()])
