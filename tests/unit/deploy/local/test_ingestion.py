"""A file that is brought is followed through Airflow's runs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.errors import Failure
from deploy.local import follow, ingestion
from deploy.local.http import HttpError
from deploy.progress import Progress
from mlops_sagemaker.ingestion import HIDDEN

REFUSED = {"file": "rows.csv", "where": "s3://b/q/rows.csv", "report": "s3://b/q.report.json", "reasons": ["is empty"]}
TAKEN = {"file": "rows.csv", "where": "s3://b/data/1.csv", "rows": 40}


class Running:
    """Stands for Airflow and the stack. The run "old" has failed, "other" holds other files, before the file comes;
    "late" was created, but takes the file. Of the trainings one is of another file of the same day."""

    def __init__(self, *, state: str = "success", **settled: list[dict[str, Any]]) -> None:
        self.settled = {"taken": [], "refused": [], **settled}
        self.state, self.brought, self.unpaused = state, list[Path](), list[str]()
        self.settings = SimpleNamespace(aws_url="http://aws", airflow_home=Path("home"))

    def airflow(self) -> Any:
        return self

    def require_alive(self) -> None: ...

    def unpause(self, dag_id: str) -> None:
        self.unpaused.append(dag_id)

    def bring(self, use_case: str, file: Path) -> list[str]:
        self.brought.append(file)
        return [f"s3://b/{use_case}/incoming/{file.name}"]

    def latest_runs(self, dag_id: str) -> list[str]:
        if dag_id == "abalone_training":
            return ["queued", "night", "of another", "of the file"]
        return ["late", "other", "old"]

    def run(self, dag_id: str, run_id: str) -> Any:
        if dag_id == "abalone_training":
            state = {"queued": "queued"}.get(run_id, "success")
            return {"state": state, "run_type": "scheduled" if run_id == "night" else "asset_triggered"}
        states = {"old": "failed", "other": "running", "late": self.state if self.brought else "running"}
        return {"state": states[run_id], "run_type": "scheduled"}

    def sources(self, dag_id: str, run_id: str) -> Any:
        known = {"of another": [("abalone_ingestion", "other")], "of the file": [("abalone_ingestion", "late")]}
        if run_id not in known:
            raise HttpError("GET", run_id, 500, "has not started")
        return known[run_id]

    def task_instances(self, dag_id: str, run_id: str) -> list[Any]:
        return []

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
        of_others = {"taken": [{**TAKEN, "rows": 1}], "refused": []}
        told = {("other", "resolve"): {"objects": 1}, ("other", "settle"): of_others}
        if self.brought and self.state == "success":
            told[("late", "settle")] = self.settled
        if (run_id, task_id) not in told:
            raise HttpError("GET", task_id, 404, "skipped")
        return told[(run_id, task_id)]


@pytest.fixture(autouse=True)
def no_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "wait_for_dag", lambda *_: None)
    monkeypatch.setattr(follow, "POLL_SECONDS", 0)
    monkeypatch.setattr(ingestion, "START_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(ingestion.summary, "summary", lambda _, dag_id, run_id, url: f"{dag_id} {run_id}")


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    file = tmp_path / "rows.csv"
    file.write_text("rings\n1\n")
    return file


def ingested(running: Any, file: Path) -> list[str]:
    return ingestion.ingest(running, Progress(), "abalone", file)


def test_a_file_that_is_taken_is_followed_to_the_training_on_it(rows: Path) -> None:
    running = Running(taken=[{"file": "other.csv", "where": "s3://b/2", "rows": 1}, TAKEN])
    assert ingested(running, rows) == [
        "Taken          rows.csv, 40 rows: s3://b/data/1.csv",
        "abalone_training of the file",
    ]
    assert running.unpaused == ["abalone_training", "abalone_ingestion"]


def test_of_a_file_that_is_refused_the_reasons_are_told(rows: Path) -> None:
    assert ingested(Running(refused=[REFUSED]), rows) == [
        "Refused        s3://b/q/rows.csv",
        "               is empty",
        "Report         s3://b/q.report.json",
    ]


def test_a_run_that_takes_other_files_only_is_not_the_files(rows: Path) -> None:
    with pytest.raises(Failure, match="no run of abalone_ingestion has taken the file up"):
        ingested(Running(taken=[{**TAKEN, "file": "other.csv"}]), rows)


def test_a_run_that_fails_is_told_at_once(rows: Path) -> None:
    with pytest.raises(Failure, match="of abalone_ingestion failed"):
        ingested(Running(state="failed"), rows)


def test_what_is_no_file_is_not_brought(tmp_path: Path) -> None:
    running = Running()
    with pytest.raises(Failure, match="is no file: name one with FILE=<path>"):
        ingested(running, tmp_path)
    assert not running.brought


@pytest.mark.parametrize("name", ["_rows.csv", ".rows.csv"])
def test_a_file_that_is_never_taken_is_not_brought(tmp_path: Path, name: str) -> None:
    running = Running()
    (tmp_path / name).write_text("rings\n1\n")
    with pytest.raises(Failure, match=f"{name} begins as names do that writers keep to themselves: rename"):
        ingested(running, tmp_path / name)
    assert not running.brought


def test_the_names_that_are_never_taken_are_the_dags() -> None:
    assert ingestion.HIDDEN == HIDDEN
