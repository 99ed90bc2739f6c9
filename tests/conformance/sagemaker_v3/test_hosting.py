"""Models built, registered, deployed and used in batch by the model builder, of the SDK's example notebooks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import EndpointConfig, Model, ModelPackage
from sagemaker.core.training.configs import InputData, OutputDataConfig
from sagemaker.core.transformer import Transformer
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer

from tests.conformance import data
from tests.support.local_aws import LocalAws, unique

pytestmark = pytest.mark.documented(
    "SageMaker Python SDK v3: train-inference-e2e-example, v3-model-registry-example, v3-transform-job-example"
)

ROWS = data.label_first(data.abalone()[:3])
FEATURES = "\n".join(line.partition(",")[2] for line in ROWS.splitlines())


@pytest.fixture
def image_uri() -> str:
    return str(
        image_uris.retrieve(
            framework="xgboost", region="us-east-1", version="1.7-1", py_version="py3", instance_type="ml.m5.xlarge"
        )
    )


@pytest.fixture
def model_trainer(session: Session, role: str, bucket: str, image_uri: str) -> ModelTrainer:
    """A trainer that has trained."""
    Path("abalone").write_text(data.libsvm(data.abalone()))
    session.upload_data("abalone", bucket=bucket, key_prefix="v3/hosting/train")
    trainer = ModelTrainer(
        training_image=image_uri,
        hyperparameters={"objective": "reg:squarederror", "num_round": "10"},
        role=role,
        sagemaker_session=session,
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{bucket}/v3/hosting/output"),
        base_job_name="e2e-v3-xgboost",
    )
    source = f"s3://{bucket}/v3/hosting/train"
    trainer.train(input_data_config=[InputData(channel_name="train", data_source=source, content_type="libsvm")])
    return trainer


@pytest.fixture
def s3_url(model_trainer: ModelTrainer) -> str:
    return str(model_trainer._latest_training_job.model_artifacts.s3_model_artifacts)


def rings(answer: str) -> list[float]:
    found = [float(number) for number in re.split(r"[,\n]", answer.strip())]
    assert all(3 < number < 20 for number in found)
    return found


def test_a_trained_model_is_built_deployed_invoked_and_deleted(
    session: Session, role: str, image_uri: str, model_trainer: ModelTrainer
) -> None:
    model_builder = ModelBuilder(
        model=model_trainer, image_uri=image_uri, role_arn=role, sagemaker_session=session, dependencies={"auto": False}
    )
    core_model = model_builder.build(model_name=unique("train-inf-v3-example-model"))
    core_endpoint = model_builder.deploy(
        endpoint_name=unique("train-inf-v3-example-endpoint"), initial_instance_count=1
    )
    result = core_endpoint.invoke(body=FEATURES, content_type="text/csv")
    assert len(rings(result.body.read().decode("utf-8"))) == 3

    core_endpoint_config = EndpointConfig.get(endpoint_config_name=core_endpoint.endpoint_name)
    core_model.delete()
    core_endpoint.delete()
    core_endpoint_config.delete()


def test_a_model_is_registered_from_its_data_and_from_a_model_and_built_from_the_registry(
    aws: LocalAws, session: Session, role: str, image_uri: str, s3_url: str
) -> None:
    name = unique("my-model")
    model_builder = ModelBuilder(
        s3_model_data_url=s3_url, image_uri=image_uri, sagemaker_session=session, role_arn=role
    )
    model_builder.build(model_name=name)
    model_builder.register(
        model_package_group_name=unique("my-model-package-group"),
        content_types=["application/json"],
        response_types=["application/json"],
        inference_instances=["ml.m5.xlarge"],
        approval_status="Approved",
    )

    model = Model.get(model_name=name)
    model_builder = ModelBuilder(
        image_uri=model.primary_container.image,
        s3_model_data_url=model.primary_container.model_data_url,
        role_arn=role,
        sagemaker_session=session,
    )
    registered = model_builder.register(
        model_package_group_name=unique("my-model-group-from-existing-model"),
        content_types=["application/json"],
        response_types=["application/json"],
    )
    aws.sagemaker.update_model_package(ModelPackageArn=registered, ModelApprovalStatus="Approved")

    model_package = ModelPackage.get(model_package_name=registered)
    (container,) = model_package.inference_specification.containers
    model_builder = ModelBuilder(
        s3_model_data_url=container.model_data_url,
        image_uri=container.image,
        role_arn=role,
        sagemaker_session=session,
    )
    built = model_builder.build(model_name=unique("my-model-from-registry"))
    assert built.primary_container.model_data_url == s3_url


def test_rows_are_transformed_in_batch(
    aws: LocalAws, session: Session, role: str, bucket: str, image_uri: str, s3_url: str
) -> None:
    name = unique("my-transform-model")
    model_builder = ModelBuilder(
        image_uri=image_uri, s3_model_data_url=s3_url, role_arn=role, sagemaker_session=session
    )
    model_builder.build(model_name=name)
    aws.put(f"{name}/validation/validation.csv", ROWS)
    transformer = Transformer(
        model_name=name,
        instance_count=1,
        instance_type="ml.m5.xlarge",
        accept="text/csv",
        assemble_with="Line",
        output_path=f"s3://{bucket}/{name}/transform-outputs",
        sagemaker_session=session,
    )
    transformer.transform(
        f"s3://{bucket}/{name}/validation", content_type="text/csv", split_type="Line", input_filter="$[1:]"
    )
    answers = aws.read(f"s3://{bucket}/{name}/transform-outputs/validation.csv.out")
    assert len(rings(answers.decode())) == 3
