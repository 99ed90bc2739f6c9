"""The details of EventBridge events, member by member."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from sagemaker_local.domain.events import job_event, model_package_event
from sagemaker_local.domain.jobs import PROCESSING, TRAINING, TUNING

TIME, MILLISECONDS, ISO = 1583831889.0504, 1583831889050, "2020-03-10T09:18:09Z"


def training(**members: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": "t",
        "TrainingJobArn": "arn:t",
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Training",
        "CreationTime": TIME,
        "LastModifiedTime": TIME,
        "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": TIME, "EndTime": TIME}],
        **members,
    }


def processing(**members: Any) -> dict[str, Any]:
    return {
        "ProcessingJobName": "p",
        "ProcessingJobArn": "arn:p",
        "ProcessingJobStatus": "InProgress",
        "CreationTime": TIME,
        "LastModifiedTime": TIME,
        **members,
    }


def package(**members: Any) -> dict[str, Any]:
    return {"ModelPackageArn": "arn:m", "ModelPackageStatus": "Completed", "CreationTime": TIME, **members}


def test_a_training_event_has_text_times_also_inside() -> None:
    event = job_event(TRAINING, training(), {})
    assert event.detail_type == "SageMaker Training Job State Change"
    assert event.resources == ("arn:t",)
    assert event.detail["CreationTime"] == event.detail["LastModifiedTime"] == str(MILLISECONDS)
    transition = {"Status": "Starting", "StartTime": str(MILLISECONDS), "EndTime": str(MILLISECONDS)}
    assert event.detail["SecondaryStatusTransitions"] == [transition]


def test_a_tuning_event_has_text_times_also_inside() -> None:
    record = {
        "HyperParameterTuningJobName": "h",
        "HyperParameterTuningJobArn": "arn:h",
        "HyperParameterTuningJobStatus": "Completed",
        "CreationTime": TIME,
        "BestTrainingJob": {"CreationTime": TIME},
        "Seed": 1,
    }
    event = job_event(TUNING, record, {"k": "v"})
    assert event.detail_type == "SageMaker HyperParameter Tuning Job State Change"
    assert event.resources == ("arn:h",)
    names = ("HyperParameterTuningJobName", "HyperParameterTuningJobArn", "HyperParameterTuningJobStatus")
    told = {name: record[name] for name in names}
    assert event.detail == {**told, "CreationTime": str(MILLISECONDS), "Tags": {"k": "v"}}


def test_a_processing_event_has_number_times() -> None:
    event = job_event(PROCESSING, processing(ProcessingStartTime=TIME), {})
    assert event.detail_type == "SageMaker Processing Job State Change"
    assert event.detail["ProcessingStartTime"] == event.detail["CreationTime"] == MILLISECONDS


def test_a_model_package_event_has_iso_times() -> None:
    event = model_package_event(package(LastModifiedTime=TIME))
    assert event.detail_type == "SageMaker Model Package State Change"
    assert event.resources == ("arn:m",)
    assert event.detail["CreationTime"] == event.detail["LastModifiedTime"] == ISO


@pytest.mark.parametrize(
    ("member", "value", "shown"),
    [
        ("S3DataType", "ManifestFile", "MANIFEST_FILE"),
        ("S3DataType", "S3Prefix", "S3_PREFIX"),
        ("S3InputMode", "Pipe", "PIPE"),
        ("S3DataDistributionType", "FullyReplicated", "FULLYREPLICATED"),
        ("S3CompressionType", "None", "NONE"),
        ("S3Uri", "s3://Bucket/Key", "s3://Bucket/Key"),
    ],
)
def test_a_processing_events_enums_are_upper_case(member: str, value: str, shown: str) -> None:
    event = job_event(PROCESSING, processing(ProcessingInputs=[{"InputName": "i", "S3Input": {member: value}}]), {})
    assert event.detail["ProcessingInputs"] == [{"InputName": "i", "S3Input": {member: shown}}]


def test_a_processing_events_outputs_are_upper_case_and_its_status_is_not() -> None:
    outputs = {"Outputs": [{"S3Output": {"S3UploadMode": "EndOfJob"}}]}
    detail = job_event(PROCESSING, processing(ProcessingOutputConfig=outputs), {}).detail
    assert detail["ProcessingOutputConfig"] == {"Outputs": [{"S3Output": {"S3UploadMode": "ENDOFJOB"}}]}
    assert detail["ProcessingJobStatus"] == "InProgress"


def test_a_users_own_names_and_values_are_left_alone() -> None:
    mine = {"S3UploadMode": "EndOfJob", "StartTime": "12"}
    assert job_event(PROCESSING, processing(Environment=mine), {}).detail["Environment"] == mine
    assert job_event(TRAINING, training(HyperParameters=mine), {}).detail["HyperParameters"] == mine
    properties = model_package_event(package(CustomerMetadataProperties=mine)).detail["CustomerMetadataProperties"]
    assert properties == mine


@pytest.mark.parametrize("tags", [{}, {"team": "ml"}])
def test_tags_are_a_map_and_processing_jobs_have_none(tags: dict[str, str]) -> None:
    assert job_event(TRAINING, training(), tags).detail["Tags"] == tags
    assert "Tags" not in job_event(PROCESSING, processing(), tags).detail


def test_what_is_absent_or_internal_is_not_in_the_detail() -> None:
    detail = job_event(TRAINING, training(FailureReason=None, FinalMetricDataList=[]), {}).detail
    assert not {"FailureReason", "TrainingEndTime", "FinalMetricDataList"} & detail.keys()
    detail = model_package_event(package(ClientToken="secret", ModelApprovalStatus=None)).detail
    assert not {"ClientToken", "ModelApprovalStatus", "UpdatedModelPackageFields"} & detail.keys()


def test_an_update_names_what_it_changed() -> None:
    detail = model_package_event(package(), ("ModelApprovalStatus", "sourceUri")).detail
    assert detail["UpdatedModelPackageFields"] == ["ModelApprovalStatus", "sourceUri"]


def test_making_an_event_changes_no_record() -> None:
    record = training(Tags=[{"Key": "k"}])
    before = repr(record)
    job_event(TRAINING, record, {})
    assert repr(record) == before


def test_a_kind_of_job_without_a_documented_event_has_none() -> None:
    other = dataclasses.replace(TRAINING, noun="tuning job")
    with pytest.raises(ValueError, match="no event is documented for a tuning job"):
        job_event(other, training(), {})
