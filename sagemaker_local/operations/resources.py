"""The kinds under which resources other than jobs are stored: their type in ARNs."""

from __future__ import annotations

from sagemaker_local.domain.arns import Scope

MODEL_PACKAGE_GROUP = "model-package-group"
MODEL_PACKAGE = "model-package"
MODEL_CARD = "model-card"
MODEL_CARD_VERSION = "model-card-version"
MODEL = "model"
ENDPOINT_CONFIG = "endpoint-config"
ENDPOINT = "endpoint"


def arn_of_tags(scope: Scope, kind: str, name: str) -> str:
    """The ARN under which a resource's tags are kept: its own, or the group's if it is a model package's version."""
    group, slash, _ = name.partition("/")
    if kind == MODEL_PACKAGE and slash:
        return scope.arn(MODEL_PACKAGE_GROUP, group)
    return scope.arn(kind, name)
