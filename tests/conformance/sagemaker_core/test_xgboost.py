"""A classifier by the built-in XGBoost algorithm, trained and tuned, of sagemaker-core's notebook to get started."""

from __future__ import annotations

import pytest
from sagemaker.core.resources import HyperParameterTuningJob, TrainingJob
from sagemaker.core.shapes import (
    AlgorithmSpecification,
    AutoParameter,
    Autotune,
    Channel,
    DataSource,
    HyperParameterAlgorithmSpecification,
    HyperParameterTrainingJobDefinition,
    HyperParameterTuningJobConfig,
    HyperParameterTuningJobObjective,
    OutputDataConfig,
    ParameterRanges,
    ResourceConfig,
    ResourceLimits,
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
HINTS = {"max_depth": "5", "eta": "0.1", "gamma": "8", "min_child_weight": "2", "subsample": "0.5", "num_round": "50"}
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


def test_a_classifier_is_tuned_and_ranges_are_found_automatically(role: str, channels: list[Channel]) -> None:
    definition = HyperParameterTrainingJobDefinition(
        role_arn=role,
        algorithm_specification=HyperParameterAlgorithmSpecification(training_image=IMAGE, training_input_mode="File"),
        input_data_config=channels,
        output_data_config=OUTPUT,
        stopping_condition=StoppingCondition(max_runtime_in_seconds=3600),
        resource_config=RESOURCES,
    )
    config = HyperParameterTuningJobConfig(
        strategy="Bayesian",
        hyper_parameter_tuning_job_objective=HyperParameterTuningJobObjective(
            type="Maximize", metric_name="validation:auc"
        ),
        resource_limits=ResourceLimits(
            max_number_of_training_jobs=50, max_parallel_training_jobs=5, max_runtime_in_seconds=3600
        ),
        training_job_early_stopping_type="Auto",
        parameter_ranges=ParameterRanges(
            auto_parameters=[AutoParameter(name=name, value_hint=hint) for name, hint in HINTS.items()]
        ),
    )
    tuning_job = HyperParameterTuningJob.create(
        hyper_parameter_tuning_job_name=f"xgboost-tune-{unique('')[1:]}",
        autotune=Autotune(mode="Enabled"),
        training_job_definition=definition,
        hyper_parameter_tuning_job_config=config,
    )
    tuning_job.wait()
    assert tuning_job.hyper_parameter_tuning_job_status == "Completed"
    best = TrainingJob.get(tuning_job.best_training_job.training_job_name)
    assert best.model_artifacts.s3_model_artifacts.endswith("/output/model.tar.gz")
