"""When a champion's baseline moves, and what its traffic is compared with then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlops_sagemaker import baselines
from mlops_sagemaker.baselines import Measured
from mlops_sagemaker.drift import Check, DriftPolicy, Memory, Outcome, decide
from mlops_sagemaker.gates import Policy
from mlops_sagemaker.rules import Beats, MaxGap, MinRows, Mode, NotWorse, Threshold
from tests.unit.mlops_sagemaker.reports import report

HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
POLICY = Policy(
    metric="mse",
    rules=(
        MinRows(rows=300),
        Threshold(metric="mse", bound=5.0),
        MaxGap(metric="mse", by="sex", limit=0.5),
        Beats(rival="champion", metric="mse", min_gain=0.05),
        NotWorse(metric="mse", margin=0.01),
    ),
)
CAUSE = {
    "window_end": "2026-03-03",
    "reason": "data: violations in 2 of the last 5 windows and in the latest",
    "window": {"start": "2026-03-03T11:00:00Z", "end": "2026-03-03T12:00:00Z"},
    "champion": "arn:1",
    "compared": "arn:1",
    "since": (MIDNIGHT - HOUR).isoformat(),
    "drifting": ["data"],
    "violations": ["baseline_drift_check"],
}
REGISTERED = {"version": 0.0, "regression_constraints": {"mse": {"threshold": 4.9}}}


def measured(mse: float = 4.7, low: float = 4.4, **changes: Any) -> Measured:
    document = report(champion=mse)
    document["champion"]["intervals"] = {"mse": [low, 2 * mse - low]}
    return replace(Measured("arn:1", "arn:1", MIDNIGHT, document, REGISTERED), **changes)


def test_a_champion_that_stays_good_on_drifted_data_is_compared_with_that_data() -> None:
    assert baselines.obstacles(POLICY, CAUSE, measured()) == []
    assert baselines.obstacles(POLICY, {**CAUSE, "since": MIDNIGHT.isoformat()}, measured()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"champion": "arn:2"}, "the drift was that of arn:2, and arn:1 was measured"),
        ({"compared": "arn:1 beside a run"}, "the baseline that the drift was found beside has moved since"),
        ({"drifting": ["data", "model"]}, "the champion's answers have got worse, too"),
        ({"violations": ["baseline_drift_check", "unit_check"]}, "the window shows unit_check: only drift moves"),
        ({"violations": ["missing_column_check"]}, "the window shows missing_column_check: only drift moves"),
        ({"violations": []}, "the window shows no drift of a feature: only drift moves"),
        ({"since": (MIDNIGHT + HOUR).isoformat()}, "the data begins at 2026-03-02 00:00 UTC, before the drift did"),
    ],
)
def test_nothing_but_drift_that_the_data_is_of_moves_a_baseline(change: dict[str, Any], told: str) -> None:
    (found,) = baselines.obstacles(POLICY, {**CAUSE, **change}, measured())
    assert found.startswith(told)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (measured(mse=5.5, low=4.8), "the champion: mse 5.5 misses the threshold <= 5"),
        (measured(mse=4.99, low=4.95), "mse of the champion is from 4.95 to 5.03, worse than 4.9 at its registration"),
        (measured(registered={}), "mse cannot be compared with that at registration"),
        (measured(report=report(champion=None)), "the state of the champion is none in the report, not scored"),
        (measured(report="no report"), "the state of the champion is None in the report, not scored"),
    ],
)
@pytest.mark.parametrize("cause", [CAUSE, None])
def test_a_champion_that_is_not_good_there_keeps_its_baseline_whoever_asks(
    cause: dict[str, Any] | None, found: Measured, told: str
) -> None:
    assert told in baselines.obstacles(POLICY, cause, found)


def test_a_person_may_take_data_of_any_day_and_kind() -> None:
    found = measured(opened=MIDNIGHT - 90 * 24 * HOUR, compared="arn:1 beside a run")
    assert baselines.obstacles(POLICY, None, found) == [], "also one from before the last move, which takes that back"


def test_a_group_that_the_champion_is_unfair_to_counts() -> None:
    found = measured()
    section = found.report["champion"]["slices"]["sex"]["F"]["regression_metrics"]
    found.report["champion"]["slices"]["sex"]["F"]["regression_metrics"] = {**section, "mse": {"value": 9.0}}
    (told,) = baselines.obstacles(POLICY, CAUSE, found)
    assert told.startswith("the champion: mse by sex goes from")


def test_a_policy_without_an_enforced_absolute_rule_shows_nothing() -> None:
    rules = (Beats(rival="champion", metric="mse"), Threshold(metric="mse", bound=5.0, mode=Mode.DRY_RUN))
    (told,) = baselines.obstacles(Policy("mse", rules), CAUSE, measured())
    assert told == "no enforced rule asks what a model is by itself, so nothing was shown"


def test_of_a_classifier_a_lower_metric_is_the_loss() -> None:
    policy = Policy("auc", (Threshold(metric="auc", bound=0.9),))
    section = {"binary_classification_metrics": {"auc": {"value": 0.95}}}
    registered = {"binary_classification_constraints": {"auc": {"threshold": 0.96}}}
    for interval, lost in (([0.93, 0.97], False), ([0.93, 0.955], True)):
        document = {"rows": 600, "champion": {"state": "scored", **section, "intervals": {"auc": interval}}}
        found = baselines.obstacles(policy, CAUSE, Measured("arn:1", "arn:1", MIDNIGHT, document, registered))
        assert bool(found) is lost


def test_the_drift_event_says_all_that_is_decided_from() -> None:
    policy = DriftPolicy({"data": Check(HOUR, HOUR, 2, 3), "model": Check(HOUR, HOUR, 1, 1)})
    first = decide(policy, Memory(), MIDNIGHT, "arn:1", {"data": Outcome.VIOLATIONS, "model": Outcome.OK})
    second = decide(policy, first.memory, MIDNIGHT + HOUR, "arn:1", {"data": Outcome.VIOLATIONS})
    results = [{"violations": [{"constraint_check_type": "unit_check"}]}, {}, {"violations": CAUSE_VIOLATIONS}]
    window = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-02T01:00:00Z"}
    assert baselines.event(second, "arn:1", "arn:1 beside a run", window, results, "UTC", 7) == {
        "window_end": "2026-03-02",
        "window_days": 7,
        "reason": second.reason,
        "window": window,
        "champion": "arn:1",
        "compared": "arn:1 beside a run",
        "since": (MIDNIGHT - HOUR).isoformat(),
        "drifting": ["data"],
        "violations": ["baseline_drift_check", "unit_check"],
    }


CAUSE_VIOLATIONS = [{"constraint_check_type": "baseline_drift_check"}]


def test_of_several_events_the_latest_drift_counts_and_data_that_arrived_is_none() -> None:
    later = {**CAUSE, "window": {"start": "2026-03-04T11:00:00Z", "end": "2026-03-04T12:00:00Z"}}
    assert baselines.latest([{"window_end": "2026-03-05"}, later, CAUSE]) == later
    assert baselines.latest([{"window_end": "2026-03-05"}]) is None


def move(run: str, since: datetime = MIDNIGHT, champion: str = "arn:1") -> dict[str, Any]:
    return {"champion": champion, "since": since.isoformat(), "baseline": f"{run}/", "quality": "q/", "run": run}


def test_traffic_is_compared_with_the_last_move_whose_data_had_begun() -> None:
    moves = [move("a"), move("b", MIDNIGHT + 24 * HOUR), move("c", champion="arn:2")]
    found = [baselines.beside(moves, "arn:1", MIDNIGHT + hours * HOUR) for hours in (0, 1, 24, 25)]
    assert [each and each["run"] for each in found] == [None, "a", "a", "b"]
    assert baselines.beside(moves, "arn:3", MIDNIGHT + HOUR) is None, "a new champion brings its own"


def test_a_move_back_counts_from_then_on() -> None:
    moves = [move("a", MIDNIGHT + 24 * HOUR), move("back", MIDNIGHT)]
    found = baselines.beside(moves, "arn:1", MIDNIGHT + 48 * HOUR)
    assert found is not None
    assert found["run"] == "back"


def test_what_was_found_beside_another_baseline_does_not_count() -> None:
    names = [baselines.compared("arn:1", each) for each in (None, move("a"), move("b"))]
    assert len(set(names)) == 3
