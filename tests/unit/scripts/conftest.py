"""The sample data, small data of one's own, and models trained once for all tests."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import abalone
import churn
from tabular.main import main
from tabular.use_case import UseCase

DATA = Path(__file__).resolve().parents[3] / "include" / "data"
USE_CASES = {"abalone": abalone.USE_CASE, "churn": churn.USE_CASE}
HEADER = "sex,length,diameter,height,whole_weight,shucked_weight,viscera_weight,shell_weight,rings"
ROW = "M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15,15"

WriteCsv = Callable[..., Path]


@dataclass(frozen=True)
class Trained:
    """Folders of a finished preprocessing and trainings: one model in each folder of `models`. Read only."""

    use_case: UseCase
    parts: Path
    models: Path

    def train(self, candidate: str, model: Path, *more: str, parts: Path | None = None) -> int:
        """Train by hand on the parts that preprocessing made."""
        folders = {part: (parts or self.parts) / part for part in ("train", "validation", "preprocessing")}
        options = [text for name, path in {**folders, "model": model}.items() for text in (f"--{name}", str(path))]
        return main(self.use_case, ["train", "--candidate", candidate, *options, *more])


@pytest.fixture(autouse=True)
def base_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job's own /opt/ml; no test can touch the real one."""
    base = tmp_path / "opt-ml"
    base.mkdir()
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    return base


@pytest.fixture
def sample() -> Path:
    """The abalone data that the repository ships."""
    return DATA / "abalone.csv"


@pytest.fixture(scope="session")
def sample_rows() -> list[dict[str, str]]:
    """The same, as raw rows."""
    with (DATA / "abalone.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Abalone's candidates with the declared hyperparameters, but a smaller forest."""
    return _trained("abalone", tmp_path_factory.mktemp("abalone"))


@pytest.fixture(scope="session")
def classified(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Churn's candidates, likewise."""
    return _trained("churn", tmp_path_factory.mktemp("churn"))


def _trained(name: str, folder: Path) -> Trained:
    found = Trained(USE_CASES[name], folder / "parts", folder / "models")
    data, output = str(DATA / f"{name}.csv"), str(found.parts)
    assert main(found.use_case, ["preprocess", "--data", data, "--output", output]) == 0
    for candidate, more in {"xgboost": (), "forest": ("--set", "num_trees=30"), "linear": ()}.items():
        assert found.train(candidate, found.models / candidate, *more) == 0
    return found


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteCsv:
    """Writes lines below the header into ``<tmp_path>/data/<name>`` and returns the data folder."""

    def write(*rows: str, header: str = HEADER, name: str = "a.csv", encoding: str = "utf-8") -> Path:
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in (header, *rows)), encoding=encoding)
        return tmp_path / "data"

    return write


@pytest.fixture
def cells() -> Callable[..., str]:
    """A good row as a CSV line, with some cells replaced."""

    def line(**replaced: str) -> str:
        good: Mapping[str, str] = dict(zip(HEADER.split(","), ROW.split(","), strict=True))
        values: Sequence[str] = list({**good, **replaced}.values())
        return ",".join(values)

    return line
