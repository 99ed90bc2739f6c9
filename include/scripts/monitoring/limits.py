"""What is declared of a monitor: how much evidence and how large an effect make a violation."""

import json
from dataclasses import dataclass, fields

from common.errors import UserError


@dataclass(frozen=True)
class Limits:
    """A window without drift is a violation with a probability of at most ``significance``, over all features together.

    Whatever the evidence, a drift is at least ``distance`` large: of distribution functions for numbers, of shares for
    categories; without it as large as the baseline's ``comparison_threshold``. Rules of data quality hold unless it is
    as certain that more than ``tolerance`` of the values break them. Less than ``min_rows`` rows decide nothing. Of the
    records a share of ``unreadable`` may be of no use. Groups of a slice may differ by ``disparity``: in the share of
    positive answers, or in the mean absolute error as a share of the larger one; 1 allows everything.
    """

    significance: float = 0.01
    distance: float | None = None
    tolerance: float = 0.01
    min_rows: int = 50
    unreadable: float = 0.05
    disparity: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.name == "distance":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise UserError(f"limit '{field.name}' is {value!r}; it must be a number")
            if field.name != "min_rows" and not 0 <= value <= 1:
                raise UserError(f"limit '{field.name}' is {value!r}; it must be from 0 to 1")
        if not isinstance(self.min_rows, int) or self.min_rows < 1:
            raise UserError(f"limit 'min_rows' is {self.min_rows!r}; it must be a whole number from 1 on")

    @classmethod
    def read(cls, text: str) -> "Limits":
        """The limits that a JSON object names, the others by default. Raises UserError."""
        try:
            given = json.loads(text or "{}")
        except ValueError as error:
            raise UserError(f"--limits={text}: not JSON ({error})") from None
        known = [field.name for field in fields(cls)]
        if not isinstance(given, dict) or (unknown := given.keys() - set(known)):
            told = f"unknown {', '.join(sorted(unknown))}" if isinstance(given, dict) else "not a JSON object"
            raise UserError(f"--limits={text}: {told}; known: {', '.join(known)}")
        return cls(**given)
