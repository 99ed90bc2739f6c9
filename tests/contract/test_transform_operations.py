"""Batch transform jobs: for every operation a documented success and a documented error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.proof import ERROR, SUCCESS, proves
from tests.contract.refusals import invalid, refused
from tests.support.hosting import Hosting
from tests.support.local_aws import ACCOUNT, BUCKET, REGION, unique
from tests.support.transform import Transforms, transform_request


@pytest.fixture
def transforms(hosting: Hosting) -> Transforms:
    return Transforms(hosting)


def request(transforms: Transforms, **more: Any) -> dict[str, Any]:
    uri = transforms.aws.put(f"{unique('rows')}/a", "1")
    return transform_request(unique("transform"), transforms.hosting.model(), uri, f"s3://{BUCKET}/out", **more)


@proves("CreateTransformJob", SUCCESS, "API_CreateTransformJob")
def test_creating_a_transform_job_answers_its_arn(transforms: Transforms, sm: Any) -> None:
    wanted = request(transforms)
    arn = sm.create_transform_job(**wanted)["TransformJobArn"]
    assert arn == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/{wanted['TransformJobName']}"


@proves("DescribeTransformJob", SUCCESS, "API_DescribeTransformJob")
def test_a_transform_job_is_described_with_all_that_is_always_there(transforms: Transforms, sm: Any) -> None:
    name = transforms.start({"a": "1"})
    transforms.ended(name)
    job = sm.describe_transform_job(TransformJobName=name)
    shape = sm.meta.service_model.operation_model("DescribeTransformJob").output_shape
    assert set(shape.required_members) <= job.keys()
    assert job["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    assert job["TransformJobStatus"] == "Completed"


@proves("CreateTransformJob", ERROR, "API_CreateTransformJob: ResourceInUse")
def test_a_transform_jobs_name_is_given_once(transforms: Transforms, sm: Any) -> None:
    wanted = request(transforms)
    sm.create_transform_job(**wanted)
    code, message = refused(sm.create_transform_job, **wanted)
    assert code == "ResourceInUse"
    assert "Transform job names must be unique within an AWS account and region" in message


@pytest.mark.documented("API_CreateTransformJob: ModelName must be the name of an existing model")
def test_a_model_that_is_not_there_is_named(transforms: Transforms, sm: Any) -> None:
    wanted = {**request(transforms), "ModelName": "no-such-model"}
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/no-such-model"
    assert invalid(sm.create_transform_job, **wanted) == f'Could not find model "{arn}".'


@pytest.mark.documented("API_CreateTransformJob: MaxConcurrentTransforms * MaxPayloadInMB must not exceed 100 MB")
@pytest.mark.parametrize("more", [{"MaxPayloadInMB": 101}, {"MaxPayloadInMB": 51, "MaxConcurrentTransforms": 2}])
def test_payloads_of_more_than_a_hundred_megabytes_are_refused(
    transforms: Transforms, sm: Any, more: dict[str, int]
) -> None:
    assert "must not exceed 100 MB" in invalid(sm.create_transform_job, **request(transforms, **more))


@pytest.mark.documented("batch-transform-data-processing: CSV and JSON only; with a join both sides are alike")
@pytest.mark.parametrize(
    ("source", "target", "processing", "told"),
    [
        ({}, {}, {"InputFilter": "$[0]"}, "DataProcessing is for text/csv"),
        ({"ContentType": "image/png"}, {}, {"JoinSource": "Input"}, "DataProcessing is for text/csv"),
        ({"ContentType": "text/csv"}, {}, {"JoinSource": "Input"}, "Accept ('') must be the same as ContentType"),
        (
            {"ContentType": "text/csv", "SplitType": "Line"},
            {"Accept": "text/csv"},
            {"JoinSource": "Input"},
            "AssembleWith ('None') must be the same as SplitType ('Line')",
        ),
        ({"ContentType": "text/csv"}, {}, {"InputFilter": "features"}, "DataProcessing.InputFilter: 'features' is not"),
    ],
)
def test_data_processing_that_cannot_work_is_refused(
    transforms: Transforms,
    sm: Any,
    source: dict[str, str],
    target: dict[str, str],
    processing: dict[str, str],
    told: str,
) -> None:
    wanted = request(transforms, DataProcessing=processing)
    wanted["TransformInput"].update(source)
    wanted["TransformOutput"].update(target)
    assert told in invalid(sm.create_transform_job, **wanted)


@pytest.mark.documented("CreateTrainingJob's refusal of a prefix without objects; transform jobs list their input too")
def test_input_that_is_not_there_is_refused(transforms: Transforms, sm: Any) -> None:
    wanted = request(transforms)
    wanted["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/{unique('nothing')}"
    assert invalid(sm.create_transform_job, **wanted).startswith("No S3 objects found under S3 URL")


@proves("DescribeTransformJob", ERROR, "botocore waiter TransformJobCompletedOrStopped: ValidationException")
def test_describing_an_unknown_transform_job_is_refused(sm: Any) -> None:
    assert invalid(sm.describe_transform_job, TransformJobName="none").startswith("Could not find requested job")


@proves("StopTransformJob", SUCCESS, "API_StopTransformJob")
def test_a_stopped_transform_job_is_stopping_and_then_stopped(transforms: Transforms, sm: Any) -> None:
    name = transforms.start({"a": "sleep=60"})
    sm.stop_transform_job(TransformJobName=name)
    assert sm.describe_transform_job(TransformJobName=name)["TransformJobStatus"] in ("Stopping", "Stopped")
    assert transforms.ended(name)["TransformJobStatus"] == "Stopped"


@proves("StopTransformJob", ERROR, "API_StopTransformJob: TransformJobName")
def test_stopping_a_transform_job_needs_its_name(sm: Any) -> None:
    assert "Value null at 'transformJobName' failed" in invalid(sm.stop_transform_job)


@proves("ListTransformJobs", SUCCESS, "API_ListTransformJobs")
def test_transform_jobs_are_listed_newest_first(transforms: Transforms, sm: Any) -> None:
    names = [transforms.start({"a": "1"}) for _ in range(2)]
    listed = [job["TransformJobName"] for job in sm.list_transform_jobs()["TransformJobSummaries"]]
    assert [name for name in listed if name in names] == names[::-1]


@proves("ListTransformJobs", ERROR, "API_ListTransformJobs: MaxResults is at most 100")
def test_a_page_of_transform_jobs_has_at_most_a_hundred(sm: Any) -> None:
    assert "Value '101' at 'maxResults' failed" in invalid(sm.list_transform_jobs, MaxResults=101)
