"""XGBoost in script mode and as the built-in algorithm, of the SDK's documentation and SageMaker's guide."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest
import sagemaker
from sagemaker import image_uris
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.xgboost.estimator import XGBoost

from tests.conformance import data
from tests.support.local_aws import BUCKET, LocalAws

pytestmark = pytest.mark.documented("SageMaker Python SDK v2: Use XGBoost; Developer Guide: XGBoost algorithm")

ABALONE = Path(__file__).parents[1] / "scripts" / "abalone.py"
HYPERPARAMETERS = {
    "max_depth": "5",
    "eta": "0.2",
    "gamma": "4",
    "min_child_weight": "6",
    "subsample": "0.7",
    "objective": "reg:squarederror",
    "num_round": "50",
    "verbosity": "2",
}


@pytest.fixture
def channels(aws: LocalAws) -> dict[str, TrainingInput]:
    """The abalone data in libsvm, four fifths to train on and the rest to validate."""
    rows = data.abalone()
    parts = {"train": rows[::5] + rows[1::5] + rows[2::5] + rows[3::5], "validation": rows[4::5]}
    prefixes = {name: aws.put(f"v2/xgboost/{name}/abalone", data.libsvm(part)) for name, part in parts.items()}
    return {name: TrainingInput(uri.rpartition("/")[0], content_type="libsvm") for name, uri in prefixes.items()}


def files(aws: LocalAws, archive: str) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(aws.read(archive))) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers() if member.isfile()}  # type: ignore[union-attr]


def test_the_open_source_algorithm_runs_an_own_script(
    aws: LocalAws, session: sagemaker.Session, role: str, channels: dict[str, TrainingInput]
) -> None:
    shutil.copy(ABALONE, "abalone.py")
    xgb_script_mode_estimator = XGBoost(
        entry_point="abalone.py",
        hyperparameters=HYPERPARAMETERS,
        role=role,
        instance_count=1,
        instance_type="ml.m5.2xlarge",
        framework_version="1.7-1",
        output_path=f"s3://{BUCKET}/v2/xgboost/script-mode/output",
        sagemaker_session=session,
    )
    xgb_script_mode_estimator.fit(channels)
    assert list(files(aws, xgb_script_mode_estimator.model_data)) == ["xgboost-model"]
    (log,) = [line for line in aws.log_lines("TrainingJobs", xgb_script_mode_estimator.latest_training_job.name)
              if line.startswith("[49]")]  # fmt: skip
    assert "validation-rmse:2." in log


def test_the_built_in_algorithm_trains_on_libsvm(
    aws: LocalAws, session: sagemaker.Session, role: str, channels: dict[str, TrainingInput]
) -> None:
    xgboost_container = image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1")
    estimator = Estimator(
        image_uri=xgboost_container,
        hyperparameters=HYPERPARAMETERS,
        role=role,
        instance_count=1,
        instance_type="ml.m5.2xlarge",
        volume_size=5,
        output_path=f"s3://{BUCKET}/v2/xgboost/abalone/output",
        sagemaker_session=session,
    )
    estimator.fit(channels)
    assert list(files(aws, estimator.model_data)) == ["xgboost-model"]
    metrics = estimator.training_job_analytics.dataframe().set_index("metric_name")["value"]
    assert 1 < metrics["train:rmse"] < metrics["validation:rmse"] < 3
