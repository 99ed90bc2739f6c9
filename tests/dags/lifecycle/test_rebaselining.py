"""The training DAG after drift whose retraining leaves the champion in place."""

import json
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from mlops_sagemaker.errors import ApiError
from tests.dags.lifecycle.declared import declared
from tests.dags.lifecycle.test_training import Run
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

BEFORE = ["resolve", "validate", "preprocess", "train", "evaluate", "gate"]
MOVES = "bucket/rings/monitoring/baselines.json"
CONSTRAINTS = {"regression_constraints": {"mse": {"threshold": 5.0}}}


class Retraining(Run):
    """A run that a drift event has started, whose candidates are as good as the champion, and no better."""

    champion_mse = 4.7

    def __init__(self, fake: FakeAws, event: dict[str, Any] | None = None, **kind: Any) -> None:
        if not fake.packages:
            self.promote(fake)
        cause = {
            "window_end": "2026-03-02",
            "reason": "data: violations in 2 of the last 5 windows",
            "window": {"start": "2026-03-02T01:00:00Z", "end": "2026-03-02T02:00:00Z"},
            "champion": fake.packages[0]["ModelPackageArn"],
            "compared": fake.packages[0]["ModelPackageArn"],
            "since": "1995-11-29T12:00:00+00:00",
            "drifting": ["data"],
            "violations": ["baseline_drift_check"],
            **(event or {}),
        }
        of_run = {"logical_date": None, "extras": [cause]}
        super().__init__(fake, **{"run_id": "drift__1", "run_type": "asset_triggered", "of_run": of_run, **kind})

    @staticmethod
    def promote(fake: FakeAws) -> None:
        """Version 1 serves."""
        fake.groups["rings"] = "rings"
        quality = {"ModelQuality": {"Constraints": {"S3Uri": "s3://bucket/registered/constraints.json"}}}
        package = {
            "ModelPackageGroupName": "rings",
            "ModelApprovalStatus": "Approved",
            "CustomerMetadataProperties": {"model_data": "s3://bucket/champion.tar.gz"},
            "DriftCheckBaselines": quality,
        }
        fake.call("CreateModelPackage", package)
        fake.objects["bucket/registered/constraints.json"] = json.dumps(CONSTRAINTS).encode()

    def report(self, mse: float) -> None:
        """The candidates gain nothing; what the champion comes to is known with its interval."""
        super().report(mse=4.69)
        name = f"{self.xcoms['resolve']['run_uri'].removeprefix('s3://')}/evaluate/evaluation.json"
        document = json.loads(self.aws.objects[name])
        found = self.champion_mse
        document["champion"]["regression_metrics"]["mse"]["value"] = found
        document["champion"]["intervals"] = {"mse": [found - 0.2, found + 0.2]}
        self.aws.objects[name] = json.dumps(document).encode()

    def moves(self) -> Any:
        """All moves there are."""
        return json.loads(self.aws.objects.get(MOVES, b'{"moves": []}'))["moves"]


def test_drift_that_does_no_harm_moves_the_champions_baseline_once_and_is_told(aws: FakeAws) -> None:
    run = Retraining(aws)
    run.execute(*BEFORE)
    assert run.xcoms["gate"]["passed"] is False
    decided = run.execute("rebaseline")
    assert decided == {
        "moved": True,
        "reason": "drift that does no harm: data: violations in 2 of the last 5 windows",
    }
    (move,) = run.moves()
    folder = run.xcoms["resolve"]["run_uri"]
    assert (move["baseline"], move["quality"]) == (
        f"{folder}/validate/quality/",
        f"{folder}/evaluate/quality/champion/",
    )
    assert (move["champion"], move["since"]) == (aws.packages[0]["ModelPackageArn"], "1995-11-30T00:00:00+00:00")
    assert (move["run"], move["by"]) == ("drift__1", "asset_triggered")
    written = aws.objects[MOVES]
    assert run.execute("rebaseline") == decided, "a repeated task finds its own move"
    assert aws.objects[MOVES] == written
    (notice,) = run.execute("report", "notify")
    assert notice["outcome"] == "rebaselined"
    assert "Baseline moves: drift that does no harm" in notice["text"]


def test_a_champion_that_is_not_good_on_the_new_data_keeps_its_baseline_and_why_is_told(aws: FakeAws) -> None:
    run = Retraining(aws)
    run.champion_mse = 5.4
    run.execute(*BEFORE)
    decided = run.execute("rebaseline")
    assert decided["moved"] is False
    assert decided["reason"].startswith("the champion: mse 5.4 misses the threshold <= 5; mse of the champion is from")
    assert MOVES not in aws.objects
    (notice,) = run.execute("report", "notify")
    assert (notice["outcome"], "Baseline stays: the champion" in notice["text"]) == ("refused", True)


def test_broken_data_never_becomes_a_baseline(aws: FakeAws) -> None:
    run = Retraining(aws, event={"violations": ["baseline_drift_check", "unit_check"]})
    run.execute(*BEFORE)
    assert "broken data never does" in run.execute("rebaseline")["reason"]


def test_an_operator_moves_it_with_a_reason_on_the_days_of_the_form(aws: FakeAws) -> None:
    Retraining.promote(aws)
    by_hand = {"run_id": "manual__1", "run_type": "manual", "of_run": {}}
    run = Retraining(aws, **by_hand, rebaseline="the new supplier stays", window_days=400000)
    run.execute(*BEFORE)
    assert run.execute("rebaseline") == {"moved": True, "reason": "the new supplier stays"}
    assert run.xcoms["resolve"]["window"]["days"] == 400000
    assert [(move["by"], move["reason"]) for move in run.moves()] == [("manual", "the new supplier stays")]


@pytest.mark.parametrize(
    "kind",
    [
        {"run_id": "scheduled__1", "run_type": "scheduled", "of_run": {}},
        {"run_id": "backfill__1", "run_type": "backfill", "of_run": {}, "rebaseline": "why not"},
    ],
    ids=["a night", "a backfill"],
)
def test_nothing_moves_that_nobody_asks_for_or_in_the_past(aws: FakeAws, kind: dict[str, Any]) -> None:
    run = Retraining(aws, **kind)
    run.execute(*BEFORE)
    with pytest.raises(AirflowSkipException):
        run.execute("rebaseline")
    assert MOVES not in aws.objects


def test_a_candidate_that_is_registered_brings_its_own_baseline(aws: FakeAws) -> None:
    run = Retraining(aws)
    run.execute(*BEFORE[:-1])
    run.execute("gate")
    run.xcoms["gate"]["passed"] = True
    with pytest.raises(AirflowSkipException):
        run.execute("rebaseline")


def test_another_drift_moves_it_again_and_an_old_or_repeated_event_does_not(aws: FakeAws) -> None:
    first = Retraining(aws, run_id="drift__0")
    arn = aws.packages[0]["ModelPackageArn"]
    for run in (first, Retraining(aws, {"compared": f"{arn} beside drift__0"}, run_id="drift__1")):
        run.execute(*BEFORE, "rebaseline")
    for cause in ({}, {"compared": f"{arn} beside drift__0"}):
        run = Retraining(aws, cause, run_id="drift__2")
        run.execute(*BEFORE)
        told = "the baseline that the drift was found beside has moved since"
        assert run.execute("rebaseline") == {"moved": False, "reason": told}
    assert [move["run"] for move in run.moves()] == ["drift__0", "drift__1"]


def test_a_move_that_stands_is_told_whatever_is_found_after_it(aws: FakeAws) -> None:
    run = Retraining(aws)
    run.execute(*BEFORE)
    decided, written = run.execute("rebaseline"), aws.objects[MOVES]
    run.champion_mse = 5.4
    run.execute(*BEFORE[1:])
    assert run.execute("rebaseline") == decided
    run.xcoms["gate"]["passed"] = True
    assert run.execute("rebaseline") == decided, "nor is it taken back by a candidate"
    assert (decided["moved"], aws.objects[MOVES]) == (True, written)


def test_a_move_is_decided_on_those_that_it_is_added_to(aws: FakeAws) -> None:
    run = Retraining(aws)
    run.execute(*BEFORE)
    act = aws.call

    def meanwhile(operation: str, arguments: dict[str, Any]) -> Any:
        if operation == "PutObject" and arguments["name"] == MOVES:
            aws.objects[MOVES] = b"of another run"
        return act(operation, arguments)

    aws.call = meanwhile  # type: ignore[method-assign]
    with pytest.raises(ApiError, match="PreconditionFailed"):
        run.execute("rebaseline")
    assert aws.objects[MOVES] == b"of another run"


def test_damaged_moves_are_told_and_not_overwritten(aws: FakeAws) -> None:
    aws.objects[MOVES] = b"{}"
    run = Retraining(aws)
    run.execute(*BEFORE)
    with pytest.raises(AirflowFailException, match=r"restore its last version"):
        run.execute("rebaseline")
    assert aws.objects[MOVES] == b"{}"


def test_the_task_follows_the_gate_beside_registration() -> None:
    from lifecycle.training import training_dag

    task = training_dag(declared()).get_task("rebaseline")
    assert task.upstream_task_ids >= {"report", "gate"}
    assert task.downstream_task_ids == {"notify"}
