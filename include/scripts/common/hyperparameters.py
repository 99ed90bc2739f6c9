"""Hyperparameters as a table: one row declares name, type, default and range, and parses accordingly."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from common import report
from common.errors import UserError

# Names that SageMaker's tuning jobs and SDK add to every training job on their own.
PLATFORM_NAMES = re.compile(r"sagemaker_.*|_tuning_objective_metric")

Setting = float | str


@dataclass(frozen=True)
class Hyperparameter:
    """A number; ``minimum`` itself is allowed unless ``above_minimum`` is set."""

    name: str
    kind: type[int] | type[float]
    default: float
    minimum: float
    maximum: float
    above_minimum: bool = False

    @property
    def allowed(self) -> str:
        """The type and the range in words."""
        noun = "a whole number" if self.kind is int else "a number"
        lower = f"above {self.minimum}" if self.above_minimum else f"at least {self.minimum}"
        return f"{noun}, {lower} and at most {self.maximum}"

    def parse(self, given: object) -> float:
        """The value of ``given``: text, quoted text or a number. Raises UserError naming what is allowed."""
        try:
            value = self.kind(_number(given))
        except (ValueError, OverflowError):
            raise _refused(self, given) from None
        too_low = value <= self.minimum if self.above_minimum else value < self.minimum
        if too_low or not value <= self.maximum:  # written so that NaN is refused
            raise _refused(self, given)
        return value


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    name: str
    default: str
    values: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """The words."""
        return f"one of {', '.join(self.values)}"

    def parse(self, given: object) -> str:
        """The value of ``given``: text or quoted text. Raises UserError naming what is allowed."""
        try:
            text = _unquoted(given)
        except ValueError:
            text = None
        if text not in self.values:
            raise _refused(self, given)
        return str(text)


Row = Hyperparameter | Choice


def read(file: Path | None) -> dict[str, object]:
    """The hyperparameters given in the JSON object in ``file``; without a file none. Raises UserError."""
    given = report.read(file) if file else {}
    if not isinstance(given, dict):
        raise UserError(f"{file}: holds {given!r}, not a JSON object of hyperparameters")
    return given


def parse(given: Mapping[str, object], table: Sequence[Row]) -> dict[str, Setting]:
    """Value of every hyperparameter of ``table``, its default if not given.

    Raises UserError naming the one that is unknown or not allowed.
    """
    known = {row.name: row for row in table}
    unknown = [name for name in given if name not in known and not PLATFORM_NAMES.fullmatch(name)]
    if unknown:
        raise UserError(f"unknown hyperparameter {', '.join(map(repr, unknown))}; known: {', '.join(known)}")
    return {name: row.parse(given[name]) if name in given else row.default for name, row in known.items()}


def _refused(row: Row, given: object) -> UserError:
    return UserError(f"hyperparameter '{row.name}' is {given!r}; it must be {row.allowed}")


def _unquoted(given: object) -> object:
    """SageMaker passes text, and its SDK quotes the text once more."""
    return json.loads(given) if isinstance(given, str) and given.startswith('"') else given


def _number(given: object) -> str:
    """The text of a number; by hand a JSON number is natural."""
    given = _unquoted(given)
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError(given)
    text = str(given)
    if "_" in text or not text.isascii():  # int() and float() would take "1_000"
        raise ValueError(given)
    return text
