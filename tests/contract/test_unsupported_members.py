"""What is not supported here is refused by name, never silently left out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.refusals import invalid
from tests.support.local_aws import (
    BUCKET,
    LocalAws,
    channel,
    processing_input,
    processing_output,
    processing_request,
    training_request,
    unique,
)


def a_channel(**source: Any) -> dict[str, Any]:
    item = channel("t", f"s3://{BUCKET}/t")
    item["DataSource"]["S3DataSource"].update(source)
    return item


@pytest.mark.local_only
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"algorithm": {"AlgorithmName": "mine"}}, "AlgorithmSpecification.AlgorithmName"),
        ({"ResourceConfig": {"VolumeSizeInGB": 1, "InstanceCount": 1}}, "ResourceConfig.InstanceType"),
        ({"algorithm": {"MetricDefinitions": [{"Name": "loss", "Regex": "("}]}}, "metric definition loss"),
        ({"InputDataConfig": [a_channel(S3DataType="Converse")]}, "S3DataType Converse"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_training_that_cannot_be_had_here_is_refused(aws: LocalAws, change: dict[str, Any], named: str) -> None:
    request = training_request(unique("x"), "", **change)
    assert named in invalid(aws.sagemaker.create_training_job, **request)


def an_output(**change: Any) -> dict[str, Any]:
    return {"ProcessingOutputConfig": {"Outputs": [{**processing_output("out", f"s3://{BUCKET}/o"), **change}]}}


def an_input(**change: Any) -> dict[str, Any]:
    item = processing_input("in", f"s3://{BUCKET}/i")
    return {"ProcessingInputs": [{**item, "S3Input": {**item["S3Input"], **change}}]}


@pytest.mark.local_only
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (an_input(S3CompressionType="Gzip"), "S3CompressionType Gzip"),
        ({"ProcessingInputs": [{"InputName": "in"}]}, "processing input in: S3Input"),
        ({"ProcessingInputs": [{"InputName": "in", "AppManaged": True}]}, "processing input in: S3Input"),
        (an_output(FeatureStoreOutput={"FeatureGroupName": "f"}), "FeatureStoreOutput"),
        ({"ProcessingOutputConfig": {"Outputs": [{"OutputName": "out"}]}}, "processing output out: S3Output"),
        (
            {"ProcessingResources": {"ClusterConfig": {"VolumeSizeInGB": 1}}},
            "ProcessingResources.ClusterConfig.InstanceCount must be given",
        ),
        (
            {"ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "VolumeSizeInGB": 1}}},
            "InstanceType must be given",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_processing_that_cannot_be_had_here_is_refused(aws: LocalAws, change: dict[str, Any], named: str) -> None:
    request = processing_request(unique("x"), "", **change)
    assert named in invalid(aws.sagemaker.create_processing_job, **request)
