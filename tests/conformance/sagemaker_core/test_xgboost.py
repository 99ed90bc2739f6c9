"""A classifier by the built-in XGBoost algorithm, of sagemaker-core's notebook to get started."""

from __future__ import annotations

import pytest
from sagemaker.core.resources import TrainingJob
from sagemaker.core.shapes import (
    AlgorithmSpecification,
    Channel,
    DataSource,
    OutputDataConfig,
    ResourceConfig,
    S3DataSource,
    StoppingCondition,
)

from tests.conformance import data
from tests.support.local_aws import BUCKET, LocalAws, unique

pytestmark = pytest.mark.documented("sagemaker-core: get_started")

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
HYPER_PARAMETERS = {
    "max_depth": "5",
    "eta": "0.2",
    "gamma": "4",
    "min_child_weight": "6",
    "subsample": "0.8",
    "verbosity": "0",
    "objective": "binary:logistic",
    "num_round": "100",
}
OUTPUT = OutputDataConfig(s3_output_path=f"s3://{BUCKET}/core/churn")
RESOURCES = ResourceConfig(instance_type="ml.m4.xlarge", instance_count=1, volume_size_in_gb=30)


@pytest.fixture
def channels(aws: LocalAws) -> list[Channel]:
    """Whether an abalone has more than ten rings: the label first, numbers only."""
    rows = [[*row[:-1], str(int(int(row[-1]) > 10))] for row in data.abalone()]
    parts = {"train": rows[::2], "validation": rows[1::2]}
    return [
        Channel(
            channel_name=name,
            content_type="csv",
            data_source=DataSource(
                s3_data_source=S3DataSource(
                    s3_data_type="S3Prefix",
                    s3_uri=aws.put(f"core/churn/{name}.csv", data.label_first(part)),
                    s3_data_distribution_type="FullyReplicated",
                )
            ),
        )
        for name, part in parts.items()
    ]


def test_a_classifier_is_trained(role: str, channels: list[Channel]) -> None:
    training_job = TrainingJob.create(
        training_job_name=unique("xgboost-churn"),
        hyper_parameters=HYPER_PARAMETERS,
        algorithm_specification=AlgorithmSpecification(training_image=IMAGE, training_input_mode="File"),
        role_arn=role,
        input_data_config=channels,
        output_data_config=OUTPUT,
        resource_config=RESOURCES,
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
    )
    training_job.wait()
    assert training_job.training_job_status == "Completed"
    metrics = {metric.metric_name: metric.value for metric in training_job.final_metric_data_list}
    assert 0 < metrics["validation:logloss"] < 1
