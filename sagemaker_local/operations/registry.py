"""Which function answers which operation, and what it is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sagemaker_local.base.aws import Aws
from sagemaker_local.domain.arns import Scope, name_of
from sagemaker_local.execution.images import ImageCatalog
from sagemaker_local.execution.runner import JobRunner
from sagemaker_local.hosting.asynchronous.service import AsyncInference
from sagemaker_local.hosting.invocation import Answer, Invoker
from sagemaker_local.hosting.service import Hosting
from sagemaker_local.hosting.streaming import Streams
from sagemaker_local.protocol import model
from sagemaker_local.store import Record, Store

Request = dict[str, Any]


@dataclass(frozen=True)
class Services:
    """What operations work with."""

    store: Store
    aws: Aws
    images: ImageCatalog
    runner: JobRunner
    hosting: Hosting
    invoker: Invoker
    streams: Streams
    asynchronous: AsyncInference
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

    def resource(self, resource_type: str, arn: str) -> Record | None:
        """The record of *arn*, or ``None`` if there is none in this account and region."""
        if not self.scope.holds(resource_type, arn):
            return None
        return self.store.get(resource_type, self.scope, name_of(arn))


Handler = Callable[[Context, Request], Request | None]

OPERATIONS: dict[str, Handler] = {}


def operation(name: str) -> Callable[[Handler], Handler]:
    """Registers the function for operation *name*; ``KeyError`` if SageMaker has no such operation."""
    model.operation(name)

    def register(function: Handler) -> Handler:
        OPERATIONS[name] = function
        return function

    return register


AUTOSCALING_OPERATIONS: dict[str, Handler] = {}


def autoscaling_operation(name: str) -> Callable[[Handler], Handler]:
    """Registers the function for an operation of Application Auto Scaling; ``KeyError`` if it has none of that name."""
    model.operation(name)

    def register(function: Handler) -> Handler:
        AUTOSCALING_OPERATIONS[name] = function
        return function

    return register


class RuntimeCall(NamedTuple):
    """One call of the runtime: where it acts, with what, and what the client gave."""

    scope: Scope
    services: Services
    members: dict[str, Any]
    """by the model's names, without the body"""
    body: bytes


RuntimeHandler = Callable[[RuntimeCall], Awaitable[Answer]]

RUNTIME_OPERATIONS: dict[str, RuntimeHandler] = {}


def runtime_operation(name: str) -> Callable[[RuntimeHandler], RuntimeHandler]:
    """Registers the function for the runtime's operation *name*; ``KeyError`` if the runtime has no such operation."""
    model.operation(name)

    def register(function: RuntimeHandler) -> RuntimeHandler:
        RUNTIME_OPERATIONS[name] = function
        return function

    return register
