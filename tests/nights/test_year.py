"""A year of nights, twice."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def lived(output: Path, *options: str) -> bytes:
    """The log of nights."""
    subprocess.run([sys.executable, "-m", "nights", "--output", str(output), *options], cwd=ROOT, check=True)
    return (output / "log.jsonl").read_bytes()


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return [lived(tmp_path_factory.mktemp(f"year{number}")) for number in range(2)]


@pytest.mark.timeout(3600)
def test_the_same_seed_writes_the_same_log(years: list[bytes]) -> None:
    assert years[0] == years[1]


def test_every_night_is_run_or_told_as_missed_once_also_where_clocks_change(years: list[bytes]) -> None:
    entries: list[dict[str, Any]] = [json.loads(line) for line in years[0].splitlines()]
    nights = [entry for entry in entries if entry["what"] == "training" and entry.get("why", "night") == "night"]
    days = [datetime.fromisoformat(entry["at"]).date() for entry in nights]
    assert len(days) == len(set(days)) == 365
    # What no training can do anything about: no data, and none of a column, which validation refuses by its name.
    reasons = {entry["reason"] for entry in entries if entry["outcome"] == "failed"}
    lacking = {why for why in reasons if why.startswith("validate: ") and "missing column 'diameter'" in why}
    assert lacking
    assert {why for why in reasons - lacking if not why.startswith("no data")} == set()


def test_drift_and_silence_were_answered(years: list[bytes]) -> None:
    outcomes = {json.loads(line)["outcome"] for line in years[0].splitlines()}
    assert {"promoted", "refused", "violations", "no_data", "retrain", "escalate", "silence", "rebaselined"} <= outcomes


@pytest.mark.timeout(1800)
def test_the_nights_of_a_classifier_go_their_way_too(tmp_path: Path) -> None:
    entries = [json.loads(line) for line in lived(tmp_path, "--use-case=churn", "--nights=45").splitlines()]
    assert {"promoted", "refused", "violations", "retrain"} <= {entry["outcome"] for entry in entries}
    assert "failed" not in {entry["outcome"] for entry in entries if not entry["reason"].startswith("no data")}
