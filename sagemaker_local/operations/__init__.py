"""The supported API operations: one function each, named after it."""

from __future__ import annotations

import importlib

from sagemaker_local.operations.registry import OPERATIONS, RUNTIME_OPERATIONS, Handler, RuntimeHandler

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
    "runtime",
    "tags",
    "search",
)


def all_operations() -> dict[str, Handler]:
    """Every supported operation and its function; the families register themselves when they are imported."""
    for family in _FAMILIES:
        importlib.import_module(f"{__name__}.{family}")
    return OPERATIONS


def runtime_operations() -> dict[str, RuntimeHandler]:
    """Every supported operation of the runtime and its function."""
    all_operations()
    return RUNTIME_OPERATIONS
