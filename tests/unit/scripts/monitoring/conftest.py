"""The baseline of the abalone sample, and rows of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from abalone import USE_CASE
from monitoring.baseline import Baseline
from tabular.main import main

DATA = Path(__file__).resolve().parents[4] / "include" / "data" / "abalone.csv"


@pytest.fixture(scope="session")
def baseline_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the step validate has put the baseline."""
    folder = tmp_path_factory.mktemp("baseline")
    assert main(USE_CASE, ["validate", f"--data={DATA}", f"--output={folder}"]) == 0
    return folder / "quality"


@pytest.fixture(scope="session")
def baseline(baseline_folder: Path) -> Baseline:
    """The same, read."""
    return Baseline.read(baseline_folder)


@pytest.fixture(scope="session")
def rows() -> Sequence[str]:
    """The sample's rows without their target, in an order of chance."""
    found = [line.rpartition(",")[0] for line in DATA.read_text().splitlines()[1:]]
    return [found[place] for place in np.random.default_rng(0).permutation(len(found))]
