from __future__ import annotations

import re
from pathlib import Path

import pytest

from tabular.metrics import bootstrap
from tests.unit.scripts import gate_power

PAGE = (Path(__file__).parents[3] / "docs" / "gate.md").read_text()
TABLE = {
    int(rows): (float(gain), {300: float(few) / 100, 1200: float(many) / 100})
    for rows, gain, few, many in re.findall(r"^\| (\d+) \| (\S+) \| (\S+)% \| (\S+)% \|$", PAGE, re.MULTILINE)
}


def test_the_page_says_what_the_gate_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of its points, for all take minutes."""
    monkeypatch.setattr(bootstrap, "RESAMPLES", gate_power.RESAMPLES)
    assert tuple(TABLE) == gate_power.CHAMPION_ROWS
    assert gate_power.power(60, 300) == TABLE[60][1][300]


def test_the_figure_is_of_the_pages_numbers() -> None:
    found = [gate_power.Point(rows, gain, power) for rows, (gain, power) in TABLE.items()]
    wanted, drawn = ordinates(gate_power.figure(found)), ordinates(gate_power.FIGURE.read_text())
    assert wanted == drawn
    assert len(drawn) == 2 * len(TABLE)


def ordinates(drawing: str) -> list[str]:
    """How high the lines' points lie; the page rounds the gains, which say how far right."""
    return [point.split(",")[1] for points in re.findall(r'points="([^"]*)"', drawing) for point in points.split()]


def test_a_better_model_is_found_more_often_the_better_it_is_and_with_more_rows() -> None:
    gains, few, many = zip(*((gain, power[300], power[1200]) for gain, power in TABLE.values()), strict=True)
    assert list(gains) == sorted(gains)
    assert list(few) == sorted(few)
    assert list(many) == sorted(many)
    assert all(one <= other for one, other in zip(few, many, strict=True))
