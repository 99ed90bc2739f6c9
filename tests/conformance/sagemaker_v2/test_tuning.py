"""Automatic model tuning, of the SDK's documentation and SageMaker's example notebooks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sagemaker
from sagemaker import image_uris
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.tuner import ContinuousParameter, HyperparameterTuner, IntegerParameter

from tests.conformance import data
from tests.support.local_aws import BUCKET, LocalAws

pytestmark = pytest.mark.documented("SageMaker Python SDK v2: Automatic Model Tuning; hpo_xgboost_direct_marketing")

TRAIN = Path(__file__).parents[1] / "scripts" / "tune.py"


@pytest.fixture
def channels(aws: LocalAws) -> dict[str, TrainingInput]:
    """Whether an abalone has more than ten rings: the label first, numbers only."""
    rows = [[*row[:-1], str(int(int(row[-1]) > 10))] for row in data.abalone()]
    for name, part in {"train": rows[::2], "validation": rows[1::2]}.items():
        aws.put(f"v2/tuning/{name}/{name}.csv", data.label_first(part))
    return {
        name: TrainingInput(s3_data=f"s3://{BUCKET}/v2/tuning/{name}", content_type="csv")
        for name in ("train", "validation")
    }


def test_the_built_in_xgboost_algorithm_is_tuned(
    session: sagemaker.Session, role: str, channels: dict[str, TrainingInput]
) -> None:
    xgb = Estimator(
        image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1"),
        role,
        instance_count=1,
        instance_type="ml.m4.xlarge",
        output_path=f"s3://{BUCKET}/v2/tuning/output",
        sagemaker_session=session,
    )
    xgb.set_hyperparameters(
        eval_metric="auc", objective="binary:logistic", num_round=100, rate_drop=0.3, tweedie_variance_power=1.4
    )
    tuner = HyperparameterTuner(
        xgb,
        "validation:auc",
        {
            "eta": ContinuousParameter(0, 1),
            "min_child_weight": ContinuousParameter(1, 10),
            "alpha": ContinuousParameter(0, 2),
            "max_depth": IntegerParameter(1, 10),
        },
        max_jobs=20,
        max_parallel_jobs=3,
    )
    tuner.fit(channels, include_cls_metadata=False)
    found = tuner.analytics().dataframe()
    assert list(found["TrainingJobStatus"]) == ["Completed"] * 20
    best = found.sort_values("FinalObjectiveValue").iloc[-1]
    assert tuner.best_training_job() == best["TrainingJobName"]
    assert 0.7 < best["FinalObjectiveValue"] < 1
    assert tuner.best_estimator().model_data.endswith(f"{best['TrainingJobName']}/output/model.tar.gz")


def test_an_own_script_is_tuned_by_what_it_prints_and_a_tuner_attaches(
    session: sagemaker.Session, role: str, channels: dict[str, TrainingInput]
) -> None:
    shutil.copy(TRAIN, "tune.py")
    my_estimator = SKLearn(
        entry_point="tune.py",
        framework_version="1.2-1",
        instance_type="ml.m5.xlarge",
        role=role,
        sagemaker_session=session,
    )
    my_tuner = HyperparameterTuner(
        estimator=my_estimator,
        objective_metric_name="validation-accuracy",
        hyperparameter_ranges={"learning-rate": ContinuousParameter(0.05, 0.06)},
        metric_definitions=[{"Name": "validation-accuracy", "Regex": r"validation-accuracy=(\d\.\d+)"}],
        max_jobs=4,
        max_parallel_jobs=2,
        early_stopping_type="Auto",
    )
    my_tuner.fit(channels)
    attached = HyperparameterTuner.attach(my_tuner.latest_tuning_job.name, sagemaker_session=session)
    assert attached.best_training_job() == my_tuner.best_training_job()
    values = my_tuner.analytics().dataframe()["learning-rate"]
    assert values.between(0.05, 0.06).all()
