"""XGBoost as the built-in algorithm and in script mode on spot instances, of SageMaker's example notebook."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import ContinuousParameter, IntegerParameter
from sagemaker.core.resources import HyperParameterTuningJob, TrainingJob
from sagemaker.core.training.configs import (
    CheckpointConfig,
    Compute,
    InputData,
    OutputDataConfig,
    SourceCode,
    StoppingCondition,
)
from sagemaker.train import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

from tests.conformance import data
from tests.support.local_aws import LocalAws, unique

pytestmark = pytest.mark.documented("amazon-sagemaker-examples: sm-managed_spot_training_xgboost-v3")

ABALONE = Path(__file__).parents[1] / "scripts" / "abalone.py"
PREFIX = "sagemaker/DEMO-xgboost-spot"
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
def channels(session: Session, bucket: str) -> list[InputData]:
    """Both channels with the same data, as in the notebook; few rows, as a tuned job has up to 4000 rounds."""
    Path("abalone").write_text(data.libsvm(data.abalone()[:400]))
    session.upload_data("abalone", bucket=bucket, key_prefix=f"{PREFIX}/train")
    uri = f"s3://{bucket}/{PREFIX}/train"
    return [InputData(channel_name=name, data_source=uri, content_type="libsvm") for name in ("train", "validation")]


def trainer(session: Session, role: str, bucket: str, source_code: SourceCode | None = None) -> ModelTrainer:
    """On spot instances, with checkpoints."""
    job_name = unique("DEMO-xgboost-spot")
    return ModelTrainer(
        training_image=image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1"),
        role=role,
        sagemaker_session=session,
        source_code=source_code,
        hyperparameters=HYPERPARAMETERS,
        compute=Compute(
            instance_type="ml.m5.4xlarge",
            instance_count=1,
            volume_size_in_gb=5,
            enable_managed_spot_training=True,
        ),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=3600, max_wait_time_in_seconds=7200),
        checkpoint_config=CheckpointConfig(s3_uri=f"s3://{bucket}/{PREFIX}/checkpoints/{job_name}"),
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{bucket}/{PREFIX}/abalone-xgb/output"),
        base_job_name=job_name,
    )


def files(aws: LocalAws, archive: str) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(aws.read(archive))) as tar:
        return tar.getnames()


def test_the_built_in_algorithm_trains_on_spot_instances(
    aws: LocalAws, session: Session, role: str, bucket: str, channels: list[InputData]
) -> None:
    model_trainer = trainer(session, role, bucket)
    model_trainer.train(input_data_config=channels[:1])
    job = model_trainer._latest_training_job
    assert (job.training_job_status, job.enable_managed_spot_training) == ("Completed", True)
    assert "xgboost-model" in files(aws, job.model_artifacts.s3_model_artifacts)


def test_an_own_script_trains_on_spot_instances(
    aws: LocalAws, session: Session, role: str, bucket: str, channels: list[InputData]
) -> None:
    shutil.copy(ABALONE, "abalone.py")
    script_mode_trainer = trainer(session, role, bucket, SourceCode(source_dir=".", entry_script="abalone.py"))
    script_mode_trainer.train(input_data_config=channels)
    job = script_mode_trainer._latest_training_job
    assert job.training_job_status == "Completed"
    assert "xgboost-model" in files(aws, job.model_artifacts.s3_model_artifacts)


RANGES = {
    "max_depth": IntegerParameter(0, 10, scaling_type="Auto"),
    "num_round": IntegerParameter(1, 4000, scaling_type="Auto"),
    "alpha": ContinuousParameter(0, 2, scaling_type="Auto"),
    "subsample": ContinuousParameter(0.5, 1, scaling_type="Auto"),
    "min_child_weight": ContinuousParameter(0, 120, scaling_type="Auto"),
    "gamma": ContinuousParameter(0, 5, scaling_type="Auto"),
    "eta": ContinuousParameter(0.1, 0.5, scaling_type="Auto"),
}


def test_the_built_in_algorithm_is_tuned(session: Session, role: str, bucket: str, channels: list[InputData]) -> None:
    tuner = HyperparameterTuner(
        trainer(session, role, bucket),
        "validation:rmse",
        RANGES,
        max_jobs=6,
        max_parallel_jobs=2,
        objective_type="Minimize",
        base_tuning_job_name="DEMO-xgboost-spot",
    )
    tuner.tune(inputs=channels)
    best = tuned(tuner).best_training_job.final_hyper_parameter_tuning_job_objective_metric
    assert best.metric_name == "validation:rmse"
    assert 0 < best.value < 3


def tuned(tuner: HyperparameterTuner) -> HyperParameterTuningJob:
    """The tuning job, which has completed with all of its training jobs.

    XGBoost refuses the least depth of the range, 0, by its exact method, which it takes for few rows.
    """
    tuning_job = tuner.latest_tuning_job
    tuning_job.refresh()
    assert tuning_job.hyper_parameter_tuning_job_status == "Completed"
    names = [job.training_job_name for job in tuning_job.get_all_training_jobs()]
    jobs = [TrainingJob.get(name) for name in names]
    assert len(jobs) == 6
    for job in jobs:
        deep = job.hyper_parameters["max_depth"] != "0"
        assert job.training_job_status == ("Completed" if deep else "Failed")
    return tuning_job


def test_metrics_of_ones_own_are_refused_for_the_xgboost_image_in_script_mode_too(
    session: Session, role: str, bucket: str, channels: list[InputData]
) -> None:
    shutil.copy(ABALONE, "abalone.py")
    tuner = HyperparameterTuner(
        trainer(session, role, bucket, SourceCode(source_dir=".", entry_script="abalone.py")),
        "validation:rmse",
        RANGES,
        metric_definitions=[{"Name": "validation:rmse", "Regex": "validation-rmse:([0-9\\.]+)"}],
    )
    with pytest.raises(ClientError, match="You can't override the metric definitions for Amazon SageMaker algorithms"):
        tuner.tune(inputs=channels)


def test_an_own_script_is_tuned_by_the_metrics_that_sagemaker_knows(
    session: Session, role: str, bucket: str, channels: list[InputData]
) -> None:
    shutil.copy(ABALONE, "abalone.py")
    tuner = HyperparameterTuner(
        trainer(session, role, bucket, SourceCode(source_dir=".", entry_script="abalone.py")),
        "validation:rmse",
        RANGES,
        max_jobs=6,
        max_parallel_jobs=2,
        objective_type="Minimize",
        base_tuning_job_name="DEMO-xgboost-script",
    )
    tuner.tune(inputs=channels)
    assert tuner.best_training_job() == tuned(tuner).best_training_job.training_job_name
