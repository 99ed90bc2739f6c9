"""The monitoring DAG's tasks, rendered by Airflow and run hour by hour against an AWS of HTTP answers."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import TriggerRule
from airflow.sdk.definitions.param import process_params
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from lifecycle.monitoring import monitoring_dag
from lifecycle.use_case import Monitoring
from mlops_sagemaker.drift import Check, DriftPolicy, Looked, Memory, Outcome
from mlops_sagemaker.errors import ApiError
from mlops_sagemaker.operators import drift as decisions
from tests.dags.lifecycle.declared import declared
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 2, 12, 15, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 3, 0, 15, tzinfo=UTC)
SHA = "ab" * 32
STATE = "bucket/rings/monitoring/state.json"
RELEASE = {
    "format": 2,
    "release": "0123456789abcdef",
    "bucket": "bucket",
    "role_arn": "arn:aws:iam::000000000000:role/jobs",
    "code": {
        "rings": {
            "uri": "s3://bucket/code/rings/",
            "sha256": SHA,
            "steps": {
                f"monitor_{name}": {"uri": f"s3://bucket/code/{name}/", "sha256": SHA} for name in ("data", "model")
            },
        }
    },
    "images": {"monitoring": {"uri": "registry/monitoring:1", "sha256": SHA}},
}
POLICY = DriftPolicy(
    {"data": Check(HOUR, 3 * HOUR, 2, 3), "model": Check(24 * HOUR, 72 * HOUR, 1, 1)}, cool_down=2 * HOUR, retrainings=1
)
BAD = {"status": "violations", "reason": "length has shifted", "metrics": {"feature_baseline_drift_length": 0.4}}
GOOD = {"status": "ok", "reason": "nothing has", "metrics": {"feature_baseline_drift_length": 0.01}}


class Production:
    """A use case with a champion, whose hours are watched one after the other."""

    def __init__(self, fake: FakeAws, **monitoring: Any) -> None:
        self.aws = fake
        self.told: list[tuple[str, str]] = []
        note = lambda context: self.told.append((context["notice"].outcome, context["notice"].subject))  # noqa: E731
        self.use_case = declared(monitoring=Monitoring(drift=POLICY, **monitoring), notifiers=[note])
        self.xcoms: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        fake.objects["bucket/releases/current.json"] = json.dumps(RELEASE).encode()
        fake.groups["rings"] = "rings"
        self.promote()

    def promote(self, since: str = "2026-03-01T00:00:00+00:00") -> None:
        """Make a new version the champion."""
        quality = {
            name: {"Statistics": {"S3Uri": f"s3://bucket/rings/{folder}/statistics.json"}}
            for name, folder in (("ModelDataQuality", "validate"), ("ModelQuality", "evaluate"))
        }
        package = {"ModelPackageGroupName": "rings", "ModelApprovalStatus": "Approved", "DriftCheckBaselines": quality}
        arn = self.aws.call("CreateModelPackage", package)["ModelPackageArn"]
        served = {"model_package_arn": arn, "version": len(self.aws.packages), "since": since}
        before = json.loads(self.aws.objects.get("bucket/rings/champion.json", b'{"champion": null}'))["champion"]
        self.aws.objects["bucket/rings/champion.json"] = json.dumps({"champion": served, "previous": before}).encode()

    def remember(self, result: Any, attempts: int = 0, silent_since: datetime | None = None) -> None:
        """An hour before, a run had found this and decided on it."""
        at = NOON.replace(minute=0) - HOUR
        looked = Looked(
            recent=((at, Outcome(result["status"])),), drifting=True, attempts=attempts, silent_since=silent_since
        )
        memory = Memory(at, self.aws.packages[-1]["ModelPackageArn"], {"data": looked})
        state = {"memory": memory.document(), "run": "an earlier one", "decision": {}}
        self.aws.objects[STATE] = json.dumps(state).encode()

    def capture(self, hour: datetime) -> None:
        """Something was asked in an hour."""
        self.aws.objects[f"bucket/rings/capture/rings-production/AllTraffic/{hour:%Y/%m/%d/%H}/00-00-1.jsonl"] = b"{}"

    def watch(
        self,
        at: datetime,
        result: Any = None,
        model: Any = None,
        run_type: str = "scheduled",
        run_id: str = "",
        **conf: Any,
    ) -> Any:
        """Run the DAG at a time; what its monitors found is ``result`` and ``model``. The decision, None if skipped."""
        self.at = {
            "logical_date": at,
            "run_after": at + HOUR,
            "run_type": run_type,
            "run_id": run_id or f"{run_type}__{at}",
        }
        self.dag, self.conf, self.xcoms = monitoring_dag(self.use_case), conf, {}
        found = {"data": result, "model": model}
        for task_id in ("resolve", "data", "model", "decide", "drift", "notify"):
            before = {"data": "resolve", "model": "resolve", "drift": "decide", "notify": "decide"}.get(task_id)
            if before and before not in self.xcoms:
                continue
            if found.get(task_id):
                uri = self.xcoms["resolve"][task_id]["output"].removeprefix("s3://")
                self.aws.objects[f"{uri}report.html"] = b"<html>"
                self.aws.objects[f"{uri}result.json"] = json.dumps(found[task_id]).encode()
            self.execute(task_id)
        return self.xcoms.get("decide")

    def execute(self, task_id: str) -> None:
        """Render a task and run it; one that is skipped leaves nothing."""
        task = self.dag.get_task(task_id)
        context: Any = context_for(task, xcoms=self.xcoms, **self.at)
        context["params"] = process_params(self.dag, task, self.conf, suppress_exception=False)
        context["dag"], context["dag_run"].conf = self.dag, self.conf
        context["var"] = {"value": SimpleNamespace(get=lambda name, default: "s3://bucket/releases/current.json")}
        context["outlet_events"] = defaultdict(SimpleNamespace)
        task.render_template_fields(context)
        try:
            self.xcoms[task_id] = context["ti"].task.execute(context)
        except AirflowSkipException:
            return
        self.events += [event.extra for event in context["outlet_events"].values()]

    def manifest(self, uri: str) -> Any:
        return json.loads(self.aws.objects[uri.removeprefix("s3://")])

    def job(self, monitor: str) -> Any:
        return self.aws.jobs[self.xcoms[monitor]["job_name"]]


@pytest.fixture
def production(aws: FakeAws) -> Production:
    return Production(aws)


def test_monitors_run_beside_each_other_and_a_decision_follows_though_either_was_skipped() -> None:
    dag = monitoring_dag(declared())
    assert dag.get_task("decide").upstream_task_ids == {"resolve", "data", "model"}
    assert dag.get_task("decide").trigger_rule == TriggerRule.NONE_FAILED
    assert dag.get_task("decide").downstream_task_ids == {"drift", "notify"}
    assert [asset.name for asset in dag.get_task("drift").outlets] == ["rings_drift"]


def test_an_hour_of_traffic_is_compared_with_its_models_baselines(production: Production) -> None:
    production.capture(NOON - HOUR)
    production.capture(NOON)
    decision = production.watch(NOON, GOOD)
    assert (decision["outcomes"], decision["action"]) == ({"data": "ok"}, "none")
    job = production.job("data")
    inputs = {each["InputName"]: each["S3Input"]["S3Uri"] for each in job["ProcessingInputs"]}
    assert production.manifest(inputs.pop("capture")) == [
        {"prefix": "s3://bucket/rings/capture/rings-production/AllTraffic/"},
        "2026/03/02/11/00-00-1.jsonl",
    ]
    assert inputs == {
        "baseline": "s3://bucket/rings/validate/",
        "quality": "s3://bucket/rings/evaluate/",
        "code": "s3://bucket/code/data/",
    }
    assert job["AppSpecification"]["ContainerArguments"] == [
        *("monitor_data", "--start=2026-03-02T11:00:00Z", "--end=2026-03-02T12:00:00Z"),
        *("--beside=what version 1 was registered with", "--limits={}"),
    ]


def test_a_page_shows_the_hours_before(production: Production) -> None:
    production.capture(NOON - HOUR)
    production.aws.objects["bucket/rings/monitoring/data/2026/03/02/11/a-run/result.json"] = b"{}"
    production.aws.objects["bucket/rings/monitoring/data/2026/03/02/11/a-run/report.html"] = b"<html>"
    production.watch(NOON, GOOD)
    (history,) = [each for each in production.job("data")["ProcessingInputs"] if each["InputName"] == "history"]
    assert production.manifest(history["S3Input"]["S3Uri"])[1:] == ["2026/03/02/11/a-run/result.json"]


def test_every_features_metrics_are_published_as_of_their_window(
    production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "MAX_METRIC_AGE", datetime.now(UTC) - NOON + HOUR)
    production.capture(NOON - HOUR)
    production.watch(NOON, BAD)
    (call,) = production.aws.asked("PutMetricData")
    assert call["Namespace"] == "aws/sagemaker/Endpoints/data-metrics"
    assert {each["MetricName"]: each["Value"] for each in call["MetricData"]} == {
        "feature_baseline_drift_length": 0.4,
        "violations": 0.0,
    }
    assert {each["Timestamp"] for each in call["MetricData"]} == {NOON.replace(minute=0).timestamp()}
    assert call["MetricData"][0]["Dimensions"] == [
        {"Name": "Endpoint", "Value": "rings-production"},
        {"Name": "MonitoringSchedule", "Value": "rings-monitoring"},
    ]


def test_metrics_that_cloudwatch_would_refuse_for_their_age_are_not_published(production: Production) -> None:
    production.capture(NOON - HOUR)
    production.watch(NOON, BAD)
    assert not production.aws.asked("PutMetricData")


def test_drift_emits_one_event_with_its_data_window_whatever_is_repeated(aws: FakeAws) -> None:
    production = Production(aws, retraining_days=30)
    production.remember(BAD)
    production.capture(NOON - HOUR)
    decision = production.watch(NOON, BAD)
    assert decision["action"] == "retrain"
    (event,) = production.events
    assert (event["window_end"], event["window_days"]) == ("2026-03-02", 30)
    assert event["window"] == {"start": "2026-03-02T11:00:00Z", "end": "2026-03-02T12:00:00Z"}
    assert "violations in 2 of the last 3 windows" in event["reason"]
    assert (event["champion"], event["drifting"]) == (production.aws.packages[0]["ModelPackageArn"], ["data"])
    assert event["compared"] == event["champion"], "whose baseline has not moved"
    assert event["since"] == "2026-03-02T11:00:00+00:00"
    assert production.told == [("drift", "abalone_training: drift of data, a retraining starts")]
    assert production.watch(NOON, BAD) == decision, "a repeated task finds its own decision"
    again = production.watch(NOON + 5 * HOUR, BAD, run_type="manual", window_end="2026-03-02T12:00:00")
    assert (again["outcomes"], again["action"]) == ({"data": "violations"}, "none")
    assert "windows up to 2026-03-02 12:00 UTC have been decided on" in again["reason"]


def test_an_older_run_that_is_repeated_finds_its_own_decision(production: Production) -> None:
    production.remember(BAD)
    production.capture(NOON - HOUR)
    decision = production.watch(NOON, BAD)
    production.watch(NOON + HOUR)
    state = production.aws.objects[STATE]
    assert production.watch(NOON, BAD) == decision
    assert decision["action"] == "retrain"
    assert production.aws.objects[STATE] == state


def test_a_run_that_was_killed_right_after_its_decision_finds_it_too(production: Production) -> None:
    production.remember(BAD)
    production.capture(NOON - HOUR)
    decision = production.watch(NOON, BAD)
    (own,) = (name for name in production.aws.objects if name.endswith("/decision.json"))
    del production.aws.objects[own]
    assert production.watch(NOON, BAD) == decision
    assert own in production.aws.objects


def test_a_decision_does_not_wait_for_metrics(production: Production, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "MAX_METRIC_AGE", datetime.now(UTC) - NOON + HOUR)
    production.aws.fail("PutMetricData", "AccessDenied")
    production.capture(NOON - HOUR)
    with pytest.raises(AirflowFailException, match="put_metric_data failed"):
        production.watch(NOON, BAD)
    assert STATE in production.aws.objects


def test_people_are_called_once_retraining_has_not_helped(production: Production) -> None:
    production.remember(BAD, attempts=1)
    production.capture(NOON - HOUR)
    assert production.watch(NOON, BAD)["action"] == "escalate"
    assert production.told == [
        ("escalated", "abalone_training: drift that retraining has not ended: a person must look")
    ]
    assert not production.events


def test_hours_without_traffic_start_no_job_and_are_told_of(production: Production) -> None:
    production.remember({"status": "no_data"}, silent_since=NOON.replace(minute=0) - 3 * HOUR)
    assert production.watch(NOON)["outcomes"] == {"data": "no_data"}
    assert not production.aws.jobs
    assert production.told == [("no data", "abalone_training: no data for data")]


def test_after_its_baseline_has_moved_traffic_is_compared_with_that_and_counts_anew(production: Production) -> None:
    production.remember(BAD)
    arn = production.aws.packages[-1]["ModelPackageArn"]
    move = {
        "champion": arn,
        "since": "2026-03-02T00:00:00+00:00",
        "baseline": "s3://bucket/new/validate/",
        "quality": "s3://bucket/new/champion/",
        "run": "a-retraining",
    }
    production.aws.objects["bucket/rings/monitoring/baselines.json"] = json.dumps({"moves": [move]}).encode()
    production.capture(NOON - HOUR)
    assert production.watch(NOON, BAD)["action"] == "none", "the hour before was compared with another baseline"
    inputs = {each["InputName"]: each["S3Input"]["S3Uri"] for each in production.job("data")["ProcessingInputs"]}
    assert (inputs["baseline"], inputs["quality"]) == (move["baseline"], move["quality"])
    assert production.xcoms["resolve"]["compared"] == f"{arn} beside a-retraining"
    (told,) = (each for each in production.job("data")["AppSpecification"]["ContainerArguments"] if "beside" in each)
    assert told.endswith("to which run a-retraining has moved the baseline of version 1")
    production.promote()
    production.watch(NOON + HOUR)
    assert production.xcoms["resolve"]["data"]["baseline"] == "s3://bucket/rings/validate/", "its own"


def test_damaged_moves_are_not_taken_for_none(production: Production) -> None:
    production.aws.objects["bucket/rings/monitoring/baselines.json"] = b'{"moves": [{}]}'
    with pytest.raises(AirflowFailException, match=r"baselines.json does not say where .* restore its last version"):
        production.watch(NOON)


def test_what_is_captured_after_a_run_began_is_not_looked_at_by_its_repetition(production: Production) -> None:
    first = production.watch(NOON)
    production.capture(NOON - HOUR)
    assert production.watch(NOON) == first
    assert production.xcoms["resolve"]["data"]["capture"] == ""
    assert not production.aws.jobs


def test_once_a_day_the_labels_that_came_are_joined(production: Production) -> None:
    for hour in (0, 13):
        production.capture(datetime(2026, 3, 1, hour, tzinfo=UTC))
    production.aws.objects["bucket/rings/labels/2026/03/02/05/a.jsonl"] = b"{}"
    decision = production.watch(MIDNIGHT, model=BAD)
    assert decision["outcomes"] == {"data": "no_data", "model": "violations"}
    assert decision["action"] == "retrain"
    job = production.job("model")
    inputs = {each["InputName"]: each["S3Input"]["S3Uri"] for each in job["ProcessingInputs"]}
    assert len(production.manifest(inputs["capture"])) == 3
    assert production.manifest(inputs["labels"])[1:] == ["2026/03/02/05/a.jsonl"]
    arguments = job["AppSpecification"]["ContainerArguments"]
    assert arguments[1:3] == ["--start=2026-03-01T00:00:00Z", "--end=2026-03-02T00:00:00Z"]


def test_a_day_without_labels_is_no_data_of_the_model(production: Production) -> None:
    production.capture(datetime(2026, 3, 1, 5, tzinfo=UTC))
    assert production.watch(MIDNIGHT)["outcomes"] == {"data": "no_data", "model": "no_data"}
    assert not production.aws.jobs


def test_what_the_champion_before_did_is_reported_and_no_reason_to_act(production: Production) -> None:
    production.promote("2026-03-02T20:00:00+00:00")
    production.capture(datetime(2026, 3, 1, 5, tzinfo=UTC))
    production.aws.objects["bucket/rings/labels/2026/03/02/05/a.jsonl"] = b"{}"
    decision = production.watch(MIDNIGHT, model=BAD)
    assert decision["outcomes"]["model"] == "violations"
    assert (decision["champion"], decision["action"]) == (2, "none")


@pytest.mark.parametrize("since", ["2026-03-01T00:00:00+00:00", "2026-03-02T12:00:00+00:00"])
def test_quality_is_that_at_registration_wherever_the_baseline_of_the_data_moves(
    production: Production, since: str
) -> None:
    move = {
        "champion": production.aws.packages[-1]["ModelPackageArn"],
        "since": since,
        **dict.fromkeys(("baseline", "quality"), "s3://bucket/new/"),
        "run": "a-retraining",
    }
    production.aws.objects["bucket/rings/monitoring/baselines.json"] = json.dumps({"moves": [move]}).encode()
    production.capture(datetime(2026, 3, 1, 5, tzinfo=UTC))
    production.aws.objects["bucket/rings/labels/2026/03/02/05/a.jsonl"] = b"{}"
    decision = production.watch(MIDNIGHT, model=BAD)
    inputs = {each["InputName"]: each["S3Input"]["S3Uri"] for each in production.job("model")["ProcessingInputs"]}
    assert (inputs["baseline"], inputs["quality"]) == ("s3://bucket/rings/validate/", "s3://bucket/rings/evaluate/")
    assert (
        "--beside=what version 1 was registered with"
        in production.job("model")["AppSpecification"]["ContainerArguments"]
    )
    assert production.xcoms["resolve"]["data"]["quality"] == "s3://bucket/new/"
    assert (decision["outcomes"]["model"], decision["action"]) == ("violations", "retrain")


def test_a_backfill_reports_and_decides_nothing(production: Production) -> None:
    production.remember(BAD)
    state = production.aws.objects[STATE]
    production.capture(NOON - HOUR)
    decision = production.watch(NOON, BAD, run_type="backfill")
    assert (decision["outcomes"], decision["action"]) == ({"data": "violations"}, "none")
    assert production.aws.objects[STATE] == state
    assert not production.told
    assert not production.events


def test_a_run_by_hand_does_not_come_before_the_hours_own_unless_it_names_the_hour(production: Production) -> None:
    production.remember(BAD)
    by_hand = production.watch(NOON, run_type="manual")
    assert (by_hand["outcomes"], by_hand["action"]) == ({"data": "no_data"}, "none")
    production.capture(NOON - HOUR)
    assert production.watch(NOON, BAD)["action"] == "retrain"
    named = production.watch(NOON + HOUR, run_type="manual", window_end="2026-03-02T13:00:00")
    assert "decides nothing" not in named["reason"]
    assert "have been decided on" in production.watch(NOON + HOUR)["reason"], "who names an hour decides on it"


def test_two_runs_that_decide_at_once_do_not_overwrite_each_other(production: Production) -> None:
    act = production.aws.call

    def meanwhile(operation: str, arguments: dict[str, Any]) -> Any:
        if operation == "PutObject" and arguments["name"] == STATE:
            production.aws.objects[STATE] = b"of another run"
        return act(operation, arguments)

    production.aws.call = meanwhile  # type: ignore[method-assign]
    with pytest.raises(ApiError, match="PreconditionFailed"):
        production.watch(NOON)


def test_before_anything_is_deployed_there_is_nothing_to_watch(production: Production) -> None:
    del production.aws.objects["bucket/rings/champion.json"]
    assert production.watch(NOON) is None
    assert not production.told


def test_a_result_that_says_nothing_is_an_error_and_never_no_drift(production: Production) -> None:
    production.capture(NOON - HOUR)
    for result in ({"status": "fine"}, {"state": "ok"}, [1]):
        with pytest.raises(
            AirflowFailException, match=r"result.json does not say what was found .* clear the task of data"
        ):
            production.watch(NOON, result)


def test_a_damaged_state_is_not_taken_for_no_state(production: Production) -> None:
    production.aws.objects[STATE] = b"{}"
    with pytest.raises(
        AirflowFailException, match=r"state.json does not say what was decided .* restore its last version"
    ):
        production.watch(NOON)


def test_a_version_without_baselines_is_refused_by_name(production: Production) -> None:
    production.aws.packages[0]["DriftCheckBaselines"] = {}
    with pytest.raises(AirflowFailException, match="model-package/rings/1 has no baseline 'ModelDataQuality'"):
        production.watch(NOON)
