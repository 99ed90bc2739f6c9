"""A benchmark that keeps no promise says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import captures, drift, rows, serving
from bench.drift import Analysed
from bench.parsing import folder_of, limit
from bench.preparing import Cost, verdict
from bench.serving import CLASSIC, OWN, Round, Subject

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


EVIDENTLY = Analysed(Cost(seconds=40, processor_seconds=40, megabytes=1000), statistics=35)


@pytest.mark.parametrize(
    ("own", "tenfold", "broken"),
    [
        (Analysed(Cost(5, 4, 399), 0.35), Cost(50, 50, 399), []),
        (Analysed(Cost(5.1, 4, 399), 0.35), Cost(50, 50, 399), ["at least 8 times faster"]),
        (Analysed(Cost(5, 4, 399), 0.36), Cost(50, 50, 399), ["100 times in the statistics"]),
        (Analysed(Cost(5, 4, 400), 0.35), Cost(50, 51, 399), ["under 400 MB", "linear in records"]),
        (Analysed(Cost(5, 4, 399), 0.35), Cost(50, 50, 400), ["under 400 MB"]),
    ],
)
def test_what_monitoring_promised_is_checked(own: Analysed, tenfold: Cost, broken: list[str]) -> None:
    assert drift.verdict(own, EVIDENTLY, tenfold) == broken


def test_captured_records_are_as_many_as_asked_for_each_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captures, "FILE", 100)
    monkeypatch.setattr(captures, "BLOCK", 40)
    sample = tmp_path / "sample.csv"
    sample.write_text("sex,length,rings\nM,0.5,15\nF,0.25,7\n")
    captures.main(sample, tmp_path / "made", 300)
    files = sorted((tmp_path / "made" / "capture").iterdir())
    made = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert [file.name for file in files] == ["0.jsonl", "1.jsonl", "2.jsonl"]
    assert len({each["eventMetadata"]["eventId"] for each in made}) == len(made) == 300
    assert {each["captureData"]["endpointInput"]["data"][0] for each in made} == {"M", "F"}
    assert (tmp_path / "made" / "answers.csv").read_text().startswith("sex,length,prediction\n")


def test_a_hundred_use_cases_may_cost_one_and_a_half_times_one_and_five_milliseconds_a_dag() -> None:
    assert limit(0.2, 300) == pytest.approx(0.3 + 1.5)


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


def subject(name: str, one: Round, thousand: Round, start: float = 0.5, megabytes: float = 100) -> Subject:
    measured = {"start": start, "megabytes": megabytes}
    return Subject(name, (), {}, {}, {1: one, 1000: thousand}, measured)


CLASSIC_STACK = subject(CLASSIC, Round(600, 25, 43, 3000), Round(300, 43, 58, 5000))
SERVER = (Round(18_000, 1, 4.9, 100), Round(1440, 13, 20, 1200))


@pytest.mark.parametrize(
    ("own", "broken"),
    [
        (subject(OWN, *SERVER), []),
        (
            subject(OWN, Round(17_900, 1, 5, 101), Round(1439, 13, 20, 1200)),
            [
                "25 times the classic stack's requests of one row",
                "a 25th of its processor time",
                "4 times its requests of 1000 rows",
                "a p99 under 5 ms",
            ],
        ),
        (subject(OWN, *SERVER, start=1, megabytes=130), ["a start in 1 s", "under 130 MB"]),
    ],
)
def test_what_serving_promised_is_checked(own: Subject, broken: list[str]) -> None:
    assert serving.verdict(own, CLASSIC_STACK, 1.2) == broken


def test_servers_are_compared_by_the_middle_of_their_rounds() -> None:
    rounds = [Round(1, 30, 7, 5), Round(3, 10, 9, 4), Round(2, 20, 8, 9)]
    assert Round.middle(rounds) == Round(2, 20, 8, 5)
