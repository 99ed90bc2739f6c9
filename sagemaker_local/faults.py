"""The fault plan in force: kept across restarts, counted, and asked by those who let it strike."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from sagemaker_local.domain.faults.document import parse
from sagemaker_local.domain.faults.effects import Effect, Error, LostResponse
from sagemaker_local.domain.faults.errors import completed
from sagemaker_local.domain.faults.plan import Call, Count, Plan, Subject
from sagemaker_local.errors import ServiceError
from sagemaker_local.store import Store

T = TypeVar("T")

_KEPT_AS = "fault-plan"
_NONE: dict[str, Any] = {"faults": []}


class ResponseLost(Exception):
    """The call has acted, and nothing of its answer may reach the client."""


class Faults:
    """One server's plan, and how often each of its faults has struck; safe to use from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        kept = store.document(_KEPT_AS) or {"plan": _NONE, "counts": {}}
        self._document: dict[str, Any] = kept["plan"]
        self._plan: Plan = parse(self._document)
        self._counts = {name: Count(**count) for name, count in kept["counts"].items()}

    def put(self, document: dict[str, Any]) -> None:
        """Make *document* the plan, all counts at zero. Raises ``InvalidPlan``, and then nothing has changed."""
        plan = parse(document)
        with self._lock:
            self._document, self._plan, self._counts = document, plan, {}
            self._keep()

    def begin_with(self, document: dict[str, Any]) -> None:
        """The plan given at start: one that is already in force goes on with its counts. Raises ``InvalidPlan``."""
        if document != self._document:
            self.put(document)

    def clear(self) -> None:
        """No plan: nothing goes wrong any more."""
        self.put(_NONE)

    def state(self) -> dict[str, Any]:
        """The plan as it was given, and the counts of each of its faults under ``counts``."""
        with self._lock:
            counts = {fault.name: asdict(self._counts.get(fault.name, Count())) for fault in self._plan.faults}
            return {**self._document, "counts": counts}

    def meet(self, subject: Subject, *effects: type[Effect]) -> Effect | None:
        """The effect of one of the types *effects* that strikes *subject* now, if any does; it is counted."""
        with self._lock:
            fault, changed = self._plan.meet(subject, effects, self._counts)
            if changed:
                self._counts.update(changed)
                self._keep()
        return None if fault is None else fault.effect

    def answered(self, operation: str, request: dict[str, Any], act: Callable[[], T]) -> T:
        """What *act* answers to a call, unless the plan has an error for it.

        Raises ``ServiceError`` for that error, and ``ResponseLost`` where *act* was done and its answer is to be lost.
        """
        if not self.loses_answer(operation, request):
            return act()
        with contextlib.suppress(ServiceError):  # an answer too, and lost as any other
            act()
        raise ResponseLost

    def loses_answer(self, operation: str, request: dict[str, Any]) -> bool:
        """Whether what a call is answered is to be lost. Raises ``ServiceError`` for an error that it is to have."""
        if not self._plan.faults:
            return False
        effect = self.meet(_call(operation, request), Error, LostResponse)
        if isinstance(effect, Error):
            error = completed(effect, operation, request)
            raise ServiceError(error.code, error.message, error.status)
        return isinstance(effect, LostResponse)

    def _keep(self) -> None:
        counts = {name: asdict(count) for name, count in self._counts.items()}
        self._store.keep_document(_KEPT_AS, {"plan": self._document, "counts": counts})


def _call(operation: str, request: dict[str, Any]) -> Call:
    names = tuple(value for member, value in request.items() if member.endswith("Name") and isinstance(value, str))
    return Call(operation, names, {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])})
