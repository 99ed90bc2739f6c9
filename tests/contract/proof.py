"""Proof that every operation has been seen to succeed and to fail.

A test marked ``proves("CreateTrainingJob", SUCCESS, page)`` fails unless its client really got such an answer from
that operation, so the set of what is proven cannot lie.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

SUCCESS, ERROR = "success", "error"
PROVEN: set[tuple[str, str]] = set()

Test = Callable[..., None]


def proves(operation: str, outcome: str, page: str) -> Callable[[Test], Test]:
    """Marks a test as documented on *page* and as proof of *outcome*.

    It takes the client that proves it: ``sm``, ``rt`` for the runtime, or ``scaling`` for Application Auto Scaling.
    """
    PROVEN.add((operation, outcome))

    def wrap(test: Test) -> Test:
        @functools.wraps(test)
        def checked(**fixtures: Any) -> None:
            with _answers(fixtures.get("rt") or fixtures.get("scaling") or fixtures["sm"]) as seen:
                test(**fixtures)
            assert (operation, outcome) in seen, f"{test.__name__} had no such answer; it had {sorted(seen)}"

        return pytest.mark.documented(page)(checked)

    return wrap


@contextmanager
def _answers(client: Any) -> Iterator[set[tuple[str, str]]]:
    """The operations that *client* calls meanwhile, and how they end."""
    seen: set[tuple[str, str]] = set()

    def record(model: Any, http_response: Any, **_: Any) -> None:
        seen.add((model.name, SUCCESS if http_response.status_code < 300 else ERROR))

    client.meta.events.register("after-call", record)
    try:
        yield seen
    finally:
        client.meta.events.unregister("after-call", record)
