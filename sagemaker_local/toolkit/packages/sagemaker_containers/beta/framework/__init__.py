"""Formats and responses, as serving scripts use them.

Many scripts import ``env``, ``modules`` and ``transformer`` too and use none of them: that passes, their use does not.
"""

from __future__ import annotations

from . import content_types, encoders, worker

__all__ = ["content_types", "encoders", "worker"]

_ONLY_IMPORTED = ("env", "modules", "transformer")


class _Absent:
    """A module that is imported but not here."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, member: str) -> object:
        raise AttributeError(
            f"{self._name}.{member}: the local SageMaker's images have no such; use the SM_* variables"
        )


def __getattr__(name: str) -> object:
    if name in _ONLY_IMPORTED:
        return _Absent(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
