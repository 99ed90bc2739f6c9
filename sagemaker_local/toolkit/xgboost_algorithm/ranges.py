"""What a hyperparameter may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import UserError


@dataclass(frozen=True)
class Interval:
    """Numbers between two bounds, each of which belongs to it unless it is open; ``None``: no bound."""

    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: float) -> bool:
        above = self.low is None or value > self.low or (value == self.low and not self.open_low)
        below = self.high is None or value < self.high or (value == self.high and not self.open_high)
        return above and below

    def __str__(self) -> str:
        low = "(-inf" if self.low is None else f"{'(' if self.open_low else '['}{self.low}"
        high = "+inf)" if self.high is None else f"{self.high}{')' if self.open_high else ']'}"
        return f"{low}, {high}"


class EvalMetrics:
    """The names of metrics, three of them also with a threshold: ``error@0.7``."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def __contains__(self, metric: str) -> bool:
        name, at, threshold = (part.strip() for part in metric.partition("@"))
        if not at:
            return metric in self._names
        if name not in ("error", "ndcg", "map"):
            raise UserError(
                f"Metric '{metric}' is not supported. Parameter 'eval_metric' with customized threshold should be one "
                "of these options: 'error', 'ndcg', 'map'."
            )
        _require_number(name, threshold)
        return True

    def __str__(self) -> str:
        return str(list(self._names))


def _require_number(name: str, threshold: Any) -> None:
    try:
        float(threshold)
    except ValueError as error:
        raise UserError(f"Threshold value 't' in '{name}@t' expects float input.") from error
