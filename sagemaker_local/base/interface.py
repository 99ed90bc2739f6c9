"""The seam between the local SageMaker and the emulator of the other AWS services."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol

from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.events import Event

AsgiApp = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class Provisioned(NamedTuple):
    """A resource of a CloudFormation stack that is there."""

    physical_id: str
    """what ``Ref`` gives"""
    attributes: dict[str, str]
    """what ``Fn::GetAtt`` gives"""


class Made(NamedTuple):
    """A resource that a stack has made, by its tags."""

    logical_id: str
    type_name: str
    physical_id: str


class StackResource(Protocol):
    """A type of resource of CloudFormation stacks.

    Each call of its methods has a thread of its own and may take its time. What it raises fails the resource, with the
    exception's text as the reason; then nothing of it is there that was not there before.
    """

    type_name: str
    """``AWS::SageMaker::Model``, ..."""
    name_property: str | None
    """the property that gives the resource a name of its own, if there is one"""
    tagged: bool
    """whether it has the property ``Tags``"""
    replacing: tuple[str, ...]
    """the properties of which a change makes a new resource"""

    def create(self, scope: Scope, name: str, properties: dict[str, Any]) -> Provisioned:
        """Make the resource under *name*."""

    def update(self, scope: Scope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> Provisioned:
        """Change what is not ``replacing``; *old* and *new* are all properties."""

    def delete(self, scope: Scope, physical_id: str) -> None:
        """Remove the resource; that it is gone is no error."""


class Base(Protocol):
    """What the local SageMaker asks of the emulator beside AWS's own API (which it uses through ``aws.Aws``)."""

    app: AsgiApp
    """answers every request that is not SageMaker's"""

    async def emit_event(self, scope: Scope, event: Event) -> None:
        """Publish an event with source ``aws.sagemaker``, which no client may."""

    def register_stack_resource(self, resource: StackResource) -> None:
        """CloudFormation's templates may have resources of that type from now on."""

    def end_interrupted_stacks(self, made: Callable[[Scope, str], list[Made]]) -> None:
        """After a start, in the event loop: nobody works any more at stacks in progress. What was made or updated is
        rolled back, or finished where old resources had begun to go; others have failed. *made* finds by a stack's id
        what is there of its resources."""

    def evaluate_alarms(self) -> None:
        """Evaluate CloudWatch's alarms, in the event loop: without new values too, an alarm's state may change."""

    def touched(self) -> None:
        """Some state may have changed and is to be saved within a second."""

    def save(self) -> None:
        """Save everything that is not yet on disk; returns when it is, raises ``OSError`` if it cannot be."""

    def save_if_touched(self) -> None:
        """Save if anything was touched since the last save."""
