import json
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from mlops_sagemaker.operators.resolve import ResolveRunOperator
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

RELEASE = "s3://bucket/releases/current.json"
SHA = "ab" * 32


@pytest.fixture
def published(aws: FakeAws) -> FakeAws:
    document = {
        "format": 2,
        "release": "0123456789abcdef",
        "bucket": "bucket",
        "role_arn": "arn:aws:iam::000000000000:role/jobs",
        "code": {
            "abalone": {
                "uri": "s3://bucket/code/1/",
                "sha256": SHA,
                "steps": {"train": {"uri": "s3://bucket/code/2/", "sha256": SHA}},
            }
        },
        "images": {"training": {"uri": "registry/training:1", "sha256": SHA}},
    }
    aws.objects["bucket/releases/current.json"] = json.dumps(document).encode()
    for key in ("day=1995-11-30/a.csv", "day=2026-03-01/b.csv", "day=2026-03-02/c.csv"):
        aws.objects[f"bucket/abalone/data/{key}"] = b"rings"
    return aws


def resolve(
    window_end: str = "", release_uri: str = RELEASE, window_days: int | None = None, asked_days: str = ""
) -> ResolveRunOperator:
    return ResolveRunOperator(
        task_id="resolve",
        use_case="abalone",
        image="training",
        timezone="UTC",
        window_end=window_end,
        window_days=window_days,
        asked_days=asked_days,
        release_uri=release_uri,
    )


def manifest(aws: FakeAws, result: dict[str, Any]) -> Any:
    return json.loads(aws.objects[result["data"]["manifest"].removeprefix("s3://")])


def test_a_run_settles_everything_it_works_on(published: FakeAws) -> None:
    operator = resolve()
    result = operator.execute(context_for(operator))
    uri = f"s3://bucket/abalone/runs/{result['run_key']}"
    sha256 = result["data"].pop("sha256")
    assert len(sha256) == 64
    assert result == {
        "run_key": result["run_key"],
        "run_uri": uri,
        "run_type": "scheduled",
        "bucket": "bucket",
        "ledger": "s3://bucket/abalone/ledger",
        "role_arn": "arn:aws:iam::000000000000:role/jobs",
        "release": "0123456789abcdef",
        "window": {"end": "2026-03-02", "timezone": "UTC", "days": None},
        "data": {
            "manifest": f"{uri}/manifest.json",
            "objects": 2,
            "first_day": "1995-11-30",
            "last_day": "2026-03-01",
        },
        "code": {"uri": "s3://bucket/code/1/", "sha256": SHA, "steps": {"train": "s3://bucket/code/2/"}},
        "image": {"uri": "registry/training:1", "sha256": SHA},
        "champion": None,
        "drift": None,
    }


def test_the_manifest_lists_the_windows_objects_as_sagemaker_wants_them(published: FakeAws) -> None:
    operator = resolve()
    result = operator.execute(context_for(operator))
    prefix = {"prefix": "s3://bucket/abalone/data/"}
    assert manifest(published, result) == [prefix, "day=1995-11-30/a.csv", "day=2026-03-01/b.csv"]


def test_repeating_a_run_repeats_it_on_the_recorded_objects(published: FakeAws) -> None:
    operator = resolve()
    first = operator.execute(context_for(operator))
    published.objects["bucket/abalone/data/day=2026-02-28/late.csv"] = b"rings"
    assert operator.execute(context_for(operator, generation=1)) == first
    other = operator.execute(context_for(operator, run_id="manual__1"))
    assert other["data"]["objects"] == 3
    assert other["data"]["sha256"] != first["data"]["sha256"]


def test_a_requested_window_end_is_used(published: FakeAws) -> None:
    operator = resolve(window_end="1996-01-01")
    assert operator.execute(context_for(operator))["data"]["objects"] == 1


def test_a_run_without_logical_date_is_resolved_by_its_due_time(published: FakeAws) -> None:
    operator = resolve()
    context = context_for(operator, logical_date=None, run_after=datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert operator.execute(context)["window"]["end"] == "2026-03-01"


def test_a_run_that_events_made_is_resolved_by_what_they_say(published: FakeAws) -> None:
    operator = resolve()
    told = [{"window_end": "1996-01-01"}, {"window_end": "2026-03-01"}, {}]
    context = context_for(operator, run_type="asset_triggered", logical_date=None, extras=told)
    result = operator.execute(context)
    assert (result["window"]["end"], result["run_type"]) == ("2026-03-01", "asset_triggered")


def test_a_window_of_some_days_leaves_out_what_is_older(published: FakeAws) -> None:
    operator = resolve(window_days=7)
    result = operator.execute(context_for(operator))
    assert result["window"]["days"] == 7
    assert manifest(published, result)[1:] == ["day=2026-03-01/b.csv"]


def test_the_days_that_a_run_asks_for_are_those_it_sees(published: FakeAws) -> None:
    operator = resolve(window_days=90, asked_days="7")
    result = operator.execute(context_for(operator))
    assert result["window"]["days"] == 7
    assert manifest(published, result)[1:] == ["day=2026-03-01/b.csv"]


def test_a_run_knows_the_drift_that_has_started_it(published: FakeAws) -> None:
    operator = resolve()
    event = {
        "window_end": "2026-03-01",
        "since": "2026-02-28T00:00:00+00:00",
        "drifting": ["data"],
        "window": {"end": "2026-03-01T10:00:00Z"},
    }
    context = context_for(operator, run_type="asset_triggered", logical_date=None, extras=[event, {}])
    assert operator.execute(context)["drift"] == event
    assert operator.execute(context_for(operator))["drift"] is None


def test_no_data_in_the_window_fails_and_says_what_there_is(published: FakeAws) -> None:
    operator = resolve(window_end="1995-11-30")
    with pytest.raises(AirflowFailException) as caught:
        operator.execute(context_for(operator))
    assert str(caught.value) == (
        "no data: s3://bucket/abalone/data/ has no day before the window's end 1995-11-30, "
        "its days go from 1995-11-30 to 2026-03-02; load data or choose another window"
    )


def test_an_empty_bucket_fails_and_says_so(published: FakeAws) -> None:
    for name in [name for name in published.objects if "/data/" in name]:
        del published.objects[name]
    operator = resolve()
    with pytest.raises(AirflowFailException, match="it holds no day at all"):
        operator.execute(context_for(operator))


@pytest.mark.parametrize(
    ("release_uri", "problem"),
    [
        ("", "the Airflow Variable nightshift_release is not set"),
        ("current.json", "'current.json' is not an S3 URI"),
        ("s3://bucket/releases/gone.json", "there is no release manifest at s3://bucket/releases/gone.json"),
        ("s3://bucket/abalone/data/day=1995-11-30/a.csv", "is not JSON"),
    ],
)
def test_a_release_that_cannot_be_read_is_the_users_error(published: FakeAws, release_uri: str, problem: str) -> None:
    operator = resolve(release_uri=release_uri)
    with pytest.raises(AirflowFailException, match=problem):
        operator.execute(context_for(operator))


def approve(aws: FakeAws, **properties: str) -> None:
    aws.groups["abalone"] = "rings"
    package = {"ModelPackageGroupName": "abalone", "ModelApprovalStatus": "Approved"}
    aws.call("CreateModelPackage", {**package, "CustomerMetadataProperties": properties})


def test_the_champion_is_found_with_its_model(published: FakeAws) -> None:
    approve(published, model_data="s3://bucket/champion.tar.gz", window_end="2026-02-28")
    operator = resolve()
    champion = operator.execute(context_for(operator))["champion"]
    assert champion == {
        "model_package_arn": published.packages[0]["ModelPackageArn"],
        "version": 1,
        "model_data": "s3://bucket/champion.tar.gz",
        "window_end": "2026-02-28",
    }


def test_the_champion_is_what_production_serves_though_another_was_approved_since(published: FakeAws) -> None:
    approve(published, model_data="s3://bucket/served.tar.gz")
    approve(published, model_data="s3://bucket/failed.tar.gz", deployment="failed: smoke")
    pointer = {"champion": {"model_package_arn": published.packages[0]["ModelPackageArn"]}, "previous": None}
    published.objects["bucket/abalone/champion.json"] = json.dumps(pointer).encode()
    operator = resolve()
    assert operator.execute(context_for(operator))["champion"]["model_data"] == "s3://bucket/served.tar.gz"


def test_a_champion_without_a_model_is_refused_by_name(published: FakeAws) -> None:
    approve(published)
    operator = resolve()
    with pytest.raises(AirflowFailException, match="model-package/abalone/1 does not say where its model lies"):
        operator.execute(context_for(operator))
