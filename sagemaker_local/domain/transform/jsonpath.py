"""The JSONPath that batch transform understands: ``$``, ``.name``, ``*``, ``['a','b']``, ``[1,-1]``, ``[1:4]``.

Ends of slices are exclusive, as in JSONPath. A filter that can select several things answers a list of them, and from
an object, by names, an object.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sagemaker_local.domain.transform.errors import BadData

_STEP = re.compile(
    r"""\.?\[\s*(?P<names>'[^']*'(\s*,\s*'[^']*')*)\s*\]
      | \.?\[\s*(?P<indexes>-?\d+(\s*,\s*-?\d+)*)\s*\]
      | \.?\[\s*(?P<start>-?\d*)\s*:\s*(?P<end>-?\d*)\s*\]
      | \.?(?P<all>\[\s*\*\s*\]|\*)
      | \.(?P<name>[^.\[\]*'$]+)""",
    re.VERBOSE,
)

Step = Callable[[Any], Any]


class InvalidPath(ValueError):
    """Not a path of this kind."""


class Path:
    """A compiled path. Raises ``InvalidPath``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps = list(_steps(text))

    @property
    def selects_all(self) -> bool:
        """Whether it is ``$``: everything, as it is."""
        return not self._steps

    def select(self, value: Any) -> Any:
        """What the path selects of *value*. Raises ``BadData`` where there is nothing."""
        for step in self._steps:
            try:
                value = step(value)
            except (LookupError, TypeError, AttributeError) as error:
                raise BadData(f"{self.text} selects nothing of the record") from error
        return value


def _steps(text: str) -> list[Step]:
    if not text.startswith("$"):
        raise InvalidPath(f"{text!r} is not a JSONPath: it must begin with $")
    position, steps = 1, []
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise InvalidPath(f"{text!r} is not a JSONPath that batch transform supports, from {text[position:]!r} on")
        steps.append(_step(match))
        position = match.end()
    return steps


def _step(match: re.Match[str]) -> Step:
    if match["name"] is not None:
        return lambda value: _members(value)[match["name"]]
    if match["names"] is not None:
        names = re.findall(r"'([^']*)'", match["names"])
        return _named(names)
    if match["indexes"] is not None:
        indexes = [int(index) for index in match["indexes"].split(",")]
        return lambda value: _only([_elements(value)[index] for index in indexes])
    if match["all"] is not None:
        return lambda value: list(value.values()) if isinstance(value, dict) else list(_elements(value))
    cut = slice(*(int(bound) if bound else None for bound in (match["start"], match["end"])))
    return lambda value: _elements(value)[cut]


def _named(names: list[str]) -> Step:
    if len(names) == 1:
        return lambda value: _members(value)[names[0]]
    return lambda value: {name: _members(value)[name] for name in names}


def _members(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _elements(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not an array")
    return value


def _only(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
