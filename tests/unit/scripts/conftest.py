"""The sample data, small data of one's own, and a model trained once for all tests."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from abalone import preprocess, train

SAMPLE = Path(__file__).resolve().parents[3] / "include" / "data" / "abalone.csv"
HEADER = "sex,length,diameter,height,whole_weight,shucked_weight,viscera_weight,shell_weight,rings"
ROW = "M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15,15"

WriteCsv = Callable[..., Path]


@dataclass(frozen=True)
class Trained:
    """Folders of a finished preprocessing and training."""

    parts: Path
    model: Path


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
    return SAMPLE


@pytest.fixture(scope="session")
def sample_rows() -> list[dict[str, str]]:
    """The same, as raw rows."""
    with SAMPLE.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model of the sample data with the default hyperparameters. Read only."""
    folder = tmp_path_factory.mktemp("trained")
    found = Trained(folder / "parts", folder / "model")
    preprocess.preprocess(SAMPLE, found.parts)
    train.train(found.parts / "train", found.parts / "validation", found.parts / "preprocessing", None, found.model)
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
