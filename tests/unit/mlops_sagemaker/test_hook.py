import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlops_sagemaker.errors import ApiError, Family
from mlops_sagemaker.hook import LifecycleHook, LogPositions
from mlops_sagemaker.jobs import KINDS, TRAINING, JobKind
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
REQUEST: dict[str, Any] = {
    "RoleArn": "arn:aws:iam::000000000000:role/jobs",
    "AlgorithmSpecification": {"TrainingInputMode": "File"},
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/"},
    "ResourceConfig": {},
}


@pytest.fixture
def hook(aws: FakeAws) -> LifecycleHook:
    return LifecycleHook(aws_conn_id="aws_default")


@each_kind
def test_a_job_nobody_created_is_none(hook: LifecycleHook, kind: JobKind) -> None:
    assert hook.describe(kind, "unknown") is None


@each_kind
def test_stopping_a_job_that_is_gone_or_has_ended_does_nothing(hook: LifecycleHook, kind: JobKind) -> None:
    hook.stop(kind, "unknown")


def test_a_job_that_exists_is_described(hook: LifecycleHook) -> None:
    hook.create(TRAINING, "job", REQUEST)
    description = hook.describe(TRAINING, "job")
    assert description is not None
    assert TRAINING.status(description) == "Completed"


def test_a_name_taken_twice_is_told_by_its_code(hook: LifecycleHook) -> None:
    hook.create(TRAINING, "job", REQUEST)
    with pytest.raises(ApiError) as caught:
        hook.create(TRAINING, "job", REQUEST)
    assert caught.value.code == "ResourceInUse"


def test_what_is_created_is_placed_where_airflows_settings_say(
    aws: FakeAws, hook: LifecycleHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"SUBNETS": "subnet-1, subnet-2", "SECURITY_GROUPS": "sg-1", "KMS_KEY": "key"}
    for name, value in settings.items():
        monkeypatch.setenv(f"AIRFLOW__NIGHTSHIFT__{name}", value)
    hook.create(TRAINING, "job", REQUEST)
    (asked,) = aws.asked("CreateTrainingJob")
    assert asked["VpcConfig"] == {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    assert asked["ResourceConfig"] == {"VolumeKmsKeyId": "key"}
    assert asked["OutputDataConfig"] == {**REQUEST["OutputDataConfig"], "KmsKeyId": "key"}


def test_numbers_that_templates_made_text_of_are_numbers_again(aws: FakeAws, hook: LifecycleHook) -> None:
    machines = {"InstanceType": "ml.m5.large", "InstanceCount": "2", "VolumeSizeInGB": 30}
    limits = {"MaxRuntimeInSeconds": "60"}
    settings = {"HyperParameters": {"max_depth": "4"}, "StoppingCondition": limits, "ResourceConfig": machines}
    hook.create(TRAINING, "job", {**REQUEST, **settings})
    (asked,) = aws.asked("CreateTrainingJob")
    assert asked["ResourceConfig"] == {**machines, "InstanceCount": 2}
    assert asked["StoppingCondition"] == {"MaxRuntimeInSeconds": 60}
    assert asked["HyperParameters"] == {"max_depth": "4"}


def test_text_that_is_no_number_is_refused_with_its_place(hook: LifecycleHook) -> None:
    with pytest.raises(ApiError, match=r"ResourceConfig\.InstanceCount, value: many"):
        hook.create(TRAINING, "job", {**REQUEST, "ResourceConfig": {"InstanceCount": "many"}})


def test_triggers_see_jobs_as_workers_do(hook: LifecycleHook) -> None:
    hook.create(TRAINING, "job", REQUEST)

    async def describe(name: str) -> Any:
        async with hook.asynchronous() as aws:
            await aws.stop(TRAINING, name)
            return await aws.describe(TRAINING, name)

    assert asyncio.run(describe("unknown")) is None
    assert asyncio.run(describe("job"))["TrainingJobStatus"] == "Completed"


def test_an_endpoint_that_is_not_there_is_a_platform_error(
    aws: FakeAws, hook: LifecycleHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = os.environ["AIRFLOW_CONN_AWS_DEFAULT"].replace(aws.url, "http://127.0.0.1:1")
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", nowhere)
    with pytest.raises(ApiError, match="EndpointConnectionError") as caught:
        hook.describe(TRAINING, "job")
    assert caught.value.family is Family.PLATFORM


def test_throttled_calls_are_repeated_unless_the_connection_says_otherwise(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = LifecycleHook(aws_conn_id="aws_default").config.retries
    assert chosen == {"mode": "standard", "total_max_attempts": 1}
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps({"conn_type": "aws"}))
    patient = LifecycleHook(aws_conn_id="aws_default")
    for hook in (patient, patient.s3_hook, patient.logs_hook, patient.runtime_hook):
        assert hook.config.retries == {"mode": "standard", "total_max_attempts": 10}


@pytest.mark.parametrize("minutes", [1, 1440, 1441, 5000])
def test_a_metric_is_summed_over_however_long_a_time(hook: LifecycleHook, minutes: int) -> None:
    assert hook.metric_sum("Invocations", {"EndpointName": "e"}, 600, 600 + minutes * 60) == minutes


def test_jobs_logs_and_objects_are_asked_for_in_the_same_region(aws: FakeAws) -> None:
    hook = LifecycleHook(aws_conn_id="aws_default", region_name="ap-south-1")
    hook.describe(TRAINING, "job")
    hook.read("s3://bucket/key")
    list(hook.new_log_lines(TRAINING, "job", {}))
    assert aws.regions == {"sagemaker": "ap-south-1", "s3": "ap-south-1", "logs": "ap-south-1"}


def test_every_log_line_is_read_once(aws: FakeAws, hook: LifecycleHook) -> None:
    positions: LogPositions = {}
    assert list(hook.new_log_lines(TRAINING, "job", positions)) == []
    aws.logs = {"job/algo-1-1": [(1, "one"), (2, "two")], "job2/algo-1-1": [(1, "not mine")]}
    assert list(hook.new_log_lines(TRAINING, "job", positions)) == ["one", "two"]
    aws.logs["job/algo-1-1"] += [(2, "two again"), (3, "three\n")]
    positions = json.loads(json.dumps(positions))
    assert list(hook.new_log_lines(TRAINING, "job", positions)) == ["two again", "three"]
    assert list(hook.new_log_lines(TRAINING, "job", positions)) == []


def test_lines_of_several_hosts_name_their_host(aws: FakeAws, hook: LifecycleHook) -> None:
    aws.logs = {"job/algo-1-1": [(1, "one")], "job/algo-2-1": [(1, "two")]}
    assert list(hook.new_log_lines(TRAINING, "job", {})) == ["[algo-1-1] one", "[algo-2-1] two"]


def test_objects_are_written_read_and_listed(hook: LifecycleHook) -> None:
    assert hook.read("s3://bucket/a/b.json") is None
    content = hook.write_json("s3://bucket/a/b.json", {"x": 1})
    assert hook.read("s3://bucket/a/b.json") == content
    assert json.loads(content) == {"x": 1}
    assert hook.list_keys("s3://bucket/a/") == ["b.json"]
    assert hook.list_keys("s3://bucket/c/") == []


def test_what_is_written_once_is_what_everybody_gets(aws: FakeAws, hook: LifecycleHook) -> None:
    assert json.loads(hook.write_once("s3://bucket/key", {"by": 1})) == {"by": 1}
    assert json.loads(hook.write_once("s3://bucket/key", {"by": 2})) == {"by": 1}
    aws.fail("PutObject", "PreconditionFailed", times=2)
    assert json.loads(hook.write_once("s3://bucket/key", {"by": 3})) == {"by": 1}
    with pytest.raises(ApiError, match="PreconditionFailed"):
        hook.write_once("s3://bucket/deleted meanwhile", {"by": 1})


def test_an_object_that_may_not_be_read_is_no_missing_object(aws: FakeAws, hook: LifecycleHook) -> None:
    aws.fail("GetObject", "AccessDenied")
    with pytest.raises(ApiError, match="reading s3://bucket/key failed with AccessDenied"):
        hook.read("s3://bucket/key")


def test_json_that_other_readers_would_refuse_is_not_written(aws: FakeAws, hook: LifecycleHook) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        hook.write_json("s3://bucket/key", float("nan"))
    assert not aws.objects


def register(hook: LifecycleHook, status: str, **properties: str) -> dict[str, Any]:
    request = {"ModelPackageGroupName": "abalone", "ModelApprovalStatus": status}
    return hook.create_package({**request, "CustomerMetadataProperties": properties})


def test_the_champion_is_the_newest_approved_package(hook: LifecycleHook) -> None:
    assert hook.champion("abalone") is None
    assert list(hook.packages("abalone")) == []
    hook.ensure_group("abalone", "rings")
    assert hook.champion("abalone") is None
    for status in ("Approved", "Approved", "PendingManualApproval", "Rejected"):
        register(hook, status)
    champion = hook.champion("abalone")
    assert champion is not None
    assert champion["ModelPackageVersion"] == 2


def test_a_group_is_created_once_with_its_own_description(aws: FakeAws, hook: LifecycleHook) -> None:
    hook.ensure_group("abalone", "rings")
    hook.ensure_group("abalone", "other")
    assert aws.groups == {"abalone": "rings"}


def test_a_group_somebody_else_just_created_is_fine(aws: FakeAws, hook: LifecycleHook) -> None:
    aws.fail("CreateModelPackageGroup", "ValidationException", after_acting=True)
    hook.ensure_group("abalone", "rings")
    assert "abalone" in aws.groups


def test_a_group_that_cannot_be_created_is_an_error(aws: FakeAws, hook: LifecycleHook) -> None:
    aws.fail("CreateModelPackageGroup", "AccessDeniedException")
    with pytest.raises(ApiError, match="create_model_package_group failed with AccessDeniedException"):
        hook.ensure_group("abalone", "rings")


def test_a_package_is_found_again_by_its_properties(hook: LifecycleHook) -> None:
    hook.ensure_group("abalone", "rings")
    arn = register(hook, "PendingManualApproval", registration="token", model_data="s3://b/m")["ModelPackageArn"]
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    assert hook.find_package("abalone", {"registration": "token"}, hour_ago)["ModelPackageArn"] == arn
    assert hook.find_package("abalone", {"registration": "other"}, hour_ago) is None
    assert hook.find_package("abalone", {"registration": "token"}, hour_ago + timedelta(hours=2)) is None
