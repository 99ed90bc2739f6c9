"""Train gradient-boosted trees on the training part, and a linear baseline beside them.

Hyperparameters come from a JSON object; SageMaker passes every value as text. ``HYPERPARAMETERS`` in this
file lists their types, defaults and ranges. As training goes on, lines ``train:mse=... validation:mse=...``
show its progress; the last one is the finished model's. The model folder is what
`abalone.predictor.Predictor` loads. The same data and settings give the same bytes.
"""

import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from abalone import artifact
from abalone.linear import Linear
from abalone.preprocessing import Preprocessing
from abalone.schema import SCHEMA, read, targets
from common import job, paths, report
from common.columns import Row
from common.hyperparameters import Hyperparameter
from common.hyperparameters import read as read_settings

HYPERPARAMETERS = (
    Hyperparameter("num_round", int, 300, minimum=1, maximum=10_000),
    Hyperparameter("max_depth", int, 4, minimum=1, maximum=16),
    Hyperparameter("eta", float, 0.03, minimum=0, maximum=1, above_minimum=True),
    Hyperparameter("subsample", float, 0.8, minimum=0, maximum=1, above_minimum=True),
    Hyperparameter("colsample_bytree", float, 0.8, minimum=0, maximum=1, above_minimum=True),
    Hyperparameter("min_child_weight", float, 5.0, minimum=0, maximum=1_000_000),
    Hyperparameter("seed", int, 0, minimum=0, maximum=2**31 - 1),
)
CURVE_EVERY = 50  # rounds between two lines of the learning curve


class LearningCurve(xgboost.callback.TrainingCallback):
    """Prints a metrics line now and then, so that the log and CloudWatch show progress."""

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Print a line after every `CURVE_EVERY` rounds; never end the training."""
        if (epoch + 1) % CURVE_EVERY == 0:
            print_metrics({part: history["rmse"][-1] ** 2 for part, history in evals_log.items()})
        return False


def print_metrics(mse: Mapping[str, float]) -> None:
    """Print one line for the job's MetricDefinitions, such as ``train:mse=3.9 validation:mse=4.5``."""
    print(" ".join(f"{part}:mse={value:.6f}" for part, value in mse.items()), flush=True)


def boost(parts: Mapping[str, xgboost.DMatrix], settings: Mapping[str, float]) -> xgboost.Booster:
    """Trees fitted on ``parts["train"]``; the other parts are only measured."""
    parameters = {
        **{name: value for name, value in settings.items() if name != "num_round"},
        "objective": "reg:squarederror",
        "tree_method": "hist",
        # Several threads add floats in an order that depends on their number: one gives the same bytes
        # everywhere.
        "nthread": 1,
    }
    return xgboost.train(
        parameters,
        parts["train"],
        num_boost_round=int(settings["num_round"]),
        evals=[(data, part) for part, data in parts.items()],
        callbacks=[LearningCurve()],
        verbose_eval=False,
    )


def mean_squared_error(booster: xgboost.Booster, data: xgboost.DMatrix) -> float:
    """What the predictions on ``data`` miss by, in squared rings."""
    return float(np.mean((booster.predict(data) - data.get_label().astype(np.float64)) ** 2))


def facts(settings: Mapping[str, float], rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """What the manifest says about a model besides its files."""
    return {
        "use_case": "abalone",
        "libraries": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "xgboost": xgboost.__version__,
        },
        "schema": SCHEMA.describe(),
        "hyperparameters": dict(settings),
        "rows": {part: len(part_rows) for part, part_rows in rows.items()},
    }


def train(train: Path, validation: Path, preprocessing: Path, hyperparameters: Path | None, model: Path) -> None:
    """Learn from the CSV files in ``train`` and write the model into the folder ``model``."""
    settings = read_settings(hyperparameters, HYPERPARAMETERS)
    fitted = Preprocessing.read(preprocessing / artifact.PREPROCESSING)
    rows = {"train": read(train), "validation": read(validation)}
    parts = {part: matrix(fitted, part_rows) for part, part_rows in rows.items()}
    booster = boost(parts, settings)
    mse = {part: mean_squared_error(booster, data) for part, data in parts.items()}
    linear = Linear.fit(fitted.standardised(fitted.features(rows["train"])), targets(rows["train"]))
    files = {
        artifact.MODEL: bytes(booster.save_raw("ubj")),
        artifact.PREPROCESSING: report.encode(fitted.document()),
        artifact.LINEAR: report.encode(linear.document()),
    }
    artifact.save(model, files, facts(settings, rows))
    print_metrics(mse)


def matrix(fitted: Preprocessing, rows: Sequence[Row]) -> xgboost.DMatrix:
    """What XGBoost learns from: raw features and targets."""
    return xgboost.DMatrix(fitted.features(rows), label=targets(rows), feature_names=fitted.names)


def main(argv: list[str] | None = None) -> int:
    """Run the step by hand or as a training job; returns the exit status."""
    parser = job.ArgumentParser("abalone.train", __doc__)
    parser.path("train", paths.channel("train"), "CSV file, or folder of them, to learn from")
    parser.path("validation", paths.channel("validation"), "the same, to measure on")
    parser.path("preprocessing", paths.channel("preprocessing"), "folder of preprocessing.json")
    parser.path("hyperparameters", paths.if_there(paths.hyperparameters_file()), "JSON file")
    parser.path("model", paths.model(), "folder to write the model into")
    return job.run(lambda: train(**vars(parser.parse_args(argv))), paths.training_failure())


if __name__ == "__main__":
    sys.exit(main())
