from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import abalone
import churn
from abalone import USE_CASE
from monitoring import data
from monitoring.analysis import Analysis
from monitoring.baseline import Baseline
from monitoring.limits import Limits
from monitoring.page import page
from tabular import weighted
from tabular.data_quality import Profile
from tabular.main import main
from tabular.table import of_rows
from tabular.use_case import UseCase
from tests.unit.scripts.conftest import DATA
from tests.unit.scripts.monitoring.captured import WINDOW, lines, record, traffic, write

NAMES = [feature.name for feature in USE_CASE.schema.features]
DEFAULT = Limits()
Analyse = Callable[..., Analysis]


@pytest.fixture
def analyse(tmp_path: Path, baseline: Baseline) -> Analyse:
    """Analyses the contents of capture files."""

    def run(*contents: bytes, limits: Limits = DEFAULT, against: Baseline = baseline, **more: Any) -> Analysis:
        return data.analyse(USE_CASE, WINDOW, write(tmp_path / "capture", *contents), against, limits, **more)

    return run


def found(analysis: Analysis) -> set[tuple[str, str]]:
    return {(each["feature_name"], each["constraint_check_type"]) for each in analysis.violations["violations"]}


def changed(rows: Sequence[str], column: str, change: Callable[[str], str]) -> list[str]:
    place = NAMES.index(column)
    cells = [row.split(",") for row in rows]
    return [",".join([*row[:place], change(row[place]), *row[place + 1 :]]) for row in cells]


def times(factor: float) -> Callable[[str], str]:
    return lambda cell: f"{float(cell) * factor:.6g}"


def test_traffic_like_the_training_data_is_ok(analyse: Analyse, rows: Sequence[str]) -> None:
    analysis = analyse(traffic(rows[:1000]))
    assert (analysis.result["status"], analysis.result["rows"], found(analysis)) == ("ok", 1000, set())
    assert list(analysis.result["features"]) == NAMES
    assert analysis.message == "Completed: Job completed successfully with no violations."


@pytest.mark.parametrize("use_case", [abalone.USE_CASE, churn.USE_CASE], ids=lambda each: each.name)
def test_each_use_case_holds_its_traffic_against_its_own_baseline(use_case: UseCase, tmp_path: Path) -> None:
    data_file = DATA / f"{use_case.name}.csv"
    assert main(use_case, ["validate", f"--data={data_file}", f"--output={tmp_path}"]) == 0
    with data_file.open(newline="") as stream:
        known = np.random.default_rng(0).choice(list(csv.DictReader(stream)), 500)
    names = [feature.name for feature in use_case.schema.features]
    capture = write(tmp_path / "capture", traffic([",".join(row[name] for name in names) for row in known]))
    found = data.analyse(use_case, WINDOW, capture, Baseline.read(tmp_path / "quality"), DEFAULT)
    assert (found.result["status"], found.result["rows"]) == ("ok", 500)
    assert list(found.result["features"]) == names


def test_the_training_data_itself_is_at_no_distance(analyse: Analyse, rows: Sequence[str]) -> None:
    features = analyse(traffic(rows)).result["features"]
    assert {each["psi"] < 1e-3 and each["distance"] < 1e-3 and each["p_value"] == 1 for each in features.values()} == {
        True
    }


@pytest.mark.parametrize("factor", [1.5, 25.4])
def test_drift_is_found_in_the_feature_that_has_it_and_a_change_of_unit_told(
    factor: float, analyse: Analyse, rows: Sequence[str]
) -> None:
    analysis = analyse(traffic(changed(rows[:500], "shell_weight", times(factor))))
    checks = {check for name, check in found(analysis) if name == "shell_weight"}
    assert {name for name, _ in found(analysis)} == {"shell_weight"}
    assert "baseline_drift_check" in checks
    assert ("unit_check" in checks) == (factor > 2)
    if factor > 2:
        assert analysis.result["features"]["shell_weight"]["factor"] == pytest.approx(25.4, rel=0.15)
        assert "range_check" in checks


@pytest.mark.parametrize("cell", ["3.4e38", "1e-45", "0.0", "-3.4e38", "1.7e18"])
def test_values_of_any_magnitude_are_told_and_end_nothing(
    cell: str, analyse: Analyse, rows: Sequence[str], recwarn: pytest.WarningsRecorder
) -> None:
    analysis = analyse(traffic(changed(rows[:200], "length", lambda _: cell)))
    assert ("length", "baseline_drift_check") in found(analysis)
    json.dumps([analysis.result, analysis.statistics], allow_nan=False)
    assert page(analysis, [])
    assert not recwarn.list


def test_a_hair_is_no_drift_however_certain_it_is(analyse: Analyse, rows: Sequence[str]) -> None:
    many = [row for row in changed(rows, "length", times(1.02)) for _ in range(10)]
    each = analyse(traffic(many)).result["features"]["length"]
    assert each["adjusted"] < 1e-6
    assert not each["drifted"]


def test_chance_is_no_drift_however_large_it_looks(analyse: Analyse, rows: Sequence[str]) -> None:
    largest = sorted(rows, key=lambda row: float(row.split(",")[1]))[-9:]
    analysis = analyse(traffic([*rows[:1], *largest]), limits=Limits(min_rows=10, significance=1e-12))
    assert analysis.result["features"]["length"]["distance"] > 0.5
    assert analysis.result["status"] == "ok"


def test_another_mix_of_categories_is_drift_and_a_new_one_told_by_name(analyse: Analyse, rows: Sequence[str]) -> None:
    mixed = changed(rows[:500], "sex", lambda cell: "I" if cell == "F" else cell)
    assert found(analyse(traffic(mixed))) == {("sex", "baseline_drift_check")}
    unheard = [*changed(rows[:50], "sex", lambda _: "X"), *rows[50:1000]]
    analysis = analyse(traffic(unheard))
    assert found(analysis) == {("sex", "categorical_values_check")}
    assert "'X'" in analysis.result["violations"][0]["description"]


def test_missing_values_columns_and_types_are_told(analyse: Analyse, rows: Sequence[str]) -> None:
    sparse = changed(rows[:500], "height", lambda _: "")
    assert found(analyse(traffic([*sparse[:50], *rows[50:500]]))) == {("height", "completeness_check")}
    assert ("height", "completeness_check") in found(analyse(traffic(sparse)))
    fewer = [row.rpartition(",")[0] for row in rows[:50]]
    assert found(analyse(traffic([*fewer, *rows[50:500]]))) == {("Missing columns", "missing_column_check")}
    more = [f"{row},1" for row in rows[:50]]
    assert found(analyse(traffic([*more, *rows[50:500]]))) == {("Extra columns", "extra_column_check")}
    wrong = changed(rows[:50], "length", lambda _: "long")
    assert found(analyse(traffic([*wrong, *rows[50:500]]))) == {("length", "data_type_check")}


def test_a_column_that_becomes_wholly_unreadable_is_a_violation_and_not_no_data(
    analyse: Analyse, rows: Sequence[str]
) -> None:
    analysis = analyse(traffic(changed(rows[:100], "length", lambda cell: f"{cell} mm")))
    assert (analysis.result["status"], analysis.result["rows"]) == ("violations", 0)
    assert found(analysis) == {("length", "data_type_check")}
    few = traffic(changed(rows[:49], "length", lambda cell: f"{cell} mm"))
    assert analyse(few).result["status"] == "no_data"


@pytest.mark.parametrize(("odd", "checks"), [(3, set()), (50, {("prediction", "data_type_check")})])
def test_answers_that_are_no_numbers_are_a_violation_of_the_prediction(
    odd: int, checks: set[tuple[str, str]], analyse: Analyse, rows: Sequence[str]
) -> None:
    analysis = analyse(traffic(rows[:500], [math.nan] * odd + [10.0] * (500 - odd)))
    assert found(analysis) == checks
    assert analysis.result["rows"] == 500
    if checks:
        assert analysis.result["violations"][0]["description"] == "50 of 500 rows have no number for it."


@pytest.mark.parametrize("captured", [0, 450, 498])
def test_answers_that_were_not_captured_are_a_violation_of_the_prediction(
    captured: int, analyse: Analyse, rows: Sequence[str]
) -> None:
    silent = [record(row, None, f"e-{number}") for number, row in enumerate(rows[captured:500], start=captured)]
    analysis = analyse(traffic(rows[:captured]), lines(silent))
    expected = set() if captured == 498 else {("prediction", "completeness_check")}
    assert (found(analysis), analysis.result["rows"]) == (expected, 500)
    assert analysis.result["records"]["unanswered"] == 500 - captured
    if expected:
        told = f"{500 - captured} of 500 rows were captured without it."
        assert analysis.result["violations"][0]["description"] == told


def test_a_few_odd_values_are_within_the_tolerance(analyse: Analyse, rows: Sequence[str]) -> None:
    odd = [*changed(rows[:2], "height", lambda _: ""), *changed(rows[2:4], "sex", lambda _: "X")]
    assert found(analyse(traffic([*odd, *rows[4:500]]))) == set()


def test_no_traffic_and_too_little_of_it_are_no_data(analyse: Analyse, rows: Sequence[str]) -> None:
    for contents in ((), (b"",), (traffic(rows[:49]),)):
        analysis = analyse(*contents)
        assert analysis.result["status"] == "no_data"
        assert analysis.result["features"] == {}
        json.dumps([analysis.result, analysis.statistics], allow_nan=False)
    assert analyse(traffic(rows[:50])).result["status"] == "ok"


def test_traffic_that_cannot_be_read_is_a_violation_and_not_no_data(analyse: Analyse) -> None:
    analysis = analyse(b'{"captureData":\n' * 100)
    assert analysis.result["status"] == "violations"
    assert found(analysis) == {("Captured records", "completeness_check")}
    assert analysis.message == "CompletedWithViolations: Job completed successfully with 1 violations."


def test_predictions_are_compared_where_there_is_a_baseline_of_them(analyse: Analyse, rows: Sequence[str]) -> None:
    random = np.random.default_rng(0)
    profile = Profile((data.PREDICTION,))
    profile.add(of_rows((data.PREDICTION,), [{"prediction": value} for value in random.normal(10, 2, 2000).tolist()]))
    quality = Baseline(profile.documents()[0], {})
    for mean, status in ((10, "ok"), (12, "violations")):
        answered = traffic(rows[:500], random.normal(mean, 2, 500).tolist())
        analysis = analyse(answered, quality=quality)
        assert analysis.result["status"] == status
        assert analysis.result["features"]["prediction"]["drifted"] == (status == "violations")


def test_a_feature_that_the_baseline_does_not_evaluate_breaks_nothing(
    analyse: Analyse, rows: Sequence[str], baseline: Baseline
) -> None:
    constraints = json.loads(json.dumps(baseline.constraints))
    constraints["features"][3]["monitoring_config_overrides"] = {"evaluate_constraints": "Disabled"}
    shifted = traffic(changed(changed(rows[:500], "height", times(1.6)), "length", lambda _: ""))
    names = {name for name, _ in found(analyse(shifted, against=replace(baseline, constraints=constraints)))}
    assert names == {"length"}


def test_the_baselines_threshold_holds_unless_a_limit_is_declared(
    analyse: Analyse, rows: Sequence[str], baseline: Baseline
) -> None:
    constraints = json.loads(json.dumps(baseline.constraints))
    constraints["monitoring_config"]["distribution_constraints"]["comparison_threshold"] = 0.9
    lenient = replace(baseline, constraints=constraints)
    shifted = traffic(changed(rows[:500], "height", times(1.3)))
    assert analyse(shifted).result["status"] == "violations"
    assert analyse(shifted, against=lenient).result["status"] == "ok"
    assert analyse(shifted, against=lenient, limits=Limits(distance=0.2)).result["status"] == "violations"


def test_a_baseline_may_say_that_no_distribution_is_compared(
    analyse: Analyse, rows: Sequence[str], baseline: Baseline
) -> None:
    constraints = json.loads(json.dumps(baseline.constraints))
    constraints["monitoring_config"]["distribution_constraints"]["perform_comparison"] = "Disabled"
    shifted = traffic(changed(changed(rows[:500], "height", times(1.3)), "sex", lambda _: "X"))
    analysis = analyse(shifted, against=replace(baseline, constraints=constraints))
    assert found(analysis) == {("sex", "categorical_values_check")}
    assert analysis.result["features"] == {}


def test_statistics_and_metrics_are_those_of_the_window(analyse: Analyse, rows: Sequence[str]) -> None:
    analysis = analyse(
        traffic(changed(rows[:100], "height", lambda _: "0.5")), lines([record(time="2026-03-02T00:00:00Z")])
    )
    described = {each["name"]: each for each in analysis.statistics["features"]}
    assert analysis.statistics["dataset"] == {"item_count": 100}
    assert described["height"]["numerical_statistics"]["mean"] == 0.5
    assert list(described) == [*NAMES, "prediction"]
    assert analysis.result["metrics"]["feature_non_null_height"] == 1
    assert analysis.result["metrics"]["feature_baseline_drift_height"] > 0.9
    assert analysis.result["records"]["outside"] == 1


class Step:
    """The step as a job runs it."""

    def __init__(self, base: Path, baseline: Path, capture: Path) -> None:
        self.base = base
        self.options = [f"--baseline={baseline}", f"--capture={capture}", f"--output={base / 'out'}"]

    def run(self, *more: str) -> int:
        window = ["--start=2026-03-01T10:00:00Z", "--end=2026-03-01T11:00:00Z"]
        return main(USE_CASE, ["monitor_data", *self.options, *window, *more])

    @property
    def message(self) -> str:
        return (self.base / "output" / "message").read_text()

    def document(self, name: str) -> Any:
        return json.loads((self.base / "out" / f"{name}.json").read_text())


@pytest.fixture
def step(base_dir: Path, tmp_path: Path, baseline_folder: Path) -> Step:
    return Step(base_dir, baseline_folder, tmp_path / "capture")


def test_the_step_writes_every_document_and_tells_the_platform(step: Step, tmp_path: Path, rows: Sequence[str]) -> None:
    write(tmp_path / "capture" / "endpoint" / "AllTraffic", traffic(changed(rows[:300], "length", times(0.5))))
    assert step.run("--beside=what version 1 was registered with") == 0
    assert step.document("result")["status"] == "violations"
    assert step.document("constraint_violations") == {"violations": step.document("result")["violations"]}
    assert step.document("statistics")["dataset"] == {"item_count": 300}
    assert step.document("constraints")["features"]
    assert step.message.startswith("CompletedWithViolations: ")
    head, _, written = (step.base / "out" / "report.html").read_text().partition("<h2>Drift</h2>")
    assert "Compared with what version 1" in head
    assert 0 < written.index("<td>length</td>") < written.index("<td>height</td>")
    assert "<svg" in written


def test_the_page_shows_the_drift_of_earlier_windows(step: Step, tmp_path: Path, rows: Sequence[str]) -> None:
    write(tmp_path / "capture", traffic(rows[:300]))
    assert step.run() == 0
    earlier = step.document("result")
    earlier["window"] = {"start": "2026-03-01T09:00:00Z", "end": "2026-03-01T10:00:00Z"}
    other = {**earlier, "monitor": "model", "window": {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T09:00:00Z"}}
    for name, document in (("earlier", earlier), ("model", other)):
        (tmp_path / "history" / name).mkdir(parents=True)
        (tmp_path / "history" / name / "result.json").write_text(json.dumps(document))
    assert step.run(f"--history={tmp_path / 'history'}") == 0
    drawn = (step.base / "out" / "report.html").read_text().partition("Drift over time")[2]
    line = re.search(r'<polyline class="line a" points="([^"]*)"', drawn)
    assert line
    assert len(line[1].split()) == 2
    assert drawn.count("<svg") >= 4
    assert ">-1</text>" in drawn
    assert ">threshold</text>" in drawn


def test_a_history_that_is_none_is_told(step: Step, tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    for document in ([], {"monitor": "data"}, {"window": {"start": "once"}, "monitor": "data", "features": {}}):
        (tmp_path / "history" / "result.json").write_text(json.dumps(document))
        assert step.run(f"--history={tmp_path / 'history'}") == 1
        assert "not a monitor's result" in step.message


def test_an_empty_window_is_no_failure(step: Step) -> None:
    assert step.run() == 0
    assert step.document("result")["status"] == "no_data"
    assert step.message == "Completed: 0 usable rows; fewer than 50 decide nothing"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--limits={"], "not JSON"),
        (['--limits={"alpha": 1}'], "unknown alpha"),
        (['--limits={"significance": 2}'], "limit 'significance' is 2; it must be from 0 to 1"),
        (["--end=2026-03-01T10:00:00Z"], "not after its start"),
        (["--start=2026-03-01T10:00:00"], "not a time with its zone"),
        (["--baseline=nowhere"], "no such file"),
    ],
)
def test_what_is_wrong_with_arguments_and_baselines_is_told(arguments: list[str], told: str, step: Step) -> None:
    assert step.run(*arguments) == 1
    assert told in step.message


def test_a_baseline_of_another_shape_is_told(step: Step, tmp_path: Path) -> None:
    for name in ("statistics", "constraints"):
        (tmp_path / f"{name}.json").write_text('{"features": [{"name": "length"}]}')
    assert step.run(f"--baseline={tmp_path}") == 1
    assert "not what the steps validate and evaluate write" in step.message


def test_very_many_values_are_decided_on_as_few_are(
    analyse: Analyse, rows: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is exact stays so when the different values are too many to keep, and ties are none the less ties."""
    random = np.random.default_rng(0)
    varied = changed(
        rows[:1000], "length", lambda cell: f"{float(cell) * random.choice([1, random.uniform(0.8, 1.2)])}"
    )
    window = traffic(changed(varied, "height", times(30)))
    exact = analyse(window).result
    monkeypatch.setattr(weighted, "MOST", 100)
    coarse = analyse(window).result
    factors = [each["features"]["height"].pop("factor") for each in (exact, coarse)]
    assert factors[1] == pytest.approx(factors[0], rel=0.01)
    assert coarse["features"] == exact["features"]
    assert [each["description"] for each in coarse["violations"] if each["constraint_check_type"] != "unit_check"] == [
        each["description"] for each in exact["violations"] if each["constraint_check_type"] != "unit_check"
    ]
