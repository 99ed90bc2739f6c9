"""What the gate finds: `PYTHONPATH=.:plugins:include/scripts python -m tests.unit.scripts.gate_power` prints the table
of docs/gate.md, and draws docs/gate-power.svg.

Each night a candidate of 400 training rows meets a champion of as many or fewer, on fresh test rows. How much better it
is in truth is measured on many more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tabular import trials
from tabular.metrics import bootstrap
from tabular.page import svg
from tests.unit.scripts.gate_trials import numbers, promoted, use_case

NIGHTS = 200
RESAMPLES = 500
MIN_GAIN = 0.064
CANDIDATE_ROWS, MANY_ROWS = 400, 20_000
CHAMPION_ROWS = (400, 200, 100, 60, 40, 25)
TEST_ROWS = (300, 1200)
FIGURE = Path(__file__).parents[3] / "docs" / "gate-power.svg"


@dataclass(frozen=True)
class Point:
    """A champion of ``rows`` training rows: the candidates' mean true gain, and by test rows the share of the nights in
    which they are promoted."""

    rows: int
    gain: float
    power: dict[int, float]

    def __str__(self) -> str:
        shares = " | ".join(f"{self.power[rows]:.1%}" for rows in TEST_ROWS)
        return f"| {self.rows} | {self.gain:.3f} | {shares} |"


def true_gain(champion_rows: int, seed: int) -> float:
    """How much smaller a candidate's MSE is than that of a champion, on many rows."""
    case, random = use_case(classifies=False), np.random.default_rng(seed)
    models = [trials.train(case, "linear", numbers(random, rows), {}) for rows in (champion_rows, CANDIDATE_ROWS)]
    fresh = numbers(random, MANY_ROWS)
    champion, candidate = (float(np.mean((model.predict(fresh) - fresh.target) ** 2)) for model in models)
    return champion - candidate


def power(champion_rows: int, test_rows: int) -> float:
    """The share of the nights in which the candidate is promoted."""
    rows = (champion_rows, CANDIDATE_ROWS)
    nights = [promoted(False, "linear", MIN_GAIN, seed, rows, test_rows) for seed in range(NIGHTS)]
    return sum(nights) / NIGHTS


def points() -> Iterator[Point]:
    """The curve, from no difference on."""
    for rows in CHAMPION_ROWS:
        gain = sum(true_gain(rows, seed) for seed in range(NIGHTS)) / NIGHTS
        yield Point(rows, gain, {test_rows: power(rows, test_rows) for test_rows in TEST_ROWS})


def figure(found: list[Point]) -> str:
    """The curve as a drawing that stands alone."""
    gains = [point.gain for point in found]
    series = {f"{rows} test rows": (gains, [point.power[rows] for point in found]) for rows in TEST_ROWS}
    labels = svg.Labels("How often a better model is promoted", "true gain in MSE", "share of the nights")
    style = (
        "<style>text{font:11px sans-serif;fill:#57606a}.title{font-weight:600}.x{text-anchor:middle}"
        ".y{text-anchor:end}.grid{stroke:#d0d7de}.line{fill:none;stroke-width:2}.line.a{stroke:#0969da}"
        ".line.b{stroke:#bf5700}.key.a{fill:#0969da}.key.b{fill:#bf5700}</style>"
    )
    drawn = svg.curves(series, labels, diagonal=False)
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(
        "<title>", f"{style}<title>", 1
    )


def main() -> None:
    """Print the table, draw the figure."""
    bootstrap.RESAMPLES = RESAMPLES
    found = list(points())
    print("\n".join(map(str, found)))
    FIGURE.write_text(figure(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
