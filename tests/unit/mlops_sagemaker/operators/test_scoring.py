import json
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from mlops_sagemaker.operators.scoring import ResolveScoringOperator
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

RELEASE = "s3://bucket/releases/current.json"
SHA = "ab" * 32
ARN = "arn:aws:sagemaker:eu-north-1:000000000000:model-package/abalone/3"
CHAMPION = {"model_package_arn": ARN, "version": 3, "model_name": "abalone-1", "config_name": "production-1"}


@pytest.fixture
def deployed(aws: FakeAws) -> FakeAws:
    release = {
        "format": 2,
        "release": "0123456789abcdef",
        "bucket": "bucket",
        "role_arn": "arn:aws:iam::000000000000:role/jobs",
        "code": {
            "abalone": {
                "uri": "s3://bucket/code/1/",
                "sha256": SHA,
                "steps": {"select": {"uri": "s3://bucket/code/2/", "sha256": SHA}},
            }
        },
        "images": {"inference": {"uri": "registry/inference:1", "sha256": SHA}},
    }
    aws.objects["bucket/releases/current.json"] = json.dumps(release).encode()
    aws.objects["bucket/abalone/champion.json"] = json.dumps({"champion": CHAMPION, "previous": None}).encode()
    aws.packages.append(
        {
            "ModelPackageArn": ARN,
            "ModelPackageGroupName": "abalone",
            "CustomerMetadataProperties": {"model_data": "s3://bucket/model.tar.gz"},
        }
    )
    for key in ("day=2026-02-28/a.csv", "day=2026-03-01/b.csv", "day=2026-03-01/c.csv", "day=2026-03-02/d.csv"):
        aws.objects[f"bucket/abalone/data/{key}"] = b"rings"
    return aws


def resolve(day: str = "") -> ResolveScoringOperator:
    return ResolveScoringOperator(
        task_id="resolve", use_case="abalone", image="inference", timezone="UTC", day=day, release_uri=RELEASE
    )


def settled(day: str = "", **run: Any) -> Any:
    operator = resolve(day)
    return operator.execute(context_for(operator, **run))


def manifest(aws: FakeAws, result: dict[str, Any]) -> Any:
    return json.loads(aws.objects[result["manifest"].removeprefix("s3://")])


def test_a_run_settles_the_day_before_it_and_the_champion(deployed: FakeAws) -> None:
    result = settled()
    run_uri = result.pop("run_uri")
    assert run_uri.startswith("s3://bucket/abalone/runs/")
    assert manifest(deployed, result)[1:] == ["day=2026-03-01/b.csv", "day=2026-03-01/c.csv"]
    assert result == {
        "day": "2026-03-01",
        "role_arn": "arn:aws:iam::000000000000:role/jobs",
        "image": "registry/inference:1",
        "steps": {"select": "s3://bucket/code/2/"},
        "manifest": f"{run_uri}/manifest.json",
        "objects": 2,
        "predictions": "s3://bucket/abalone/predictions/day=2026-03-01/",
        "model_name": "abalone-1",
        "model_data": "s3://bucket/model.tar.gz",
        "model_package_arn": ARN,
        "version": 3,
    }


def test_the_form_asks_for_another_day(deployed: FakeAws) -> None:
    result = settled("2026-02-28")
    assert result["predictions"] == "s3://bucket/abalone/predictions/day=2026-02-28/"
    assert manifest(deployed, result)[1:] == ["day=2026-02-28/a.csv"]


def test_repeating_a_run_repeats_it_on_the_recorded_objects_and_a_new_one_sees_what_came_late(
    deployed: FakeAws,
) -> None:
    first = settled()
    deployed.objects["bucket/abalone/data/day=2026-03-01/late.csv"] = b"rings"
    assert settled(generation=1) == first
    assert settled(run_id="manual__1")["objects"] == 3


def test_a_day_without_data_is_skipped_and_leaves_nothing(deployed: FakeAws) -> None:
    before = set(deployed.objects)
    with pytest.raises(AirflowSkipException, match="no data of 2026-02-27"):
        settled("2026-02-27")
    assert set(deployed.objects) == before


def test_nothing_is_scored_before_the_first_deployment(deployed: FakeAws) -> None:
    del deployed.objects["bucket/abalone/champion.json"]
    with pytest.raises(AirflowSkipException, match="deploy a version first"):
        settled()


def test_a_champion_that_the_registry_has_lost_is_an_error(deployed: FakeAws) -> None:
    deployed.packages.clear()
    with pytest.raises(AirflowFailException, match="in the registry no more"):
        settled()


def test_a_day_that_is_not_over_is_refused(deployed: FakeAws) -> None:
    with pytest.raises(AirflowFailException, match="2026-03-02 is not over"):
        settled("2026-03-02")
