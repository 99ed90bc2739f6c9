"""Properties: which there are, of what type, and what a record has there."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.domain.search.errors import InvalidSearch
from sagemaker_local.domain.search.properties import Type, element, find
from sagemaker_local.protocol import model

JOB = model.search_shape("TrainingJob")
PACKAGE = model.search_shape("ModelPackage")
CHANNELS = [
    {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/train"}}},
    {"ChannelName": "test", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/test"}}},
    {"ChannelName": "none"},
]
RECORD: dict[str, Any] = {
    "TrainingJobName": "job",
    "HyperParameters": {"depth": "3", "a.b": "dotted"},
    "FinalMetricDataList": [{"MetricName": "loss", "Value": 0.5}, {"MetricName": "validation:mse", "Value": 2.0}],
    "Tags": {"team": "ml", "a.b/c": "x"},
    "InputDataConfig": CHANNELS,
    "AlgorithmSpecification": {"TrainingImage": "image", "ContainerArguments": ["a", "b"]},
    "Environment": {"A": "1"},
    "FailureReason": None,
}


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("TrainingJobName", Type.TEXT, ["job"]),
        ("FailureReason", Type.TEXT, []),
        ("RoleArn", Type.TEXT, []),
        ("AlgorithmSpecification.TrainingImage", Type.TEXT, ["image"]),
        ("AlgorithmSpecification.ContainerArguments", Type.TEXT, ["a", "b"]),
        ("AlgorithmSpecification", Type.COMPOUND, [RECORD["AlgorithmSpecification"]]),
        ("ResourceConfig.InstanceCount", Type.NUMBER, []),
        ("EnableNetworkIsolation", Type.BOOLEAN, []),
        ("CreationTime", Type.TIMESTAMP, []),
        ("InputDataConfig", Type.COMPOUND, CHANNELS),
        ("InputDataConfig.ChannelName", Type.TEXT, ["train", "test", "none"]),
        ("InputDataConfig.DataSource.S3DataSource.S3Uri", Type.TEXT, ["s3://b/train", "s3://b/test"]),
        ("HyperParameters.depth", Type.HYPERPARAMETER, ["3"]),
        ("HyperParameters.a.b", Type.HYPERPARAMETER, ["dotted"]),
        ("HyperParameters.none", Type.HYPERPARAMETER, []),
        ("Metrics.loss", Type.NUMBER, [0.5]),
        ("Metrics.validation:mse", Type.NUMBER, [2.0]),
        ("Metrics.none", Type.NUMBER, []),
        ("FinalMetricDataList.MetricName", Type.TEXT, ["loss", "validation:mse"]),
        ("Tags.team", Type.TEXT, ["ml"]),
        ("Tags.a.b/c", Type.TEXT, ["x"]),
        ("Environment.A", Type.TEXT, ["1"]),
    ],
)
def test_a_property_has_a_type_and_the_values_of_a_record(name: str, kind: Type, values: list[Any]) -> None:
    found = find(JOB, name)
    assert (found.type, found.read(RECORD)) == (kind, values)
    only = {found.member: RECORD.get(found.member)}
    assert found.read(only) == values, f"{found.member} is not all that reading {name} needs"


@pytest.mark.parametrize(
    "name",
    [
        "Nonsense",
        "trainingJobName",
        "TrainingJobName.More",
        "TrainingJobName.",
        ".TrainingJobName",
        "InputDataConfig.Nonsense",
        "InputDataConfig.0.ChannelName",
        "HyperParameters.",
        "Metrics",
        "Metrics.",
        "Tags.",
        "ModelPackageName",
    ],
)
def test_what_the_resource_does_not_have_is_no_property(name: str) -> None:
    with pytest.raises(InvalidSearch, match="is not a property"):
        find(JOB, name)


@pytest.mark.parametrize("name", ["Metrics.loss", "HyperParameters.depth"])
def test_only_training_jobs_have_metrics_and_hyperparameters(name: str) -> None:
    with pytest.raises(InvalidSearch, match="is not a property"):
        find(PACKAGE, name)


def test_a_map_has_properties_by_its_keys() -> None:
    found = find(PACKAGE, "CustomerMetadataProperties.data.set")
    assert found.read({"CustomerMetadataProperties": {"data.set": "v7"}}) == ["v7"]


def test_the_elements_of_a_list_have_a_shape_of_their_own() -> None:
    found, shape = element(JOB, "InputDataConfig")
    assert found.read(RECORD) == CHANNELS
    assert find(shape, "ChannelName").read(CHANNELS[0]) == ["train"]


@pytest.mark.parametrize("name", ["AlgorithmSpecification", "TrainingJobName", "HyperParameters", "Nonsense"])
def test_only_a_list_of_structures_has_such_elements(name: str) -> None:
    with pytest.raises(InvalidSearch):
        element(JOB, name)
