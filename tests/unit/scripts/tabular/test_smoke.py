from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tabular import smoke
from tabular.predictor import Predictor
from tests.unit.scripts.tabular.steps.test_evaluate import Trained, evaluation_of


@pytest.mark.parametrize(("rows", "chosen"), [(5, 5), (1000, smoke.ROWS), (1, 1)])
def test_few_rows_are_chosen_and_all_of_them_unseen(rows: int, chosen: int) -> None:
    unseen = np.zeros(2 * rows, dtype=np.bool_)
    unseen[::2] = True
    found = smoke.choose(unseen)
    assert found.sum() == chosen
    assert not found[~unseen].any()
    assert found[0]


def test_the_rows_predict_what_is_written_beside_them(trained: Trained, tmp_path: Path) -> None:
    evaluation_of(trained, tmp_path)
    for name in ("xgboost", "forest"):
        document = smoke_of(tmp_path, name)
        model = Predictor.load(trained.models / name)
        rows = [dict(zip(document["columns"], row, strict=True)) for row in document["rows"]]
        assert len(rows) == smoke.ROWS
        assert "rings" not in document["columns"]
        assert model.predict(rows).tolist() == pytest.approx(document["predictions"], rel=1e-6)
    assert smoke_of(tmp_path, "xgboost")["predictions"] != smoke_of(tmp_path, "forest")["predictions"]


def smoke_of(output: Path, name: str) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = json.loads((output / "quality" / name / "smoke.json").read_text())
    return found
