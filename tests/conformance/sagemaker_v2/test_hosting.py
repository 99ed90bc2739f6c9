"""Models deployed, updated and used in batch, of the documentation of the SDK's frameworks."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import sagemaker
from botocore.exceptions import ClientError
from sagemaker import image_uris
from sagemaker.deserializers import CSVDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model import Model
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer, StringSerializer
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.model import SKLearnModel
from sagemaker.transformer import Transformer
from sagemaker.xgboost.estimator import XGBoost
from sagemaker.xgboost.model import XGBoostModel

from tests.conformance import data
from tests.support.local_aws import BUCKET, LocalAws, unique

pytestmark = pytest.mark.documented(
    "SageMaker Python SDK v2: Use XGBoost; Using Scikit-learn; Using the SageMaker Python SDK"
)

SCRIPTS = Path(__file__).parents[1] / "scripts"
HYPERPARAMETERS = {"max_depth": "5", "eta": "0.2", "objective": "reg:squarederror", "num_round": "10"}
ROWS = [[float(value) for value in line.split(",")] for line in data.label_first(data.abalone()[:3]).splitlines()]
FEATURES = [row[1:] for row in ROWS]


@pytest.fixture(autouse=True)
def scripts() -> None:
    for script in SCRIPTS.glob("*.py"):
        shutil.copy(script, script.name)


@pytest.fixture
def libsvm(aws: LocalAws) -> dict[str, TrainingInput]:
    uri = aws.put("v2/hosting/libsvm/abalone", data.libsvm(data.abalone())).rpartition("/")[0]
    return {name: TrainingInput(uri, content_type="libsvm") for name in ("train", "validation")}


def built_in(session: sagemaker.Session, role: str) -> Estimator:
    return Estimator(
        image_uri=image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1"),
        hyperparameters=HYPERPARAMETERS,
        role=role,
        instance_count=1,
        instance_type="ml.m5.2xlarge",
        output_path=f"s3://{BUCKET}/v2/hosting/output",
        sagemaker_session=session,
    )


def test_the_built_in_algorithms_model_is_deployed_updated_and_deleted(
    session: sagemaker.Session, role: str, libsvm: dict[str, TrainingInput]
) -> None:
    estimator = built_in(session, role)
    estimator.fit(libsvm)
    predictor = estimator.deploy(
        initial_instance_count=1,
        instance_type="ml.m5.xlarge",
        serializer=CSVSerializer(),
        deserializer=CSVDeserializer(),
    )
    said = [float(value) for row in predictor.predict(FEATURES) for value in row]
    assert len(said) == 3
    assert all(3 < rings < 20 for rings in said)

    predictor.update_endpoint(initial_instance_count=2, instance_type="ml.m5.xlarge")
    described = session.sagemaker_client.describe_endpoint(EndpointName=predictor.endpoint_name)
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    another = Predictor(predictor.endpoint_name, session, CSVSerializer(), CSVDeserializer())
    assert [float(value) for row in another.predict(FEATURES) for value in row] == said

    predictor.delete_model()
    predictor.delete_endpoint()
    with pytest.raises(ClientError, match="not found"):
        predictor.predict(FEATURES)


def test_an_own_scripts_model_is_deployed_from_its_estimator_and_from_its_data(
    session: sagemaker.Session, role: str, libsvm: dict[str, TrainingInput]
) -> None:
    estimator = XGBoost(
        entry_point="abalone.py",
        hyperparameters=HYPERPARAMETERS,
        role=role,
        instance_count=1,
        instance_type="ml.m5.2xlarge",
        framework_version="1.7-1",
        sagemaker_session=session,
    )
    estimator.fit(libsvm)
    serializer = StringSerializer(content_type="text/libsvm")
    predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.xlarge", serializer=serializer)
    payload = data.libsvm(data.abalone()[:3])
    said = predictor.predict(payload)
    assert np.size(said) == 3
    predictor.delete_endpoint()

    xgboost_model = XGBoostModel(
        model_data=estimator.model_data,
        role=role,
        entry_point="abalone.py",
        framework_version="1.7-1",
        sagemaker_session=session,
    )
    predictor = xgboost_model.deploy(instance_type="ml.c4.xlarge", initial_instance_count=1, serializer=serializer)
    assert np.array_equal(predictor.predict(payload), said)
    predictor.delete_endpoint()


def test_a_scikit_learn_model_is_deployed_and_answers_arrays(
    aws: LocalAws, session: sagemaker.Session, role: str
) -> None:
    rows = [[float(value) for value in line.split(",")] for line in data.label_first(data.abalone()).splitlines()]
    for name, part in (("features", [row[1:] for row in rows]), ("labels", [row[:1] for row in rows])):
        aws.put(f"v2/hosting/sklearn/train_{name}.csv", data.csv([[str(value) for value in row] for row in part]))
    sklearn_estimator = SKLearn(
        entry_point="train.py",
        instance_type="ml.m4.xlarge",
        framework_version="1.2-1",
        role=role,
        sagemaker_session=session,
    )
    sklearn_estimator.fit({"train": f"s3://{BUCKET}/v2/hosting/sklearn"})
    predictor = sklearn_estimator.deploy(instance_type="ml.m4.xlarge", initial_instance_count=1)
    response = predictor.predict(np.array(FEATURES))
    assert response.shape == (3,)
    predictor.delete_endpoint()

    sklearn_model = SKLearnModel(
        model_data=sklearn_estimator.model_data,
        role=role,
        entry_point="train.py",
        framework_version="1.2-1",
        sagemaker_session=session,
    )
    predictor = sklearn_model.deploy(instance_type="ml.c4.xlarge", initial_instance_count=1)
    assert np.array_equal(predictor.predict(np.array(FEATURES)), response)
    predictor.delete_endpoint()


def test_rows_are_transformed_in_batch_by_the_estimators_transformer_and_by_the_models(
    aws: LocalAws, session: sagemaker.Session, role: str, libsvm: dict[str, TrainingInput]
) -> None:
    estimator = built_in(session, role)
    estimator.fit(libsvm)
    rows = aws.put(f"{unique('v2/hosting/rows')}/rows.csv", data.csv([[str(v) for v in row] for row in ROWS]))
    transformer = estimator.transformer(
        instance_count=1, instance_type="ml.m4.xlarge", strategy="MultiRecord", assemble_with="Line", accept="text/csv"
    )
    check_transformed(aws, transformer, rows)

    model = Model(
        image_uri=estimator.training_image_uri(),
        model_data=estimator.model_data,
        role=role,
        sagemaker_session=session,
    )
    model.create(instance_type="ml.m4.xlarge")
    transformer = Transformer(
        model_name=model.name,
        instance_count=1,
        instance_type="ml.m4.xlarge",
        assemble_with="Line",
        accept="text/csv",
        output_path=f"s3://{BUCKET}/{unique('v2/hosting/transformed')}",
        sagemaker_session=session,
    )
    check_transformed(aws, transformer, rows)
    transformer.delete_model()


def check_transformed(aws: LocalAws, transformer: Transformer, rows: str) -> None:
    """Each row is answered, with its label before the answer."""
    transformer.transform(
        rows,
        content_type="text/csv",
        split_type="Line",
        input_filter="$[1:]",
        join_source="Input",
        output_filter="$[0,-1]",
    )
    transformer.wait()
    lines = aws.read(f"{transformer.output_path}/rows.csv.out").decode().splitlines()
    assert [float(line.split(",")[0]) for line in lines] == [row[0] for row in ROWS]
    assert all(3 < float(line.split(",")[1]) < 20 for line in lines)
