"""Asynchronous inference and response streams, of the SageMaker Python SDK's documentation."""

from __future__ import annotations

import pytest
import sagemaker
from sagemaker.async_inference import AsyncInferenceConfig, WaiterConfig
from sagemaker.deserializers import JSONDeserializer
from sagemaker.exceptions import AsyncInferenceModelError
from sagemaker.model import Model
from sagemaker.predictor import Predictor
from sagemaker.predictor_async import AsyncPredictor
from sagemaker.serializers import JSONSerializer

from tests.support.hosting import SERVING
from tests.support.local_aws import BUCKET, LocalAws, unique

pytestmark = pytest.mark.documented("SageMaker Python SDK v2: SageMaker Asynchronous Inference")
SOON = WaiterConfig(delay=1, max_attempts=60)


def model(session: sagemaker.Session, role: str) -> Model:
    """The container answers with what it is sent."""
    return Model(image_uri=SERVING, role=role, sagemaker_session=session, predictor_cls=Predictor)


def test_a_model_is_deployed_for_asynchronous_inference(aws: LocalAws, session: sagemaker.Session, role: str) -> None:
    config = AsyncInferenceConfig(
        output_path=f"s3://{BUCKET}/v2/async/output",
        failure_path=f"s3://{BUCKET}/v2/async/failures",
        max_concurrent_invocations_per_instance=10,
    )
    predictor = model(session, role).deploy(
        initial_instance_count=1,
        instance_type="ml.m5.xlarge",
        endpoint_name=unique("v2-async"),
        async_inference_config=config,
        serializer=JSONSerializer(),
        deserializer=JSONDeserializer(),
    )
    assert isinstance(predictor, AsyncPredictor)
    content = {"ContentType": "application/json"}
    response = predictor.predict_async(data={"instances": [1, 2]}, initial_args=content)
    assert response.output_path.startswith(f"s3://{BUCKET}/v2/async/output/")
    assert response.get_result(SOON) == {"instances": [1, 2]}

    uri = aws.put("v2/async/input.json", '{"instances": [3]}')
    assert predictor.predict(input_path=uri, initial_args=content, waiter_config=SOON) == {"instances": [3]}

    failing = predictor.predict_async(input_path=uri, initial_args={**content, "CustomAttributes": "status=500"})
    with pytest.raises(AsyncInferenceModelError):
        failing.get_result(SOON)
    predictor.delete_endpoint()


def test_a_predictor_streams_an_answer(session: sagemaker.Session, role: str) -> None:
    predictor = model(session, role).deploy(1, "ml.m5.xlarge", endpoint_name=unique("v2-stream"))
    parts = predictor.predict_stream(b"", custom_attributes="stream=one,two")
    assert b"".join(part for part in parts if part is not None) == b"onetwo"
    predictor.delete_endpoint()
