"""The seam between the local SageMaker and the emulator of the other AWS services."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.events import Event

AsgiApp = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class Base(Protocol):
    """What the local SageMaker asks of the emulator beside AWS's own API (which it uses through ``aws.Aws``)."""

    app: AsgiApp
    """answers every request that is not SageMaker's"""

    async def emit_event(self, scope: Scope, event: Event) -> None:
        """Publish an event with source ``aws.sagemaker``, which no client may."""

    def touched(self) -> None:
        """Some state may have changed and is to be saved within a second."""

    def save(self) -> None:
        """Save everything that is not yet on disk; returns when it is, raises ``OSError`` if it cannot be."""

    def save_if_touched(self) -> None:
        """Save if anything was touched since the last save."""
