"""A benchmark that keeps no promise says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import rows
from bench.parsing import folder_of, limit
from bench.preparing import Cost, verdict

RECIPE = Cost(seconds=150, processor_seconds=150, megabytes=3800)
TENTH = Cost(seconds=1, processor_seconds=1.2, megabytes=100)


@pytest.mark.parametrize(
    ("own", "broken"),
    [
        (Cost(seconds=10, processor_seconds=12, megabytes=400), []),
        (Cost(seconds=10.1, processor_seconds=12, megabytes=400), ["at least 15 times faster"]),
        (Cost(seconds=9, processor_seconds=12, megabytes=600), ["under 600 MB"]),
        (Cost(seconds=9, processor_seconds=16, megabytes=400), ["linear in rows"]),
    ],
)
def test_what_preparing_promised_is_checked(own: Cost, broken: list[str]) -> None:
    assert verdict(own, RECIPE, TENTH) == broken


def test_a_hundred_use_cases_may_cost_one_and_a_half_times_one_and_ten_milliseconds_each() -> None:
    assert limit(0.2) == pytest.approx(0.3 + 1.0)


def test_the_use_cases_that_are_read_have_names_of_their_own() -> None:
    with folder_of(2) as folder:
        names = {file.name: f'name="{file.stem}"' in file.read_text() for file in folder.glob("case_*.py")}
    assert names == {"case_0.py": True, "case_1.py": True}


def test_rows_are_as_many_as_asked_for_and_like_the_samples(tmp_path: Path) -> None:
    sample, data = tmp_path / "sample.csv", tmp_path / "data.csv"
    sample.write_text("sex,length,rings\nM,0.5,15\nF,0.25,7\n")
    rows.main(sample, data, 500)
    header, *made = data.read_text().splitlines()
    assert header == "sex,length,rings"
    assert len(made) == 500
    assert {(row.split(",")[0], row.split(",")[2]) for row in made} == {("M", "15"), ("F", "7")}
