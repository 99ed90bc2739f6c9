from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abalone
import churn
from monitoring import batches, files, labels, model, once
from monitoring.analysis import Analysis
from monitoring.answers import NO_HOUR
from monitoring.baseline import Baseline
from monitoring.labels import Labels
from monitoring.limits import Limits
from tabular import metrics, quality
from tabular.evaluation import Evaluation
from tabular.main import main
from tabular.metrics import Vector
from tabular.use_case import UseCase
from tests.unit.scripts.monitoring.captured import ROW, WINDOW, line, lines, record, traffic, write

DEFAULT = Limits()


def label(identity: str, data: object) -> dict[str, Any]:
    """Ground truth as Model Monitor reads it."""
    return {
        "groundTruthData": {"data": data, "encoding": "CSV"},
        "eventMetadata": {"eventId": identity},
        "eventVersion": "0",
    }


def truth(values: Iterable[object]) -> bytes:
    return lines(label(f"i-{number}", str(value)) for number, value in enumerate(values))


def registered(use_case: UseCase, target: Vector, predicted: Vector) -> Baseline:
    """The baseline of a model with these answers at its evaluation."""
    measured = Evaluation(use_case, target, {}, {"model": predicted}).model("model")
    section = metrics.section(use_case)
    found = quality.statistics(section, measured, predicted), quality.constraints(section, measured)
    return Baseline(*(json.loads(json.dumps(each)) for each in found))


def rings(spread: float, rows: int, seed: int = 0) -> tuple[Vector, Vector]:
    """Truths, and answers that miss them by so much."""
    random = np.random.default_rng(seed)
    target = random.integers(4, 20, rows).astype(np.float64)
    return target, target + random.normal(0, spread, rows)


BASELINE = registered(abalone.USE_CASE, *rings(1.0, 600, seed=1))


def judge(
    folder: Path,
    target: Iterable[object],
    predicted: Sequence[float],
    rows: Sequence[str] | None = None,
    limits: Limits = DEFAULT,
) -> Analysis:
    capture = write(folder / "capture", traffic(rows or [ROW] * len(predicted), predicted))
    known = write(folder / "labels" / "2026" / "03" / "01" / "13", truth(target))
    return model.analyse(abalone.USE_CASE, WINDOW, capture, known, BASELINE, limits)


def test_answers_as_good_as_at_registration_are_ok(tmp_path: Path) -> None:
    target, predicted = rings(1.0, 400)
    result = judge(tmp_path, target, predicted.tolist()).result
    assert (result["status"], result["rows"], result["labels"]["coverage"]) == ("ok", 400, 1)
    mse = result["quality"]["mse"]
    assert mse["value"] == pytest.approx(np.mean((target - predicted) ** 2), rel=1e-6)
    assert mse["interval"][0] < mse["value"] < mse["interval"][1]
    assert mse["baseline"] == BASELINE.statistics["regression_metrics"]["mse"]["value"]
    assert result["labels"]["hours_late"] == {"median": 3, "maximum": 3}


def test_worse_answers_are_a_violation_by_metric(tmp_path: Path) -> None:
    target, predicted = rings(2.0, 400)
    analysis = judge(tmp_path, target, predicted.tolist())
    assert analysis.result["status"] == "violations"
    found = {each["metric_name"]: each["constraint_check_type"] for each in analysis.violations["violations"]}
    assert found == {
        "mae": "GreaterThanThreshold",
        "mse": "GreaterThanThreshold",
        "rmse": "GreaterThanThreshold",
        "r2": "LessThanThreshold",
    }
    assert analysis.statistics["regression_metrics"]["mse"]["value"] > 3


def test_a_metric_that_chance_may_have_made_worse_is_none(tmp_path: Path) -> None:
    target, predicted = rings(1.07, 60)
    worst = BASELINE.constraints["regression_constraints"]["mse"]["threshold"]
    result = judge(tmp_path, target, (target + (predicted - target) * 1.1).tolist()).result
    assert result["quality"]["mse"]["value"] > worst
    assert result["status"] == "ok"


def test_labels_that_have_not_arrived_are_told_and_too_few_of_them_are_no_data(tmp_path: Path) -> None:
    target, predicted = rings(1.0, 400)
    result = judge(tmp_path, target[:100], predicted.tolist()).result
    assert (result["status"], result["rows"], result["labels"]["coverage"]) == ("ok", 100, 0.25)
    result = judge(tmp_path, target[:49], predicted.tolist()).result
    assert (result["status"], result["reason"]) == (
        "no_data",
        "49 of 400 rows have a label and a prediction; fewer than 50 decide nothing",
    )
    assert judge(tmp_path, [], []).result["status"] == "no_data"


def test_labels_of_rows_whose_answers_are_no_numbers_have_come_all_the_same(tmp_path: Path) -> None:
    target, _ = rings(1.0, 400)
    result = judge(tmp_path, target, [math.nan] * 400).result
    assert (result["status"], result["labels"]["coverage"], result["labels"]["matched"]) == ("no_data", 1, 0)
    assert result["reason"].startswith("0 of 400 rows have a label and a prediction")


def test_of_very_many_rows_some_are_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "JUDGED", 200)
    target, predicted = rings(1.0, 400)
    found = [judge(tmp_path, target, predicted.tolist()).result for _ in range(2)]
    assert found[0] == found[1]
    assert found[0]["rows"] == 400
    assert found[0]["quality"]["mse"]["value"] != pytest.approx(np.mean((target - predicted) ** 2), rel=1e-6)


def test_which_rows_are_judged_does_not_hang_on_how_they_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "JUDGED", 200)
    target, predicted = rings(1.0, 400)
    whole = judge(tmp_path, target, predicted.tolist()).result
    monkeypatch.setattr(once, "ROWS", 30)
    monkeypatch.setattr(files, "BLOCK_BYTES", 5000)
    assert judge(tmp_path, target, predicted.tolist()).result == whole


def test_groups_are_measured_apart_and_held_to_the_declared_disparity(tmp_path: Path) -> None:
    target, predicted = rings(1.0, 400)
    rows = [ROW.replace("M", sex) for sex in "MF" for _ in range(200)]
    predicted[200:] = target[200:] + 3 * (predicted[200:] - target[200:])
    for limit, checks in ((1.0, set()), (0.8, set()), (0.5, {"bias_drift_check"})):
        analysis = judge(tmp_path, target, predicted.tolist(), rows, Limits(disparity=limit))
        found = [each for each in analysis.violations["violations"] if "facet" in each]
        assert {each["constraint_check_type"] for each in found} == checks
    assert (found[0]["facet"], found[0]["facet_value"], found[0]["metric_name"]) == ("sex", "F", "mae")
    groups = analysis.result["slices"]["sex"]
    assert (groups["M"]["rows"], groups["F"]["rows"], groups["I"]["rows"]) == (200, 200, 0)
    assert groups["F"]["metrics"]["mae"] > 2 * groups["M"]["metrics"]["mae"]


def test_groups_that_chance_may_have_set_apart_do_not_differ(tmp_path: Path) -> None:
    target, predicted = rings(1.0, 120)
    rows = [ROW.replace("M", sex) for sex in "MF" for _ in range(60)]
    analysis = judge(tmp_path, target, predicted.tolist(), rows, Limits(disparity=0.0))
    errors = [analysis.result["slices"]["sex"][sex]["metrics"]["mae"] for sex in "MF"]
    assert errors[0] != errors[1]
    assert not [each for each in analysis.violations["violations"] if "facet" in each]


def test_a_noisy_group_at_the_extreme_hides_no_groups_that_certainly_differ(tmp_path: Path) -> None:
    target, predicted = rings(1.0, 450)
    rows = [ROW.replace("M", sex) for sex, number in {"M": 200, "F": 200, "I": 50}.items() for _ in range(number)]
    predicted[200:400] = target[200:400] + 3 * (predicted[200:400] - target[200:400])
    predicted[400:] = target[400:]
    predicted[400:402] += 100
    analysis = judge(tmp_path, target, predicted.tolist(), rows, Limits(disparity=0.5))
    errors = {sex: found["metrics"]["mae"] for sex, found in analysis.result["slices"]["sex"].items()}
    assert max(errors, key=lambda sex: errors[sex]) == "I"
    (found,) = [each for each in analysis.violations["violations"] if "facet" in each]
    assert found["facet_value"] == "F"
    assert "for 'M'" in found["description"]


def test_of_rows_that_are_too_few_for_an_interval_nothing_is_certain(tmp_path: Path) -> None:
    target, predicted = rings(5.0, 40)
    predicted[20:] = target[20:] + 0.01
    rows = [ROW.replace("M", sex) for sex in "MF" for _ in range(20)]
    limits = Limits(min_rows=10, disparity=0.1)
    result = judge(tmp_path, target, predicted.tolist(), rows, limits).result
    assert (result["status"], result["quality"]["mae"]["interval"]) == ("ok", None)
    assert result["quality"]["mae"]["value"] > BASELINE.constraints["regression_constraints"]["mae"]["threshold"]


def test_a_classifier_is_judged_by_its_labels(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    target = random.integers(0, 2, 300).astype(np.float64)
    predicted = np.clip(target * 0.6 + random.uniform(0, 0.4, 300), 0, 1)
    row = "KS,128,415,no,yes,25,3.1,10,4.5,3,5.3,91,2.4,3,1"
    capture = write(tmp_path / "capture", traffic([row] * 300, predicted.tolist()))
    baseline = registered(churn.USE_CASE, target, predicted)
    worse = 1 - target[:150], target[150:]
    texts = [churn.USE_CASE.schema.target.positive if value else "False." for value in target]  # type: ignore[union-attr]
    for written, status in (
        (texts, "ok"),
        (target.astype(int), "ok"),
        (np.concatenate(worse).astype(int), "violations"),
    ):
        known = write(tmp_path / "labels", truth(written))
        analysis = model.analyse(churn.USE_CASE, WINDOW, capture, known, baseline, DEFAULT)
        assert analysis.result["status"] == status
        assert analysis.result["labels"]["coverage"] == 1
    assert "auc" in {each.get("metric_name") for each in analysis.violations["violations"]}
    assert "confusion_matrix" in analysis.statistics["binary_classification_metrics"]


def read(folder: Path, *contents: bytes, of: Sequence[str] = "abcdef") -> Labels:
    wanted = batches.key(of, [0] * len(of))
    return labels.read(write(folder, *contents), abalone.USE_CASE.schema.target, wanted)


def test_every_kind_of_odd_label_is_counted_and_the_last_one_counts(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        lines([label("a", "7"), label("b", "8"), label("a", "7")]) + b"\n",
        lines(
            [
                label("b", "9"),
                {"a": 1},
                ["b"],
                label("", "7"),
                label("\ud800", "7"),
                label("c", 7),
                label("d", "many"),
                label("e", ""),
            ]
        ),
        line(label("f", "7"))[:40],
    )
    assert {kind: found.counts[kind] for kind in labels.KINDS} == {
        "files": 3,
        "read": 4,
        "empty": 1,
        "truncated": 1,
        "foreign": 5,
        "unreadable": 2,
        "outside": 0,
        "duplicated": 2,
        "changed": 1,
    }
    values, hours = found.of(batches.key(["b", "a", "c"], [0, 0, 0]))
    assert values.tolist()[:2] == [9, 7]
    assert np.isnan(values[2])
    assert set(hours.tolist()) == {NO_HOUR}


def test_labels_of_other_rows_are_counted_and_not_kept(tmp_path: Path) -> None:
    said = lines(label(name, "7\n8" if name == "a" else "7") for name in "axyzx")
    found = read(tmp_path, said, of="ab")
    assert (found.counts["read"], found.counts["outside"], found.counts["duplicated"]) == (5, 4, 0)
    assert found.of(batches.key("ab", [0, 0]))[0].tolist()[0] == 7
    assert read(tmp_path, said, of="").counts["outside"] == 5


@given(
    said=st.lists(st.tuples(st.sampled_from("abcxy"), st.integers(0, 3)), max_size=30),
    block=st.sampled_from([1, 100, 1 << 20]),
)
def test_of_labels_that_come_again_the_last_one_counts(
    said: list[tuple[str, int]], block: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As a dictionary would have it, wherever the file is cut."""
    last: dict[str, int] = {}
    duplicated = changed = 0
    for name, value in said:
        if name in "abc":
            duplicated += name in last
            changed += last.get(name, value) != value
            last[name] = value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "BLOCK_BYTES", block)
        content = lines(label(name, str(value)) for name, value in said)
        found = read(tmp_path_factory.mktemp("labels"), content, of="abc")
    values, _ = found.of(batches.key("abc", [0, 0, 0]))
    assert [None if np.isnan(value) else value for value in values] == [last.get(name) for name in "abc"]
    assert (found.counts["duplicated"], found.counts["changed"]) == (duplicated, changed)


def test_a_folder_that_names_no_hour_tells_none(tmp_path: Path) -> None:
    for hour in ("2026/13/01/10", "2026/03/01/25", "some/where"):
        folder = tmp_path / hour
        found = labels.read(write(folder, line(label("a", "7"))), abalone.USE_CASE.schema.target, batches.key("a", [0]))
        assert found.of(batches.key("a", [0]))[1].tolist() == [NO_HOUR]


def test_the_rows_of_one_record_have_a_label_each(tmp_path: Path) -> None:
    capture = write(tmp_path / "capture", line(record(f"{ROW}\n{ROW}\n", "1\n2\n", "e")) * 1)
    known = write(tmp_path / "labels", line(label("e", "3\n5\n")))
    analysis = model.analyse(abalone.USE_CASE, WINDOW, capture, known, BASELINE, Limits(min_rows=1))
    assert analysis.result["quality"]["mae"]["value"] == 2.5


def test_a_label_that_is_not_known_yet_leaves_the_others_in_their_places(tmp_path: Path) -> None:
    wanted = batches.key("aaa", [0, 1, 2])
    target = abalone.USE_CASE.schema.target
    first = labels.read(write(tmp_path / "1", line(label("a", "1\n \n3\n"))), target, wanted)
    np.testing.assert_array_equal(first.of(wanted)[0], [1, np.nan, 3])
    both = labels.read(write(tmp_path / "2", line(label("a", "1\n\n3")), line(label("a", "\n2"))), target, wanted)
    np.testing.assert_array_equal(both.of(wanted)[0], [1, 2, 3])
    assert (both.counts["read"], both.counts["duplicated"], both.counts["unreadable"]) == (2, 0, 0)


def step(folder: Path, rows: Sequence[str], target: Vector, predicted: Vector, *more: str) -> str:
    """The page that the step writes about these rows."""
    write(folder / "capture", traffic(rows, predicted.tolist()))
    write(folder / "labels", truth(target))
    (folder / "quality").mkdir(exist_ok=True)
    for name in ("statistics", "constraints"):
        (folder / "quality" / f"{name}.json").write_text(json.dumps(getattr(BASELINE, name)))
    folders = [f"--{name}={folder / name}" for name in ("capture", "labels", "quality", "output")]
    window = ["--start=2026-03-01T00:00:00Z", "--end=2026-03-02T00:00:00Z"]
    assert main(abalone.USE_CASE, ["monitor_model", *folders, *window, *more]) == 0
    return (folder / "output" / "report.html").read_text()


def test_the_page_shows_the_metrics_of_earlier_windows(tmp_path: Path, base_dir: Path) -> None:
    assert "Metrics over time" not in step(tmp_path, [ROW] * 200, *rings(2.5, 200))
    earlier = json.loads((tmp_path / "output" / "result.json").read_text())
    earlier["window"] = {"start": "2026-02-27T00:00:00Z", "end": "2026-02-28T00:00:00Z"}
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "result.json").write_text(json.dumps(earlier))
    page = step(tmp_path, [ROW] * 200, *rings(1.0, 200), f"--history={tmp_path / 'history'}")
    drawn = page.partition("Metrics over time")[2]
    assert drawn.count("<svg") == len(earlier["quality"])
    assert ">-40</text>" in drawn
    assert ">at registration</text>" in drawn


def test_the_step_writes_every_document(tmp_path: Path, base_dir: Path) -> None:
    page = step(tmp_path, [ROW] * 200, *rings(2.5, 200))
    written = {file.name for file in (tmp_path / "output").iterdir()}
    documents = {"result.json", "statistics.json", "constraints.json", "constraint_violations.json"}
    assert written == documents | {"report.html"}
    assert "100.0% of the rows have a label" in page
    assert "GreaterThanThreshold" in page
    assert (base_dir / "output" / "message").read_text().startswith("CompletedWithViolations: ")


@pytest.mark.parametrize("present", ["FM", "FI", "IM"])
def test_the_page_shows_the_metrics_of_the_groups_there_are_beside_an_empty_one(
    present: str, tmp_path: Path, base_dir: Path
) -> None:
    rows = [ROW.replace("M", sex) for sex in present for _ in range(100)]
    shown = step(tmp_path, rows, *rings(1.0, 200)).partition("<h3>sex</h3>")[2].partition("</table>")[0]
    assert ">mae</th>" in shown
    cells = {sex: shown.partition(f"<td>{sex}</td>")[2].partition("</tr>")[0] for sex in "FIM"}
    assert {sex for sex in "FIM" if "not defined" not in cells[sex]} == set(present)
