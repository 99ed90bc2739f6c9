"""What the job code makes of rows, run by the training image's own Python.

``training_side.py models DATA FOLDER CANDIDATES...`` trains candidates of a use case and predicts its held-out rows;
``training_side.py rows MODEL`` reads a JSON list of rows and prints for each its prediction or the column that is bad.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import abalone
import churn
from tabular.columns import BadCell
from tabular.main import main
from tabular.predictor import Predictor

USE_CASES = {"abalone": abalone.USE_CASE, "churn": churn.USE_CASE}
MORE = {"forest": ("--set", "num_trees=60")}


def models(data: Path, folder: Path, candidates: Sequence[str]) -> None:
    use_case = USE_CASES[data.stem]
    assert main(use_case, ["preprocess", "--data", str(data), "--output", str(folder)]) == 0
    parts = [text for part in ("train", "validation", "preprocessing") for text in (f"--{part}", str(folder / part))]
    for name in candidates:
        model = folder / "models" / name
        command = ["train", "--candidate", name, *parts, "--model", str(model), *MORE.get(name, ())]
        assert main(use_case, command) == 0
        np.save(folder / f"{name}.npy", Predictor.load(model).predict_files(folder / "test"))


def rows(model: Path) -> None:
    predictor = Predictor.load(model)
    json.dump([outcome(predictor, row) for row in json.load(sys.stdin)], sys.stdout)


def outcome(predictor: Predictor, row: dict[str, object]) -> float | str:
    try:
        return float(predictor.predict([row])[0])
    except BadCell as error:
        return error.column


if sys.argv[1] == "models":
    models(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
else:
    rows(Path(sys.argv[2]))
