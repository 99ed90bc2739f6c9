"""EventBridge: state changes reach a queue through a rule, in the documented shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.support.hosting import Hosting
from tests.support.local_aws import (
    ACCOUNT,
    BUCKET,
    REGION,
    ROLE,
    LocalAws,
    channel,
    processing_input,
    processing_output,
    unique,
)
from tests.support.polling import eventually
from tests.support.tuning import gated, training_jobs, tune, tuned

GUIDE = "automating-sagemaker-with-eventbridge"
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
Events = list[dict[str, Any]]


class Subscription:
    """A queue that a rule sends SageMaker's events of one type to."""

    def __init__(self, aws: LocalAws, detail_type: str, detail: dict[str, Any]) -> None:
        self._sqs = aws.client("sqs")
        name = unique("events")
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        events = aws.client("events")
        pattern = {"source": ["aws.sagemaker"], "detail-type": [detail_type], "detail": detail}
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": attributes["QueueArn"]}])
        self.received: Events = []

    def until(self, done: Callable[[Events], bool]) -> Events:
        """All events so far, in order, once *done* is true of them."""

        def probe() -> bool:
            answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                self.received.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            return done(self.received)

        eventually(probe, "the events")
        return self.received

    def until_detail(self, **members: Any) -> dict[str, Any]:
        """The first event whose detail has *members*."""

        def matching(events: Events) -> Events:
            return [event for event in events if members.items() <= event["detail"].items()]

        return matching(self.until(lambda events: bool(matching(events))))[0]


def in_order(values: list[str]) -> list[str]:
    """*values* without repetitions of the one before: more than one event a state is documented."""
    return [value for index, value in enumerate(values) if index == 0 or value != values[index - 1]]


@pytest.mark.documented(f"{GUIDE}: envelope")
def test_an_event_has_eventbridges_envelope_and_the_jobs_arn(aws: LocalAws) -> None:
    name = unique("event")
    queue = Subscription(aws, "SageMaker Processing Job State Change", {"ProcessingJobName": [name]})
    aws.process("", ProcessingJobName=name)
    event = queue.until_detail(ProcessingJobStatus="Completed")
    assert event["source"] == "aws.sagemaker"
    assert event["detail-type"] == "SageMaker Processing Job State Change"
    assert (event["account"], event["region"], event["version"]) == (ACCOUNT, REGION, "0")
    assert event["resources"] == [f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/{name}"]
    assert ISO.fullmatch(event["time"])
    assert event["id"]


@pytest.mark.documented(f"{GUIDE}: SageMaker training job state change")
def test_every_secondary_state_of_training_is_told_in_order(aws: LocalAws) -> None:
    name = unique("event")
    queue = Subscription(aws, "SageMaker Training Job State Change", {"TrainingJobName": [name]})
    aws.train("", TrainingJobName=name)
    events = queue.until(lambda found: any(event["detail"]["TrainingJobStatus"] == "Completed" for event in found))
    states = in_order([event["detail"]["SecondaryStatus"] for event in events])
    assert states == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert in_order([event["detail"]["TrainingJobStatus"] for event in events]) == ["InProgress", "Completed"]


@pytest.mark.documented(f"{GUIDE}: SageMaker training job state change")
def test_a_training_event_has_the_documented_detail_with_times_as_text_of_milliseconds(aws: LocalAws) -> None:
    name = unique("event")
    queue = Subscription(aws, "SageMaker Training Job State Change", {"TrainingJobStatus": ["Failed"]})
    uri = aws.put(f"{name}/a.csv", "1")
    aws.train(
        "raise SystemExit(3)",
        TrainingJobName=name,
        HyperParameters={"k": "3"},
        InputDataConfig=[channel("train", uri)],
        Tags=[{"Key": "team", "Value": "ml"}],
    )
    detail = queue.until_detail(TrainingJobName=name)["detail"]
    job = aws.trained(name)
    same = ("TrainingJobArn", "HyperParameters", "AlgorithmSpecification", "RoleArn", "FailureReason")
    assert {key: detail[key] for key in same} == {key: job[key] for key in same}
    same = ("InputDataConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition", "SecondaryStatus")
    assert {key: detail[key] for key in same} == {key: job[key] for key in same}
    assert detail["Tags"] == {"team": "ml"}
    for key in ("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime"):
        assert detail[key] == str(milliseconds(job[key]))
    for transition, described in zip(
        detail["SecondaryStatusTransitions"], job["SecondaryStatusTransitions"], strict=True
    ):
        assert transition["Status"] == described["Status"]
        assert transition["StartTime"] == str(milliseconds(described["StartTime"]))


@pytest.mark.documented(f"{GUIDE}: SageMaker hyperparameter tuning job state change")
def test_a_tuning_event_has_the_documented_detail_with_times_as_text_of_milliseconds(aws: LocalAws) -> None:
    name = unique("t")
    queue = Subscription(
        aws, "SageMaker HyperParameter Tuning Job State Change", {"HyperParameterTuningJobName": [name]}
    )
    tune(aws, HyperParameterTuningJobName=name, Tags=[{"Key": "team", "Value": "ml"}])
    event = queue.until_detail(HyperParameterTuningJobStatus="Completed")
    job = tuned(aws, name)
    assert event["resources"] == [job["HyperParameterTuningJobArn"]]
    detail = event["detail"]
    same = ("HyperParameterTuningJobName", "HyperParameterTuningJobArn", "TrainingJobDefinition")
    assert {key: detail[key] for key in same} == {key: job[key] for key in same}
    assert detail["TrainingJobStatusCounters"] == job["TrainingJobStatusCounters"]
    assert detail["ObjectiveStatusCounters"] == {"Succeeded": 2, "Pending": 0, "Failed": 0}
    assert detail["CreationTime"] == str(milliseconds(job["CreationTime"]))
    assert detail["LastModifiedTime"] == str(milliseconds(job["LastModifiedTime"]))
    assert detail["Tags"] == {"team": "ml"}


@pytest.mark.documented(f"{GUIDE}: SageMaker hyperparameter tuning job state change")
def test_every_state_of_a_tuning_job_is_told_in_order(aws: LocalAws) -> None:
    name = unique("t")
    queue = Subscription(
        aws, "SageMaker HyperParameter Tuning Job State Change", {"HyperParameterTuningJobName": [name]}
    )
    tune(aws, gated(unique("never")), HyperParameterTuningJobName=name)
    eventually(lambda: training_jobs(aws, name), "a training job")
    aws.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    key = "HyperParameterTuningJobStatus"
    events = queue.until(lambda found: any(event["detail"][key] == "Stopped" for event in found))
    assert in_order([event["detail"][key] for event in events]) == ["InProgress", "Stopping", "Stopped"]


@pytest.mark.documented(f"{GUIDE}: SageMaker processing job state change")
def test_a_processing_event_has_upper_case_enums_and_times_as_numbers(aws: LocalAws) -> None:
    name = unique("event")
    queue = Subscription(aws, "SageMaker Processing Job State Change", {"ProcessingJobStatus": ["Failed"]})
    manifest = aws.put(f"{name}/manifest", json.dumps([{"prefix": f"s3://{BUCKET}/{name}/"}, "a.csv"]))
    aws.put(f"{name}/a.csv", "1")
    aws.process(
        "raise SystemExit(4)",
        ProcessingJobName=name,
        ProcessingInputs=[processing_input("data", manifest, "ManifestFile")],
        ProcessingOutputConfig={"Outputs": [processing_output("out", f"s3://{BUCKET}/{name}/out")]},
        Environment={"S3UploadMode": "mine"},
    )
    detail = queue.until_detail(ProcessingJobName=name)["detail"]
    job = aws.processed(name)
    source = {item["InputName"]: item["S3Input"] for item in detail["ProcessingInputs"]}["data"]
    assert (source["S3DataType"], source["S3InputMode"]) == ("MANIFEST_FILE", "FILE")
    assert (source["S3Uri"], source["LocalPath"]) == (manifest, "/opt/ml/processing/input/data")
    assert detail["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3UploadMode"] == "ENDOFJOB"
    assert detail["Environment"] == {"S3UploadMode": "mine"}
    assert detail["FailureReason"] == job["FailureReason"]
    assert detail["RoleArn"] == ROLE
    assert detail["AppSpecification"] == job["AppSpecification"]
    assert detail["ProcessingResources"] == job["ProcessingResources"]
    for key in ("CreationTime", "ProcessingStartTime", "ProcessingEndTime", "LastModifiedTime"):
        assert detail[key] == milliseconds(job[key])


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


@pytest.mark.documented(f"{GUIDE}: SageMaker model package state change")
def test_a_model_package_event_has_the_documented_detail_with_iso_times(aws: LocalAws) -> None:
    group = unique("event")
    queue = Subscription(aws, "SageMaker Model Package State Change", {"ModelPackageGroupName": [group]})
    aws.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    metrics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/evaluation.json"}}}
    arn = aws.sagemaker.create_model_package(ModelPackageGroupName=group, ModelMetrics=metrics)["ModelPackageArn"]
    event = queue.until_detail(ModelPackageArn=arn)
    detail = event["detail"]
    assert event["resources"] == [arn]
    assert (detail["ModelPackageGroupName"], detail["ModelPackageVersion"]) == (group, 1)
    assert (detail["ModelPackageStatus"], detail["ModelApprovalStatus"]) == ("Completed", "PendingManualApproval")
    assert detail["ModelPackageStatusDetails"] == {"ValidationStatuses": [], "ImageScanStatuses": []}
    assert detail["ModelMetrics"] == metrics
    assert ISO.fullmatch(detail["CreationTime"])
    assert "UpdatedModelPackageFields" not in detail


@pytest.mark.documented(f"{GUIDE}: UpdatedModelPackageFields")
def test_a_change_of_a_model_package_names_the_changed_fields(aws: LocalAws) -> None:
    group = unique("event")
    queue = Subscription(aws, "SageMaker Model Package State Change", {"ModelApprovalStatus": ["Approved"]})
    aws.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    arn = aws.sagemaker.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"]
    aws.sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="good",
        CustomerMetadataProperties={"a": "b"},
    )
    detail = queue.until_detail(ModelPackageArn=arn)["detail"]
    changed = ["ModelApprovalStatus", "ApprovalDescription", "CustomerMetadataProperties"]
    assert detail["UpdatedModelPackageFields"] == changed
    assert detail["ApprovalDescription"] == "good"
    assert ISO.fullmatch(detail["LastModifiedTime"])


@pytest.mark.documented(f"{GUIDE}: the possible values of UpdatedModelPackageFields")
def test_a_change_is_told_by_the_documented_names_and_no_others(aws: LocalAws) -> None:
    group = unique("event")
    queue = Subscription(aws, "SageMaker Model Package State Change", {"ModelPackageGroupName": [group]})
    aws.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    arn = aws.sagemaker.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"]
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/nightshift/bare:1"
    aws.sagemaker.update_model_package(
        ModelPackageArn=arn,
        SourceUri="s3://b/k",
        ModelLifeCycle={"Stage": "Development", "StageStatus": "Approved"},
        CustomerMetadataPropertiesToRemove=["a"],
        InferenceSpecification={"Containers": [{"Image": image}]},
        ModelPackageRegistrationType="Logged",
        AdditionalInferenceSpecificationsToAdd=[{"Name": "s", "Containers": [{"Image": image}]}],
    )
    aws.sagemaker.update_model_package(ModelPackageArn=arn, ModelCard={"ModelCardStatus": "Draft"})
    events = queue.until(lambda found: len(found) == 3)
    assert [event["detail"].get("UpdatedModelPackageFields") for event in events] == [
        None,
        ["ModelLifeCycle", "sourceUri", "CustomerMetadataProperties", "InferenceSpecification"],
        None,
    ]


@pytest.mark.documented("model-registry-approve: a rule on ModelApprovalStatus starts a deployment")
def test_a_rule_on_approval_hears_of_approvals_in_its_group_only(aws: LocalAws) -> None:
    group, other = unique("event"), unique("other")
    pattern = {"ModelPackageGroupName": [group], "ModelApprovalStatus": ["Approved"]}
    queue = Subscription(aws, "SageMaker Model Package State Change", pattern)
    arns = []
    for name in (other, group):
        aws.sagemaker.create_model_package_group(ModelPackageGroupName=name)
        for status in ("Rejected", "Approved"):
            arns.append(aws.sagemaker.create_model_package(ModelPackageGroupName=name)["ModelPackageArn"])
            aws.sagemaker.update_model_package(ModelPackageArn=arns[-1], ModelApprovalStatus=status)
    events = queue.until(lambda found: len(found) > 0)
    assert {event["detail"]["ModelPackageArn"] for event in events} == {arns[-1]}


@pytest.mark.documented(f"{GUIDE}: SageMaker model state change, when a model is created or deleted")
def test_a_models_creation_and_deletion_are_told(hosting: Hosting) -> None:
    queue = Subscription(hosting.aws, "SageMaker Model State Change", {"ModelName": [{"prefix": "model-"}]})
    name = hosting.model()
    arn = hosting.sagemaker.describe_model(ModelName=name)["ModelArn"]
    hosting.sagemaker.delete_model(ModelName=name)

    def of_the_model(events: Events) -> Events:
        return [event for event in events if event["resources"] == [arn]]

    told = of_the_model(queue.until(lambda events: len(of_the_model(events)) == 2))
    assert [event["detail"]["ModelName"] for event in told] == [name, name]


@pytest.mark.documented(f"{GUIDE}: SageMaker model card state change")
def test_versions_and_statuses_of_a_model_card_are_told(aws: LocalAws) -> None:
    name = unique("event")
    queue = Subscription(aws, "SageMaker Model Card State Change", {"ModelCardName": [name]})
    content = json.dumps({"model_overview": {"model_id": "example-model"}})
    sagemaker = aws.sagemaker
    arn = sagemaker.create_model_card(ModelCardName=name, Content=content, ModelCardStatus="Draft")["ModelCardArn"]
    sagemaker.update_model_card(ModelCardName=name, Content=content)
    sagemaker.update_model_card(ModelCardName=name, ModelCardStatus="Approved")
    event = queue.until_detail(ModelCardStatus="Approved")
    detail = event["detail"]
    assert event["resources"] == [arn]
    assert (detail["ModelCardVersion"], detail["ModelId"], detail["AccountId"]) == (2, "example-model", ACCOUNT)
    assert detail["SecurityConfig"] == {}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", detail["CreationTime"])
    assert not {"Content", "Tags"} & detail.keys()
    told = [(one["detail"]["ModelCardVersion"], one["detail"]["ModelCardStatus"]) for one in queue.received]
    assert told == [(1, "Draft"), (2, "Draft"), (2, "Approved")]


@pytest.mark.documented("API_PutEvents: sources that start with aws. are AWS's own")
def test_no_client_can_pretend_to_be_sagemaker(aws: LocalAws) -> None:
    entry = {"Source": "aws.sagemaker", "DetailType": "SageMaker Model Package State Change", "Detail": "{}"}
    answer = aws.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
