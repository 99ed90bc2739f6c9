"""What a use case declares; the steps follow from it. Standard library only, so that anything may read it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from tabular.columns import PREDICTION, Category, Column, Feature, Identifier, Label, Number

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
BASELINE, CHAMPION = "baseline", "champion"  # what models are in an evaluation, and so no candidate's name


@dataclass(frozen=True)
class Schema:
    """The columns of a use case's data; a file may hold others, which are reported and ignored.

    Models read ``features`` and learn ``target``. ``key`` says which rows are about the same subject and so must stay
    on one side of the split; without one it is the content of the features. Rows may be judged by groups of
    ``attributes``, which no model sees.
    """

    features: tuple[Feature, ...]
    target: Number | Label
    key: tuple[Identifier, ...] = ()
    attributes: tuple[Feature, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"columns are declared twice: {', '.join(doubled)}")
        if PREDICTION.name in names:
            raise ValueError(f"no column may be named {PREDICTION.name}: the model's answers are")
        if not self.target.required:
            raise ValueError(f"the target '{self.target.name}' must be required: a row without it teaches nothing")

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every column that is read, the target last."""
        return (*self.features, *self.attributes, *self.key, self.target)

    @property
    def names(self) -> list[str]:
        """Names of `columns`."""
        return [column.name for column in self.columns]


@dataclass(frozen=True)
class Bins:
    """Groups of a number: below the first of ``edges`` (ascending), between two of them, from the last one on."""

    column: str
    edges: tuple[float, ...]

    @property
    def names(self) -> list[str]:
        """The groups' names, in order."""
        first, last = self.edges[0], self.edges[-1]
        between = [f"{low:g} to {high:g}" for low, high in zip(self.edges, self.edges[1:], strict=False)]
        return [f"below {first:g}", *between, f"from {last:g}"]


@dataclass(frozen=True)
class Split:
    """Shares of the keys that models are tested on, and that they are measured on while they are made."""

    test: float = 0.15
    validation: float = 0.15

    def __post_init__(self) -> None:
        if not (self.test > 0 and self.validation > 0 and self.test + self.validation < 1):
            raise ValueError(f"shares must be above 0 and leave rows to train on: {self}")


@dataclass(frozen=True)
class Candidate:
    """A kind of model that is trained: the module that holds its ``ALGORITHM``, and the hyperparameters in which it
    differs from that algorithm's defaults."""

    algorithm: str
    hyperparameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class UseCase:
    """One question that models answer.

    ``candidates`` are trained each night; ``baseline`` names the one that every other must beat. ``slices`` are columns
    of text, or bins of numbers, whose groups are evaluated apart. A classifier answers "positive" from the probability
    ``decision_threshold`` on.
    """

    name: str
    schema: Schema
    candidates: Mapping[str, Candidate]
    baseline: str
    slices: tuple[str | Bins, ...] = ()
    split: Split = Split()
    decision_threshold: float = 0.5

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"use case name {self.name!r}: write 1 to 32 of a-z, 0-9 and _, a letter first")
        if taken := {BASELINE, CHAMPION} & self.candidates.keys():
            raise ValueError(f"no candidate may be named {' or '.join(sorted(taken))}")
        if self.baseline not in self.candidates:
            raise ValueError(f"the baseline {self.baseline!r} is none of the candidates {', '.join(self.candidates)}")
        if wrong := [each for each in self.slices if not self._can_group(each)]:
            raise ValueError(f"slices need a column of text, or Bins of one of numbers, of the schema; not {wrong}")

    @property
    def classifies(self) -> bool:
        """Whether the target is one of two labels; otherwise it is a number."""
        return isinstance(self.schema.target, Label)

    def _can_group(self, by: str | Bins) -> bool:
        columns = {column.name: column for column in chain(self.schema.features, self.schema.attributes)}
        kind = Number if isinstance(by, Bins) else Category
        return isinstance(columns.get(by.column if isinstance(by, Bins) else by), kind)
