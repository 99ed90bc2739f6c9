"""How the training toolkit writes values as environment variables and as arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def to_variables(values: Mapping[str, Any]) -> dict[str, str]:
    """``SM_`` and the key in upper case, hyphens kept; text as it is, ``None`` empty, all else as compact JSON."""
    return {f"SM_{key.upper()}": _variable(value) for key, value in values.items()}


def _variable(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))


def to_arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """``--key value``, ``-k value`` for keys of one character, sorted; an object's members as ``a=1,b=2``."""
    return [word for key in sorted(hyperparameters) for word in (_option(key), _argument(hyperparameters[key]))]


def _option(key: str) -> str:
    return f"--{key}" if len(key) > 1 else f"-{key}"


def _argument(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{key}={member}" for key, member in sorted(value.items()))
    return "" if value is None else str(value)
