"""Asynchronous inference by the model builder and by resources, of the SDK's documentation."""

from __future__ import annotations

import io
import tarfile

import pytest
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.inference_config import AsyncInferenceConfig
from sagemaker.core.resources import Endpoint, EndpointConfig
from sagemaker.serve.model_builder import ModelBuilder

from tests.support.asynchronous import result
from tests.support.hosting import SERVING
from tests.support.local_aws import BUCKET, LocalAws, unique

pytestmark = pytest.mark.documented("SageMaker Python SDK v3: ModelBuilder.deploy with an AsyncInferenceConfig")


def test_a_model_is_deployed_for_asynchronous_inference_and_asked(aws: LocalAws, session: Session, role: str) -> None:
    model_builder = ModelBuilder(
        image_uri=SERVING,
        s3_model_data_url=aws.put("v3/async/model.tar.gz", archive()),
        role_arn=role,
        sagemaker_session=session,
        instance_type="ml.m5.xlarge",
        dependencies={"auto": False},
    )
    core_model = model_builder.build(model_name=unique("async-v3-model"))
    output_path = f"s3://{BUCKET}/v3/async/output"
    core_endpoint: Endpoint = model_builder.deploy(
        endpoint_name=unique("async-v3-endpoint"),
        initial_instance_count=1,
        inference_config=AsyncInferenceConfig(output_path=output_path, max_concurrent_invocations_per_instance=2),
    )
    answered = core_endpoint.invoke_async(
        input_location=aws.put("v3/async/input.csv", "1,2,3"), content_type="text/csv", inference_id="row-1"
    )
    assert answered.inference_id == "row-1"
    assert answered.output_location.startswith(output_path)
    assert result(aws, answered.output_location) == b"1,2,3"

    core_endpoint_config = EndpointConfig.get(endpoint_config_name=core_endpoint.endpoint_name)
    assert core_endpoint_config.async_inference_config.client_config.max_concurrent_invocations_per_instance == 2
    core_model.delete()
    core_endpoint.delete()
    core_endpoint_config.delete()


def archive() -> bytes:
    """A model's archive with nothing in it."""
    content = io.BytesIO()
    tarfile.open(fileobj=content, mode="w:gz").close()
    return content.getvalue()
