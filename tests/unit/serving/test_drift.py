"""How far predictions drift, as the server tells it in its log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from mlops_sagemaker import replays
from mlops_sagemaker.requests.guards import DriftMetric
from monitoring import statistics
from serving import drift
from serving.app import SYNTHETIC
from serving.drift import Drift
from serving.errors import Refused
from tabular import distribution
from tabular.weighted import Weighted
from tests.support.served import Serve, UseCase


def metrics(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if "_aws" in line]


def baseline(values: Sequence[float] | Any) -> tuple[list[float], list[int]]:
    document = distribution.document(np.asarray(values, dtype=np.float32))
    return document["edges"], document["counts"]


def index(seen: Any, expected: Any, capsys: pytest.CaptureFixture[str]) -> float:
    """The index of one window."""
    Drift(*baseline(expected), "rings/1").see(seen)
    (told,) = metrics(capsys.readouterr().out)
    return float(told["PredictionDrift"])


def test_predictions_as_at_the_evaluation_do_not_drift(capsys: pytest.CaptureFixture[str]) -> None:
    generator = np.random.default_rng(7)
    expected = generator.normal(10, 3, 600)
    found = [index(generator.normal(10, 3, drift.WINDOW), expected, capsys) for _ in range(200)]
    assert max(found) < 0.25, "or chance alone would bring a good model back"
    assert index(expected[: drift.WINDOW], expected, capsys) < 0.15


def test_predictions_that_are_equal_to_an_edge_do_not_drift(capsys: pytest.CaptureFixture[str]) -> None:
    """No decimal number of few digits is the float32 that a model answers with."""
    values = np.array([0.7] * 95 + [0.9] * 5, dtype=np.float32)
    seen = np.array([0.7] * 190 + [0.9] * 10, dtype=np.float32)
    assert index(seen, values, capsys) < 0.01


@pytest.mark.parametrize("rows", [600, 607])
@pytest.mark.parametrize("digits", [0, 9], ids=["many equal", "none equal"])
def test_the_server_a_replay_and_the_monitor_have_one_index(
    rows: int, digits: int, capsys: pytest.CaptureFixture[str]
) -> None:
    generator = np.random.default_rng(3)
    drawn = [generator.normal(mean, 3, size) for mean, size in ((10, rows), (11, drift.WINDOW))]
    known, seen = (np.sort(each.round(digits).astype(np.float32)) for each in drawn)
    told = index(seen, known, capsys)
    assert told == pytest.approx(replays.stability_index(known.tolist(), seen.tolist()), abs=1e-6)
    reference, window = (Weighted(each, np.ones(len(each))) for each in (known, seen))
    assert told == pytest.approx(statistics.stability_index(*statistics.binned(window, reference)), abs=1e-6)


@pytest.mark.parametrize(
    "seen",
    [
        np.random.default_rng(1).normal(13, 3, 200),
        np.random.default_rng(2).normal(10, 0.5, 200),
        np.full(200, 10.0),
        np.full(200, 1e9),
    ],
    ids=["shifted by a deviation", "narrowed", "all equal", "far off"],
)
def test_predictions_unlike_those_of_the_evaluation_drift_and_the_index_is_finite(
    seen: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    found = index(seen, np.random.default_rng(0).normal(10, 3, 600), capsys)
    assert 0.25 < found < 20


def test_a_metric_is_told_for_each_window_whatever_the_requests(capsys: pytest.CaptureFixture[str]) -> None:
    seen = Drift(*baseline(range(100)), "rings/1")
    for value in range(drift.WINDOW - 1):
        seen.see(np.array([value], dtype=np.float32))
    assert not metrics(capsys.readouterr().out)
    seen.see(np.arange(50, dtype=np.float32))
    (told,) = metrics(capsys.readouterr().out)
    assert told["rows"] == drift.WINDOW + 49
    (directive,) = told["_aws"]["CloudWatchMetrics"]
    watched = DriftMetric("rings/1")
    dimensions = [[*watched.dimensions]]
    assert directive == {
        "Namespace": watched.namespace, "Dimensions": dimensions, "Metrics": [{"Name": watched.name}],
    }  # fmt: skip
    assert told.items() >= watched.dimensions.items()


def test_what_is_no_number_is_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    seen = Drift([1.0], [1, 1], "rings/1")
    seen.see(["True."] * 500)
    seen.see({"label": "True."})
    assert capsys.readouterr().out == ""


def test_without_a_baseline_nothing_is_compared() -> None:
    assert Drift.read({}) is None
    assert DriftMetric("rings/1").environment("{}") == {drift.BASELINE: "{}", drift.MODEL: "rings/1"}
    assert (DriftMetric.window, DriftMetric.least) == (drift.WINDOW, drift.LEAST)


def test_chance_alone_makes_no_alarm_with_the_least_baseline_and_with_less_there_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def read(rows: int) -> Drift | None:
        counts = np.diff(rows * np.arange(11) // 10).tolist()
        return Drift.read({drift.BASELINE: json.dumps({"edges": list(range(1, 10)), "counts": counts})})

    assert read(drift.LEAST)
    assert capsys.readouterr().out == ""
    assert read(drift.LEAST - 1) is None
    (line,) = capsys.readouterr().out.splitlines()
    assert "has 299 predictions, of which 300 are needed" in line

    generator, windows = np.random.default_rng(5), 2000
    for _ in range(windows):
        Drift(*baseline(generator.random(drift.LEAST)), "rings/1").see(generator.random(drift.WINDOW))
    found = [each["PredictionDrift"] for each in metrics(capsys.readouterr().out)]
    assert len(found) == windows
    assert sum(each >= 0.25 for each in found) < 5, "one is what chance makes of so many"


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"edges": [1]}', '{"edges": [1], "counts": [1]}', '{"edges": [2, 1], "counts": [1, 1, 1]}',
     '{"edges": [1], "counts": [0, 0]}'],
)  # fmt: skip
def test_a_damaged_baseline_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="DRIFT_BASELINE is damaged"):
        Drift.read({"DRIFT_BASELINE": text})


def test_the_server_tells_of_the_drift_of_its_traffic_and_not_of_its_tests(serve: Serve, abalone: UseCase) -> None:
    edges, counts = baseline(abalone.predictions("xgboost"))
    told = json.dumps({"edges": edges, "counts": counts})
    server = serve(
        abalone.model("xgboost"), DRIFT_BASELINE=told, DRIFT_MODEL="abalone/3", SAGEMAKER_MODEL_SERVER_WORKERS="1"
    )
    heavy = abalone.csv([abalone.rows[0]] * drift.WINDOW)
    marked = server.predict(heavy, X_Amzn_SageMaker_Custom_Attributes=SYNTHETIC.decode())
    assert marked[0] == 200
    assert server.predict(abalone.csv())[0] == 200
    assert server.predict(heavy)[0] == 200
    usual, odd = [line for line in server.log if "_aws" in line]
    assert usual["PredictionDrift"] < 0.01
    assert odd["PredictionDrift"] > 1
    assert odd["ModelPackage"] == "abalone/3"
