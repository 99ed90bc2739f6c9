"""What an operation asks for beyond its shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.fuzzing.world import World

Request = dict[str, Any]


@dataclass(frozen=True)
class Recipe:
    """How to make requests of one operation that the service accepts."""

    request: Callable[[World], Request]
    """a new valid request; what it names exists, and what it creates does not"""
    given: Mapping[str, Any] = field(default_factory=dict)
    """values that members must have, by path (``A.B``) or by shape's name; a function is called with the world"""
    along: Mapping[str, Callable[[World], Request]] = field(default_factory=dict)
    """for a member that is only accepted with others: those (at the top of the request), or ``None`` to leave out"""
    refused: Mapping[str, str] = field(default_factory=lambda: {"NextToken": "Invalid pagination token"})
    """members that the service refuses, whatever the value, for a reason of its own: a part of the message"""
    described: Callable[[Request, Request], tuple[str, Request]] | None = None
    """from a request and its answer, the operation and the request that show what was created or changed"""
    shown_otherwise: frozenset[str] = frozenset()
    """members, by path, that are shown in another form"""
