"""An endpoint by resource chaining and a batch transform job, of sagemaker-core's notebook on inference."""

from __future__ import annotations

import re

import pytest
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, TrainingJob, TransformJob
from sagemaker.core.shapes import (
    AlgorithmSpecification,
    Channel,
    ContainerDefinition,
    DataSource,
    OutputDataConfig,
    ProductionVariant,
    ResourceConfig,
    S3DataSource,
    StoppingCondition,
    TransformDataSource,
    TransformInput,
    TransformOutput,
    TransformResources,
    TransformS3DataSource,
)

from tests.conformance import data
from tests.support.local_aws import BUCKET, LocalAws, unique

pytestmark = pytest.mark.documented("sagemaker-core: inference_and_resource_chaining")

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
# Three classes, as the irises of the example: few, some and many rings.
ROWS = data.label_first([[*row[:-1], str(min(int(row[-1]) // 8, 2))] for row in data.abalone()])
FEATURES = "\n".join(line.partition(",")[2] for line in ROWS.splitlines()[:5])


@pytest.fixture
def model(aws: LocalAws, role: str) -> Model:
    """What a training job has learnt, as a model."""
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
                        s3_uri=aws.put("core/hosting/train.csv", ROWS),
                        s3_data_distribution_type="FullyReplicated",
                    )
                ),
            )
        ],
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/core/hosting/output"),
        resource_config=ResourceConfig(instance_type="ml.m4.xlarge", instance_count=1, volume_size_in_gb=30),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
    )
    training_job.wait(poll=1)
    return Model.create(
        model_name=unique("xgboost-iris"),
        primary_container=ContainerDefinition(
            image=IMAGE, model_data_url=training_job.model_artifacts.s3_model_artifacts
        ),
        execution_role_arn=role,
    )


def config(model: Model, instances: int) -> EndpointConfig:
    key = unique("xgboost-iris")
    return EndpointConfig.create(
        endpoint_config_name=key,
        production_variants=[
            ProductionVariant(
                variant_name=key,
                initial_instance_count=instances,
                instance_type="ml.m5.xlarge",
                model_name=model,  # the object itself: resources are chained
            )
        ],
    )


def classes(answer: str) -> list[float]:
    found = [float(number) for number in re.split(r"[,\n]", answer.strip())]
    assert set(found) <= {0.0, 1.0, 2.0}
    return found


def test_an_endpoint_is_chained_to_its_model_invoked_updated_and_deleted(model: Model) -> None:
    endpoint_config = config(model, 1)
    endpoint: Endpoint = Endpoint.create(endpoint_name=unique("xgboost-iris"), endpoint_config_name=endpoint_config)
    endpoint.wait_for_status("InService")
    invoke_result = endpoint.invoke(body=FEATURES, content_type="text/csv", accept="text/csv")
    assert len(classes(invoke_result.body.read().decode())) == 5
    # It reads the answer as a structure, which the stream in it is not; it has been invoked by then.
    with pytest.raises(AttributeError, match="EventStream"):
        endpoint.invoke_with_response_stream(body=FEATURES, content_type="text/csv", accept="text/csv")

    larger = config(model, 2)
    endpoint.endpoint_config_name = larger.endpoint_config_name
    endpoint.update()
    endpoint.wait_for_status("InService")
    assert endpoint.endpoint_config_name == larger.endpoint_config_name
    assert endpoint.production_variants[0].current_instance_count == 2
    assert endpoint.endpoint_name in [one.endpoint_name for one in Endpoint.get_all()]

    endpoint.delete()
    endpoint.wait_for_delete()
    for one in (endpoint_config, larger):
        one.delete()
    model.delete()


def test_rows_are_transformed_in_batch(aws: LocalAws, model: Model) -> None:
    key = unique("xgboost-iris")
    transform_job = TransformJob.create(
        transform_job_name=key,
        model_name=model,
        transform_input=TransformInput(
            data_source=TransformDataSource(
                s3_data_source=TransformS3DataSource(s3_data_type="S3Prefix", s3_uri=aws.put(f"{key}/in.csv", FEATURES))
            ),
            content_type="text/csv",
            split_type="Line",
        ),
        transform_output=TransformOutput(
            s3_output_path=f"s3://{BUCKET}/{key}-out", assemble_with="Line", accept="text/csv"
        ),
        transform_resources=TransformResources(instance_type="ml.m5.xlarge", instance_count=1),
    )
    transform_job.wait(poll=1)
    assert transform_job.transform_job_status == "Completed"
    assert len(classes(aws.read(f"s3://{BUCKET}/{key}-out/in.csv.out").decode())) == 5
    assert key in [one.transform_job_name for one in TransformJob.get_all()]
    model.delete()
