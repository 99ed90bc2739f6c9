from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from abalone import artifact, evaluate, train
from abalone.predictor import Predictor
from abalone.schema import read, targets

METRICS = {"mse", "rmse", "mae", "r2"}


class Trained(Protocol):
    parts: Path
    model: Path


@pytest.fixture(scope="session")
def weak_model(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a few rounds only, which the trained one beats."""
    folder = tmp_path_factory.mktemp("weak")
    (folder / "hyperparameters.json").write_text('{"num_round": 20}')
    train.train(
        trained.parts / "train",
        trained.parts / "validation",
        trained.parts / "preprocessing",
        folder / "hyperparameters.json",
        folder / "model",
    )
    return folder / "model"


def run(test: Path, model: Path, output: Path, *more: str) -> int:
    return evaluate.main(["--test", str(test), "--model", str(model), "--output", str(output), *more])


def evaluation_of(test: Path, model: Path, output: Path, *more: str) -> dict[str, Any]:
    assert run(test, model, output, *more) == 0
    document: dict[str, Any] = json.loads((output / "evaluation.json").read_text())
    return document


def packed(model: Path, folder: Path) -> Path:
    folder.mkdir()
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        for file in model.iterdir():
            tar.add(file, arcname=file.name)
    return folder


def test_the_report_has_the_metrics_of_candidate_and_baseline(trained: Trained, tmp_path: Path) -> None:
    report = evaluation_of(trained.parts / "test", trained.model, tmp_path)
    assert list(report) == [
        "version",
        "problem_type",
        "rows",
        "regression_metrics",
        "intervals",
        "baseline",
        "champion",
        "comparisons",
    ]
    assert (report["version"], report["problem_type"], report["rows"]) == (1, "regression", 632)
    for metrics in (report["regression_metrics"], report["baseline"]["regression_metrics"]):
        assert set(metrics) == METRICS
        assert all(set(metric) == {"value", "standard_deviation"} for metric in metrics.values())
    assert report["baseline"]["name"] == "linear"
    assert (report["champion"], report["comparisons"]["champion"]) == (None, None)


def test_the_metrics_are_those_of_the_models_predictions(trained: Trained, tmp_path: Path) -> None:
    report = evaluation_of(trained.parts / "test", trained.model, tmp_path)
    rows, predictor = read(trained.parts / "test"), Predictor.load(trained.model)
    for metrics, predicted in (
        (report["regression_metrics"], predictor.predict(rows)),
        (report["baseline"]["regression_metrics"], predictor.predict_baseline(rows)),
    ):
        assert metrics["mse"]["value"] == pytest.approx(np.mean((targets(rows) - predicted) ** 2))
        assert metrics["mae"]["value"] == pytest.approx(np.mean(np.abs(targets(rows) - predicted)))


def test_every_interval_holds_its_metric(trained: Trained, tmp_path: Path) -> None:
    report = evaluation_of(trained.parts / "test", trained.model, tmp_path)
    intervals = report["intervals"]
    how = {name: intervals[name] for name in ("level", "method", "resamples")}
    assert how == {"level": 0.95, "method": "bootstrap", "resamples": 2000}
    for name in METRICS:
        low, high = intervals[name]
        assert low < report["regression_metrics"][name]["value"] < high


def test_the_candidate_is_compared_with_the_baseline(trained: Trained, tmp_path: Path) -> None:
    report = evaluation_of(trained.parts / "test", trained.model, tmp_path)
    compared = report["comparisons"]["baseline"]
    candidate, baseline = report["regression_metrics"], report["baseline"]["regression_metrics"]
    assert compared["metric"] == "mse"
    assert compared["difference"] == pytest.approx(candidate["mse"]["value"] - baseline["mse"]["value"])
    low, high = compared["interval"]
    assert low < compared["difference"] < high < 0


def test_a_better_candidate_differs_from_the_champion_by_less_than_0(
    trained: Trained, weak_model: Path, tmp_path: Path
) -> None:
    champion = packed(weak_model, tmp_path / "champion")
    report = evaluation_of(trained.parts / "test", trained.model, tmp_path / "out", "--champion", str(champion))
    assert report["champion"]["name"] == "champion"
    assert set(report["champion"]["regression_metrics"]) == METRICS
    assert report["comparisons"]["champion"]["interval"][1] < 0


def test_a_worse_candidate_differs_from_the_champion_by_more_than_0(
    trained: Trained, weak_model: Path, tmp_path: Path
) -> None:
    report = evaluation_of(trained.parts / "test", weak_model, tmp_path, "--champion", str(trained.model))
    assert report["comparisons"]["champion"]["interval"][0] > 0


def test_a_packed_model_is_evaluated_like_an_unpacked_one(trained: Trained, tmp_path: Path) -> None:
    archive = packed(trained.model, tmp_path / "packed")
    one = evaluation_of(trained.parts / "test", trained.model, tmp_path / "one")
    assert evaluation_of(trained.parts / "test", archive, tmp_path / "two") == one


def test_in_a_job_everything_lies_where_sagemaker_puts_it(trained: Trained, weak_model: Path, base_dir: Path) -> None:
    given = base_dir / "processing" / "input"
    shutil.copytree(trained.parts / "test", given / "test")
    packed(trained.model, given / "model")
    packed(weak_model, given / "champion")
    assert evaluate.main([]) == 0
    report = json.loads((base_dir / "processing" / "output" / "evaluation.json").read_text())
    assert report["champion"] is not None


def test_a_champion_of_other_columns_fails_the_job_with_the_remedy(
    trained: Trained, tmp_path: Path, base_dir: Path
) -> None:
    files = artifact.load(trained.model)
    document = json.loads(files["preprocessing.json"])
    document["schema"]["features"].append(["colour", "category"])
    changed = {**files, "preprocessing.json": json.dumps(document).encode()}
    artifact.save(tmp_path / "champion", changed, {})
    champion = str(tmp_path / "champion")
    assert run(trained.parts / "test", trained.model, tmp_path / "out", "--champion", champion) == 1
    message = (base_dir / "output" / "message").read_text()
    assert message.startswith(f"{champion}: made for the columns ")
    assert message.endswith("train again with this code, or compare with a model of the same columns")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("role", ["model", "champion"])
def test_an_input_without_a_model_fails_the_job(trained: Trained, tmp_path: Path, base_dir: Path, role: str) -> None:
    (tmp_path / "empty").mkdir()
    folders = {"model": trained.model, "champion": trained.model, role: tmp_path / "empty"}
    champion = str(folders["champion"])
    assert run(trained.parts / "test", folders["model"], tmp_path / "out", "--champion", champion) == 1
    assert "empty: holds no model" in (base_dir / "output" / "message").read_text()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "no row of data below the header"),
        ([{}], "R2 is undefined: all 1 test rows have the target 15"),
        ([{}, {"rings": "old"}], "a.csv, line 3, column 'rings': 'old' is not a number"),
    ],
)
def test_test_rows_that_allow_no_metrics_fail_the_job(
    trained: Trained,
    tmp_path: Path,
    base_dir: Path,
    write_csv: Callable[..., Path],
    cells: Callable[..., str],
    rows: list[dict[str, str]],
    told: str,
) -> None:
    data = write_csv(*(cells(**row) for row in rows))
    assert run(data, trained.model, tmp_path / "out") == 1
    assert told in (base_dir / "output" / "message").read_text()
    assert not (tmp_path / "out").exists()


def test_a_few_rows_are_evaluated_and_counted_for_the_gate_to_judge(
    trained: Trained, tmp_path: Path, write_csv: Callable[..., Path], cells: Callable[..., str]
) -> None:
    data = write_csv(*(cells(rings=rings) for rings in ("9", "10", "12")))
    assert evaluation_of(data, trained.model, tmp_path / "out")["rows"] == 3
