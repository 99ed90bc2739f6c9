"""The hyperparameters that a tuning job searches, and their values on a scale from 0 to 1.

Every strategy searches the unit cube; what a point of it means (ranges, scaling, integers, categories) is known here
alone. Contract: the guide's page automatic-model-tuning-define-ranges.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sagemaker_local.errors import validation_error

Values = dict[str, str]
"""hyperparameters by name, as a training job gets them"""

_MAX_PARAMETERS = 30
# AWS says what Auto is for and not how it chooses: ranges of several orders of magnitude are logarithmic.
_WIDE = 100.0


@dataclass(frozen=True)
class Scale:
    """A monotonic function of a hyperparameter's value, and its inverse."""

    apply: Callable[[float], float]
    invert: Callable[[float], float]


_SCALES = {
    "Linear": Scale(lambda value: value, lambda scaled: scaled),
    "Logarithmic": Scale(math.log, math.exp),
    "ReverseLogarithmic": Scale(lambda value: -math.log1p(-value), lambda scaled: -math.expm1(-scaled)),
}


@dataclass(frozen=True)
class Continuous:
    """A hyperparameter between *low* and *high*."""

    name: str
    low: float
    high: float
    scaling: str = "Linear"
    size = None

    def decode(self, unit: float) -> str:
        """The value at *unit* of the scale, 0 to 1."""
        return repr(_between(self, self.low, self.high, unit))

    def encode(self, text: str) -> float | None:
        """Where a value lies on the scale; ``None`` if it lies outside the range."""
        return _position(self, self.low, self.high, text)


@dataclass(frozen=True)
class Integer:
    """A hyperparameter that is one of the whole numbers from *low* to *high*."""

    name: str
    low: int
    high: int
    scaling: str = "Linear"

    @property
    def size(self) -> int:
        return self.high - self.low + 1

    def decode(self, unit: float) -> str:
        """Every number has its part of the scale, the first and the last one too."""
        value = round(_between(self, self.low - 0.5, self.high + 0.5, unit))
        return str(min(max(value, self.low), self.high))

    def encode(self, text: str) -> float | None:
        """As for a continuous one."""
        return _position(self, self.low - 0.5, self.high + 0.5, text)


@dataclass(frozen=True)
class Categorical:
    """A hyperparameter that is one of *values*."""

    name: str
    values: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.values)

    def decode(self, unit: float) -> str:
        """Every value has an equal part of the scale."""
        return self.values[min(int(unit * self.size), self.size - 1)]

    def encode(self, text: str) -> float | None:
        """The middle of the value's part; ``None`` for a value that is not one of them."""
        return (self.values.index(text) + 0.5) / self.size if text in self.values else None


Parameter = Continuous | Integer | Categorical


def _between(parameter: Continuous | Integer, low: float, high: float, unit: float) -> float:
    scale = _SCALES[parameter.scaling]
    start, end = scale.apply(low), scale.apply(high)
    return min(max(scale.invert(start + unit * (end - start)), low), high)


def _position(parameter: Continuous | Integer, low: float, high: float, text: str) -> float | None:
    value = _finite(text)
    if value is None or not low <= value <= high:
        return None
    scale = _SCALES[parameter.scaling]
    start, end = scale.apply(low), scale.apply(high)
    return 0.5 if start == end else (scale.apply(value) - start) / (end - start)


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class Space:
    """All hyperparameters that are searched."""

    parameters: tuple[Parameter, ...]

    @cached_property
    def size(self) -> int | None:
        """How many combinations there are; ``None`` for a continuum."""
        sizes = [parameter.size for parameter in self.parameters]
        return None if None in sizes else math.prod(size for size in sizes if size is not None)

    def decode(self, point: list[float]) -> Values:
        """The hyperparameters at *point* of the unit cube."""
        return {parameter.name: parameter.decode(unit) for parameter, unit in zip(self.parameters, point, strict=True)}

    def encode(self, values: Values) -> list[float] | None:
        """The point of *values*; ``None`` if one is missing or lies outside its range. Others may be there."""
        point = [parameter.encode(values[parameter.name]) for parameter in self.parameters if parameter.name in values]
        found = [unit for unit in point if unit is not None]
        return found if len(found) == len(self.parameters) else None

    def combination(self, index: int) -> Values:
        """Number *index*, from 0, of the combinations of a space that is no continuum; the last name changes first."""
        values: Values = {}
        for parameter in reversed(self.parameters):
            assert parameter.size is not None, f"{parameter.name} has no combinations"
            index, place = divmod(index, parameter.size)
            values[parameter.name] = parameter.decode((place + 0.5) / parameter.size)
        return {parameter.name: values[parameter.name] for parameter in self.parameters}


def read_space(ranges: dict[str, Any]) -> Space:
    """The space of a request's ``ParameterRanges``; raises ``ValidationException`` for ranges that make none."""
    parameters: list[Parameter] = [
        *(_integer(item) for item in ranges.get("IntegerParameterRanges", [])),
        *(_continuous(item) for item in ranges.get("ContinuousParameterRanges", [])),
        *(_categorical(item) for item in ranges.get("CategoricalParameterRanges", [])),
    ]
    names = [parameter.name for parameter in parameters]
    if len(set(names)) < len(names):
        raise validation_error(f"ParameterRanges has {_first_repeated(names)} more than once")
    if len(names) > _MAX_PARAMETERS:
        raise validation_error(f"ParameterRanges has {len(names)} hyperparameters; the limit is {_MAX_PARAMETERS}")
    return Space(tuple(parameters))


def _integer(item: dict[str, Any]) -> Integer:
    low, high = (_whole(item, member) for member in ("MinValue", "MaxValue"))
    if item.get("ScalingType") == "ReverseLogarithmic":
        raise validation_error(f"{item['Name']}: ScalingType ReverseLogarithmic is for continuous ranges only")
    return Integer(item["Name"], low, high, _scaling(item, low, high))


def _continuous(item: dict[str, Any]) -> Continuous:
    low, high = (_number(item, member) for member in ("MinValue", "MaxValue"))
    return Continuous(item["Name"], low, high, _scaling(item, low, high))


def _categorical(item: dict[str, Any]) -> Categorical:
    values = item["Values"]
    if len(set(values)) < len(values):
        raise validation_error(f"{item['Name']}: the value {_first_repeated(values)} is there more than once")
    return Categorical(item["Name"], tuple(values))


def _whole(item: dict[str, Any], member: str) -> int:
    try:
        return int(item[member])
    except ValueError as error:
        raise validation_error(f"{item['Name']}: {member} {item[member]!r} is not an integer") from error


def _number(item: dict[str, Any], member: str) -> float:
    value = _finite(item[member])
    if value is None:
        raise validation_error(f"{item['Name']}: {member} {item[member]!r} is not a number")
    return value


def _scaling(item: dict[str, Any], low: float, high: float) -> str:
    """The scaling asked for, if the range allows it; what it is if that is left to AWS."""
    name, scaling = item["Name"], item.get("ScalingType", "Auto")
    if low > high:
        raise validation_error(f"{name}: MinValue {low} is greater than MaxValue {high}")
    if scaling == "Logarithmic" and low <= 0:
        raise validation_error(f"{name}: ScalingType Logarithmic is for values greater than 0")
    if scaling == "ReverseLogarithmic" and not 0 <= low <= high < 1:
        raise validation_error(f"{name}: ScalingType ReverseLogarithmic is for values in 0 <= x < 1")
    if scaling == "Auto":
        return "Logarithmic" if low > 0 and high / low >= _WIDE else "Linear"
    return str(scaling)


def _first_repeated(texts: list[str]) -> str:
    return next(text for index, text in enumerate(texts) if text in texts[:index])
