from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from tabular import artifact, reading
from tabular.main import main
from tabular.predictor import Predictor
from tabular.use_case import UseCase

METRICS = {"mse", "rmse", "mae", "r2"}


class Trained(Protocol):
    use_case: UseCase
    parts: Path
    models: Path

    def train(self, candidate: str, model: Path, *more: str) -> int: ...


@pytest.fixture(scope="session")
def weak_model(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a few rounds only, which the trained one beats."""
    folder = tmp_path_factory.mktemp("weak") / "model"
    assert trained.train("xgboost", folder, "--set", "num_round=20") == 0
    return folder


def run(trained: Trained, output: Path, *more: str, **folders: Path) -> int:
    given = {"test": trained.parts / "test", "candidates": trained.models, "output": output, **folders}
    options = [text for name, path in given.items() for text in (f"--{name}", str(path))]
    return main(trained.use_case, ["evaluate", *options, *more])


def evaluation_of(trained: Trained, output: Path, *more: str, **folders: Path) -> dict[str, Any]:
    assert run(trained, output, *more, **folders) == 0
    document: dict[str, Any] = json.loads((output / "evaluation.json").read_text())
    return document


def rounded(document: dict[str, Any]) -> Any:
    """A report but for the last digits, which depend on where in memory the numbers lie that are added up."""
    return json.loads(json.dumps(document), parse_float=lambda text: round(float(text), 9))


def packed(model: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        for file in model.iterdir():
            tar.add(file, arcname=file.name)
    return folder


def test_the_report_has_the_metrics_of_candidates_and_baseline(trained: Trained, tmp_path: Path) -> None:
    report = evaluation_of(trained, tmp_path)
    assert {name: report[name] for name in ("version", "use_case", "problem_type", "rows", "fresh")} == {
        "version": 2,
        "use_case": "abalone",
        "problem_type": "Regression",
        "rows": 611,
        "fresh": None,
    }
    assert report["bootstrap"] == {"level": 0.95, "resamples": 2000, "seed": 0}
    assert list(report["candidates"]) == ["forest", "xgboost"]
    for model in (*report["candidates"].values(), report["baseline"]):
        assert set(model["regression_metrics"]) == set(model["intervals"]) == METRICS
        assert all(set(metric) == {"value", "standard_deviation"} for metric in model["regression_metrics"].values())
    assert report["baseline"]["name"] == "linear"


def test_that_there_is_no_champion_is_a_state_of_its_own(trained: Trained, tmp_path: Path) -> None:
    report = evaluation_of(trained, tmp_path)
    assert report["champion"] == {"state": "none"}
    assert report["candidates"]["xgboost"]["comparisons"]["champion"] is None


def test_the_metrics_are_those_of_the_models_predictions(trained: Trained, tmp_path: Path) -> None:
    report = evaluation_of(trained, tmp_path)
    (block,) = reading.read_good(trained.parts / "test", trained.use_case.schema.columns)
    target = block.table.numbers["rings"]
    for model in ("xgboost", "forest", "linear"):
        metrics = (report["baseline"] if model == "linear" else report["candidates"][model])["regression_metrics"]
        predicted = Predictor.load(trained.models / model).predict_files(trained.parts / "test")
        assert metrics["mse"]["value"] == pytest.approx(np.mean((target - predicted) ** 2))
        assert metrics["mae"]["value"] == pytest.approx(np.mean(np.abs(target - predicted)))
        infants = block.table.codes["sex"] == 1
        if model != "linear":
            sliced = report["candidates"][model]["slices"]["sex"]["I"]
            assert sliced["rows"] == np.count_nonzero(infants)
            expected = np.mean((target - predicted)[infants] ** 2)
            assert sliced["regression_metrics"]["mse"]["value"] == pytest.approx(expected)


def test_a_classifier_is_measured_in_sagemakers_shape_and_by_declared_slices(
    classified: Trained, tmp_path: Path
) -> None:
    report = evaluation_of(classified, tmp_path)
    assert (report["problem_type"], report["rows"]) == ("BinaryClassification", 782)
    model = report["candidates"]["xgboost"]
    metrics = model["binary_classification_metrics"]
    assert metrics["auc"]["value"] > 0.95
    counts = metrics["confusion_matrix"]
    right = (counts["0"]["0"] + counts["1"]["1"]) / 782
    assert metrics["accuracy"]["value"] == pytest.approx(right)
    assert {by: list(groups) for by, groups in model["slices"].items()} == {
        "Int'l Plan": ["no", "yes"],
        "VMail Plan": ["no", "yes"],
        "CustServ Calls": ["below 4", "from 4"],
    }
    assert all(sum(group["rows"] for group in groups.values()) == 782 for groups in model["slices"].values())


def test_a_candidate_is_compared_with_the_baseline(trained: Trained, tmp_path: Path) -> None:
    report = evaluation_of(trained, tmp_path)
    compared = report["candidates"]["xgboost"]["comparisons"]["baseline"]["metrics"]["mse"]
    candidate, baseline = (
        report["candidates"]["xgboost"]["regression_metrics"],
        report["baseline"]["regression_metrics"],
    )
    assert compared["difference"] == pytest.approx(candidate["mse"]["value"] - baseline["mse"]["value"])
    low, high = compared["interval"]
    assert low < compared["difference"] < high


def test_a_better_candidate_differs_from_the_champion_by_less_than_0(
    trained: Trained, weak_model: Path, tmp_path: Path
) -> None:
    champion = packed(weak_model, tmp_path / "champion")
    report = evaluation_of(trained, tmp_path / "out", champion=champion)
    assert report["champion"]["state"] == "scored"
    assert set(report["champion"]["regression_metrics"]) == METRICS
    compared = report["candidates"]["xgboost"]["comparisons"]["champion"]
    assert compared["metrics"]["mse"]["interval"][1] < 0
    assert set(compared["slices"]["sex"]) == {"F", "I", "M"}
    quality = tmp_path / "out" / "quality" / "champion"
    assert {each.name for each in quality.iterdir()} == {"statistics.json", "constraints.json"}
    found = json.loads((quality / "statistics.json").read_text())["regression_metrics"]
    assert found == report["champion"]["regression_metrics"]


def test_a_packed_model_is_evaluated_like_an_unpacked_one(trained: Trained, tmp_path: Path) -> None:
    for model in trained.models.iterdir():
        packed(model, tmp_path / "packed" / model.name)
    one = evaluation_of(trained, tmp_path / "one")
    assert evaluation_of(trained, tmp_path / "two", candidates=tmp_path / "packed") == one


def test_a_candidate_whose_training_failed_is_not_there_and_the_others_are_judged(
    trained: Trained, tmp_path: Path
) -> None:
    shutil.copytree(trained.models / "xgboost", tmp_path / "models" / "xgboost")
    report = evaluation_of(trained, tmp_path / "out", candidates=tmp_path / "models")
    assert list(report["candidates"]) == ["xgboost"]
    assert report["baseline"] is None
    assert report["candidates"]["xgboost"]["comparisons"] == {"baseline": None, "champion": None}


def test_fresh_rows_are_counted_and_judged_apart(trained: Trained, tmp_path: Path) -> None:
    test = shutil.copytree(trained.parts / "test", tmp_path / "test")
    (test / "days.json").write_text('[["2026-02-01", 400], ["2026-02-02", 200], [null, 11]]')
    report = evaluation_of(trained, tmp_path / "out", "--fresh-from=2026-02-02", test=test)
    assert report["fresh"] == {"from": "2026-02-02", "rows": 200}
    slices = report["candidates"]["xgboost"]["slices"]["freshness"]
    assert {name: group["rows"] for name, group in slices.items()} == {"fresh": 200, "earlier": 411}
    assert evaluation_of(trained, tmp_path / "other", "--fresh-from=", test=test)["fresh"] is None


def test_rows_that_a_model_may_have_learned_from_do_not_judge_it(
    trained: Trained, sample: Path, tmp_path: Path
) -> None:
    whole = evaluation_of(trained, tmp_path / "whole", test=sample)
    assert whole["rows"] == 611
    assert rounded(whole) == rounded(evaluation_of(trained, tmp_path / "part"))


def test_of_a_champion_with_another_split_only_rows_that_neither_has_learned_from_count(
    trained: Trained, tmp_path: Path
) -> None:
    saved = artifact.load(trained.models / "xgboost")
    artifact.save(tmp_path / "champion", saved.files, {**saved.facts, "split": {"test": 0.05, "validation": 0.15}})
    report = evaluation_of(trained, tmp_path / "out", champion=tmp_path / "champion")
    assert 150 < report["rows"] < 260


def test_monitors_find_what_to_compare_with(trained: Trained, tmp_path: Path) -> None:
    report = evaluation_of(trained, tmp_path)
    quality = tmp_path / "quality" / "xgboost"
    statistics = json.loads((quality / "statistics.json").read_text())
    assert statistics["regression_metrics"] == report["candidates"]["xgboost"]["regression_metrics"]
    constraints = json.loads((quality / "constraints.json").read_text())["regression_constraints"]
    assert constraints["mse"]["threshold"] == report["candidates"]["xgboost"]["intervals"]["mse"][1]
    assert set(json.loads((tmp_path / "plots.json").read_text())) == {"xgboost", "forest", "linear"}


def test_in_a_job_everything_lies_where_sagemaker_puts_it(trained: Trained, weak_model: Path, base_dir: Path) -> None:
    given = base_dir / "processing" / "input"
    shutil.copytree(trained.parts / "test", given / "test")
    for model in ("xgboost", "linear"):
        packed(trained.models / model, given / "candidates" / model)
    packed(weak_model, given / "champion")
    assert main(trained.use_case, ["evaluate"]) == 0
    report = json.loads((base_dir / "processing" / "output" / "evaluation.json").read_text())
    assert report["champion"]["state"] == "scored"


def test_a_champion_that_needs_a_column_which_is_gone_fails_the_job_by_its_name(
    trained: Trained, tmp_path: Path, base_dir: Path
) -> None:
    saved = artifact.load(trained.models / "linear")
    document = json.loads(saved.files["preprocessing.json"])
    document["columns"].append({"name": "colour", "kind": "category", "values": ["red"]})
    weights = {**json.loads(saved.files["linear.json"])}
    weights["coefficients"].append(0.0)
    files = {"preprocessing.json": json.dumps(document).encode(), "linear.json": json.dumps(weights).encode()}
    artifact.save(tmp_path / "champion", files, saved.facts)
    assert run(trained, tmp_path / "out", champion=tmp_path / "champion") == 1
    assert "test.csv, line 1: missing column 'colour'" in (base_dir / "output" / "message").read_text()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("library", ["numpy", "onnxruntime"])
def test_a_candidate_that_other_versions_have_proven_is_never_evaluated_and_so_not_registered(
    trained: Trained, tmp_path: Path, base_dir: Path, library: str
) -> None:
    saved = artifact.load(trained.models / "xgboost")
    facts = {**saved.facts, "libraries": {**saved.facts["libraries"], library: "0.1"}}
    artifact.save(tmp_path / "models" / "xgboost", saved.files, facts)
    assert run(trained, tmp_path / "out", candidates=tmp_path / "models") == 1
    told = f"proven with {library} 0.1, this release serves with"
    assert told in (base_dir / "output" / "message").read_text()
    assert not (tmp_path / "out").exists()


def test_an_input_without_a_model_fails_the_job(trained: Trained, tmp_path: Path, base_dir: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run(trained, tmp_path / "out", champion=tmp_path / "empty") == 1
    assert "empty: holds no model" in (base_dir / "output" / "message").read_text()


@pytest.mark.parametrize("candidates", [(), ("linear",)])
def test_the_baseline_alone_is_no_candidate(
    trained: Trained, tmp_path: Path, base_dir: Path, candidates: tuple[str, ...]
) -> None:
    (tmp_path / "models").mkdir()
    for name in candidates:
        shutil.copytree(trained.models / name, tmp_path / "models" / name)
    assert run(trained, tmp_path / "out", candidates=tmp_path / "models") == 1
    assert "models: holds no candidate to evaluate" in (base_dir / "output" / "message").read_text()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "no row of data below the header"),
        ([{"rings": "old"}], "a.csv, line 2, column 'rings': 'old' is not a number"),
        ([{}], "no row was kept from all models while they learned"),
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
    assert run(trained, tmp_path / "out", test=data) == 1
    assert told in (base_dir / "output" / "message").read_text()
    assert not (tmp_path / "out").exists()


def test_a_few_rows_are_evaluated_and_counted_for_the_gate_to_judge(trained: Trained, tmp_path: Path) -> None:
    lines = (trained.parts / "test" / "test.csv").read_text().splitlines()
    (tmp_path / "few.csv").write_text("\n".join(lines[:4]))
    report = evaluation_of(trained, tmp_path / "out", test=tmp_path / "few.csv")
    assert report["rows"] == 3
    assert report["candidates"]["xgboost"]["regression_metrics"]["mse"]["standard_deviation"] == "NaN"


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30"])
def test_a_day_that_is_none_fails_the_job(trained: Trained, tmp_path: Path, base_dir: Path, day: str) -> None:
    assert run(trained, tmp_path / "out", f"--fresh-from={day}") == 1
    assert f"invalid _day value: '{day}'" in (base_dir / "output" / "message").read_text()
