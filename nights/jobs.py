"""The jobs of training and monitoring, by their own code, in this process and in folders of it."""

from __future__ import annotations

import csv
import importlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from deploy.traffic import Row, captured, ground_truth
from mlops_sagemaker import baselines
from mlops_sagemaker.traffic import TrafficWindow
from monitoring import data, model
from monitoring.analysis import NO_DATA
from monitoring.baseline import Baseline
from monitoring.limits import Limits
from monitoring.window import Window
from tabular.columns import BadCell
from tabular.predictor import Predictor
from tabular.steps import evaluate, preprocess, train, validate
from tabular.use_case import CHAMPION, UseCase

TIME = "%Y-%m-%dT%H:%M:%SZ"


class JobFailed(Exception):
    """A step has ended with an error; the text is its name and what it said."""


@dataclass(frozen=True)
class Beside:
    """What traffic is compared with: what a run has written down of its data, and of a model's answers to it."""

    data: Baseline
    quality: Baseline

    @classmethod
    def of(cls, run: Path, model: str) -> Beside:
        """That of a run."""
        return cls(Baseline.read(run / "validate" / "quality"), Baseline.read(run / "evaluate" / "quality" / model))


class Champion:
    """What serves: a model of a candidate of a run, and what its traffic is compared with."""

    def __init__(self, version: int, run: Path, candidate: str) -> None:
        self.version = version
        self.model = run / "candidates" / candidate
        self.predictor = Predictor.load(self.model)
        self.registered = Beside.of(run, candidate)
        self.moves: list[Mapping[str, Any]] = []

    @property
    def name(self) -> str:
        """As what events and moves know it."""
        return str(self.version)

    def move(self, run: Path, opened: datetime) -> None:
        """Its baseline moves to the data of a run after which it stays, which begins then."""
        found = Beside.of(run, CHAMPION)
        move = {"champion": self.name, "since": opened.isoformat(), "run": run.name, "beside": found}
        self.moves.append(move)

    def beside(self, at: datetime) -> tuple[str, Beside]:
        """What its traffic up to then is compared with, and how the two are called together."""
        move = baselines.beside(self.moves, self.name, at)
        return baselines.compared(self.name, move), self.registered if move is None else move["beside"]


class Jobs:
    """The job code of a use case, at work below ``folder``; it trains ``candidates``, by name with their settings."""

    def __init__(self, name: str, candidates: Mapping[str, Sequence[str]], folder: Path) -> None:
        self.candidates = candidates
        self.use_case: UseCase = importlib.import_module(name).USE_CASE
        self.folder = folder
        self.features = [feature.name for feature in self.use_case.schema.features]

    def store(self, day: str, rows: Sequence[Row]) -> None:
        """The data object of a day, with the columns that its rows have."""
        file = self.folder / "data" / f"day={day}" / "rows.csv"
        file.parent.mkdir(parents=True)
        with file.open("w", newline="") as stream:
            names = [name for name in self.use_case.schema.names if any(name in row for row in rows)]
            writer = csv.DictWriter(stream, names, restval="", extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def train(self, run: Path, objects: Sequence[str], champion: Champion | None) -> Any:
        """The evaluation that a run of training on these data objects comes to. Raises JobFailed."""
        source = run / "data"
        for key in objects:
            (source / key).parent.mkdir(parents=True)
            (source / key).symlink_to(self.folder / "data" / key)
        self._step(validate.main, data=source, output=run / "validate")
        self._step(preprocess.main, data=source, output=run / "parts")
        parts = {name: run / "parts" / name for name in ("train", "validation", "preprocessing")}
        for name, settings in self.candidates.items():
            self._step(train.main, f"--candidate={name}", *settings, **parts, model=run / "candidates" / name)
        served = {"champion": champion.model} if champion else {}
        inputs = {"test": run / "parts" / "test", "candidates": run / "candidates", **served}
        self._step(evaluate.main, **inputs, output=run / "evaluate")
        return json.loads((run / "evaluate" / "evaluation.json").read_bytes())

    def capture(self, rows: Sequence[Row], champion: Champion, hour: datetime, lateness: Iterable[timedelta]) -> None:
        """The capture file of an hour in which the champion was asked these rows, and the files of their labels, by the
        hour in which each comes. As in production, rows that the champion cannot read are refused, and not captured."""
        answered = list(_answered(champion.predictor, rows))
        names = [f"{hour.strftime(TIME)}-{number}" for number in range(len(answered))]
        records = [
            captured(name, hour, {each: row[each] for each in self.features if each in row}, repr(answer))
            for name, (row, answer) in zip(names, answered, strict=True)
        ]
        if records:
            self._append("capture", hour, records)
        came: dict[datetime, list[dict[str, Any]]] = defaultdict(list)
        for name, (row, _), late in zip(names, answered, lateness, strict=False):
            came[hour + late].append(ground_truth(name, row[self.use_case.schema.target.name]))
        for later, truths in came.items():
            self._append("labels", later, truths)

    def look(self, monitor: str, champion: Champion, window: TrafficWindow, now: datetime) -> Mapping[str, Any]:
        """What a monitor finds in a window of captured traffic, with the labels that have come by now."""
        found = self._files("capture", window)
        if not found:
            return {"status": NO_DATA, "reason": "nothing was captured"}
        looked_at = Window(**window.document())
        if monitor == "data":
            _, beside = champion.beside(window.end)
            return data.analyse(self.use_case, looked_at, found, beside.data, Limits(), beside.quality).result
        came = self._files("labels", TrafficWindow(window.start, now))
        return model.analyse(self.use_case, looked_at, found, came, champion.registered.quality, Limits()).result

    def _append(self, kind: str, hour: datetime, records: Iterable[Mapping[str, Any]]) -> None:
        file = self.folder / kind / f"{hour:%Y/%m/%d/%H}" / "a.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as stream:
            stream.writelines(json.dumps(record) + "\n" for record in records)

    def _files(self, kind: str, window: TrafficWindow) -> list[Path]:
        files = (self.folder / kind / hour / "a.jsonl" for hour in window.prefixes("%Y/%m/%d/%H"))
        return [file for file in files if file.exists()]

    def _step(self, main: Callable[[UseCase, Sequence[str]], int], *arguments: str, **folders: Path) -> None:
        said = StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            status = main(self.use_case, [*arguments, *(f"--{name}={folder}" for name, folder in folders.items())])
        if status:
            step, last = main.__module__.rpartition(".")[2], said.getvalue().strip().rpartition("\n")[2]
            raise JobFailed(f"{step}: {last}")


def _answered(predictor: Predictor, rows: Sequence[Row]) -> Iterator[tuple[Row, float]]:
    """The rows that can be read, with what is predicted of each."""
    try:
        yield from zip(rows, map(float, predictor.predict(rows)), strict=True)
    except BadCell:
        if len(rows) > 1:
            for row in rows:
                yield from _answered(predictor, [row])
