"""sagemaker-core 1, which the SDK 2 brings along: its overview, of a training job as a resource class."""

from __future__ import annotations

import datetime

import pytest
from sagemaker_core.resources import TrainingJob
from sagemaker_core.shapes import (
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

pytestmark = pytest.mark.documented("sagemaker-core 1: overview of resource level abstractions")

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def test_a_training_job_is_created_waited_for_and_listed(aws: LocalAws, role: str) -> None:
    # Three classes, as the irises of the example: few, some and many rings.
    rows = [[*row[:-1], str(min(int(row[-1]) // 8, 2))] for row in data.abalone()]
    training_job = TrainingJob.create(
        training_job_name=unique("xgboost-iris"),
        hyper_parameters={"objective": "multi:softmax", "num_class": "3", "num_round": "10", "eval_metric": "merror"},
        algorithm_specification=AlgorithmSpecification(training_image=IMAGE, training_input_mode="File"),
        role_arn=role,
        input_data_config=[
            Channel(
                channel_name="train",
                content_type="csv",
                compression_type="None",
                record_wrapper_type="None",
                data_source=DataSource(
                    s3_data_source=S3DataSource(
                        s3_data_type="S3Prefix",
                        s3_uri=aws.put("core/iris/train.csv", data.label_first(rows)),
                        s3_data_distribution_type="FullyReplicated",
                    )
                ),
            )
        ],
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/core/iris/output"),
        resource_config=ResourceConfig(instance_type="ml.m4.xlarge", instance_count=1, volume_size_in_gb=30),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
    )
    training_job.wait(logs=True)
    assert training_job.training_job_status == "Completed"
    metrics = {metric.metric_name: metric.value for metric in training_job.final_metric_data_list}
    assert 0 < metrics["train:merror"] < 0.5
    listed = TrainingJob.get_all(creation_time_after=datetime.datetime.now() - datetime.timedelta(days=1))
    assert training_job.training_job_name in [job.training_job_name for job in listed]
