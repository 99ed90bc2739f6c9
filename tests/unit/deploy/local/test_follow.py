"""A run is watched through a stand-in for Airflow's API that tells a story, one chapter a look."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import Failure
from deploy.local import follow
from deploy.local.http import HttpError
from deploy.local.settings import Settings

Tasks = dict[str, tuple[str | None, int]]
"""By name, of mapped ones with index and label as in ``train[0] xgboost``: state and attempt."""


class Story:
    """Answers as Airflow's API does; each look at the run turns a page of (run state, task states)."""

    def __init__(self, *pages: tuple[str, Tasks]) -> None:
        self.pages = list(pages)
        self.parsed: str | None = None
        self.errors: list[dict[str, str]] = []
        self.starts: dict[str, str] = {}

    def run(self, dag_id: str, run_id: str) -> Any:
        self.page = self.pages.pop(0) if self.pages else self.page
        return {"state": self.page[0]}

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        return [
            {
                "dag_id": dag_id,
                "dag_run_id": run_id,
                **instance(task),
                "state": state,
                "try_number": attempt,
                "start_date": self.starts.get(task),
            }
            for task, (state, attempt) in self.page[1].items()
        ]

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int, map_index: int) -> list[str]:
        return [f"line {number} of {task_id}{f' {map_index}' if map_index >= 0 else ''}" for number in range(100)]

    def dag(self, dag_id: str) -> Any:
        if self.parsed is None:
            raise HttpError("GET", dag_id, 404, "no such DAG")
        return {"last_parsed_time": self.parsed}

    def import_errors(self) -> list[dict[str, str]]:
        return self.errors


def instance(task: str) -> dict[str, Any]:
    name, _, rest = task.partition("[")
    index, _, label = rest.partition("]")
    return {"task_id": name, "map_index": int(index or -1), "rendered_map_index": label.strip() or None}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_SECONDS", 0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "abalone.py").write_text("")
    return Settings(tmp_path, tmp_path / ".local", 9080, 9566)


def watch(story: Any, said: list[str]) -> str:
    return follow.watch_run(story, "abalone_training", "one", said.append, lambda: None)


def test_every_change_of_a_tasks_state_is_said_once() -> None:
    said: list[str] = []
    story = Story(
        ("running", {"train": (None, 0)}),
        ("running", {"train": ("queued", 1)}),
        ("running", {"train": ("running", 1)}),
        ("running", {"train": ("running", 1)}),
        ("running", {"train": ("deferred", 1)}),
        ("running", {"train": ("up_for_retry", 1)}),
        ("running", {"train": ("running", 2)}),
        ("success", {"train": ("success", 2)}),
    )
    assert watch(story, said) == "success"
    states = [" ".join(line.split()[1:]) for line in said]
    assert states == ["running", "deferred", "up_for_retry", "running (attempt 2)", "success (attempt 2)"]


def test_mapped_tasks_are_told_apart_by_what_they_are_for() -> None:
    said: list[str] = []
    watch(Story(("success", {"train[0] xgboost": ("success", 1), "train[1]": ("failed", 1)})), said)
    assert [line.split() for line in said] == [["train", "xgboost", "success"], ["train", "1", "failed"]]


def test_what_started_first_is_said_first() -> None:
    said: list[str] = []
    story = Story(("success", {"gate": ("running", 1), "evaluate": ("success", 1), "register": ("skipped", 0)}))
    story.starts = {"evaluate": "2026-11-21T07:00:00Z", "gate": "2026-11-21T07:00:02Z"}
    watch(story, said)
    assert [line.split()[0] for line in said] == ["evaluate", "gate", "register"]


def test_watching_ends_when_the_stack_dies() -> None:
    def dies() -> None:
        raise Failure("scheduler has died")

    with pytest.raises(Failure, match="scheduler has died"):
        follow.watch_run(Story(("running", {})), "d", "r", print, dies)  # type: ignore[arg-type]


def test_a_failed_run_is_told_with_the_end_and_the_place_of_each_failed_tasks_log(settings: Settings) -> None:
    story = Story(("failed", {"train": ("failed", 2), "evaluate": ("upstream_failed", 0)}))
    watch(story, [])
    report = follow.failure_report(story, "abalone_training", "one", settings)  # type: ignore[arg-type]
    log = settings.airflow_home / "logs/dag_id=abalone_training/run_id=one/task_id=train/attempt=2.log"
    assert f"Task train failed. The end of its log, {log}:" in report
    assert "line 99 of train" in report
    assert "line 0 of train" not in report
    assert "evaluate" not in report


def test_the_failed_one_of_mapped_tasks_is_told_by_name_and_log(settings: Settings) -> None:
    story = Story(("failed", {"train[0] xgboost": ("success", 1), "train[1] linear": ("failed", 1)}))
    watch(story, [])
    report = follow.failure_report(story, "abalone_training", "one", settings)  # type: ignore[arg-type]
    assert "Task train linear failed." in report
    assert "task_id=train/map_index=1/attempt=1.log" in report
    assert "line 99 of train 1" in report
    assert "xgboost" not in report


def test_a_dag_file_that_cannot_be_imported_is_named_with_its_trace(settings: Settings) -> None:
    story = Story()
    story.errors = [{"filename": "abalone.py", "stack_trace": "NameError: name 'x' is not defined"}]
    with pytest.raises(Failure, match=r"abalone\.py cannot be imported:\nNameError"):
        follow.wait_for_dag(story, "abalone_training", settings, lambda: None)  # type: ignore[arg-type]


def test_a_dag_that_does_not_appear_is_named_with_the_log_to_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "PARSE_TIMEOUT_SECONDS", -1.0)
    with pytest.raises(Failure, match=r"no DAG abalone_training .*dag-processor\.log"):
        follow.wait_for_dag(Story(), "abalone_training", settings, lambda: None)  # type: ignore[arg-type]


def test_a_run_waits_until_airflow_has_read_a_changed_file(settings: Settings) -> None:
    changed = settings.root / "dags" / "abalone.py"
    os.utime(changed, (1_000_000_000, 1_000_000_000))
    story = Story()
    story.parsed = "2001-09-09T01:46:39+00:00"
    looks = []

    def parse() -> None:
        looks.append(1)
        story.parsed = "2001-09-09T01:46:41+00:00"

    follow.wait_for_dag(story, "abalone_training", settings, parse)  # type: ignore[arg-type]
    assert looks == [1]


def test_a_runs_length_is_from_trigger_to_end() -> None:
    run = {"queued_at": "2026-11-21T07:00:00+00:00", "end_date": "2026-11-21T07:01:02.500000Z"}
    assert follow.seconds(run) == 62.5
