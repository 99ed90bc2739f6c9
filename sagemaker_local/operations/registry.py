"""Which function answers which operation, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sagemaker_local.base.aws import Aws
from sagemaker_local.domain.arns import Scope
from sagemaker_local.execution.images import ImageCatalog
from sagemaker_local.execution.runner import JobRunner
from sagemaker_local.protocol import model
from sagemaker_local.store import Store

Request = dict[str, Any]


@dataclass(frozen=True)
class Services:
    """What operations work with."""

    store: Store
    aws: Aws
    images: ImageCatalog
    runner: JobRunner
    isolated: bool
    """whether jobs run in namespaces, so that network isolation can be had"""


@dataclass(frozen=True)
class Context:
    """One call: where it acts, and with what."""

    scope: Scope
    services: Services

    @property
    def store(self) -> Store:
        return self.services.store


Handler = Callable[[Context, Request], Request | None]

OPERATIONS: dict[str, Handler] = {}


def operation(name: str) -> Callable[[Handler], Handler]:
    """Registers the function for operation *name*; ``KeyError`` if SageMaker has no such operation."""
    model.operation(name)

    def register(function: Handler) -> Handler:
        OPERATIONS[name] = function
        return function

    return register
