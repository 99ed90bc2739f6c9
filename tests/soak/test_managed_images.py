"""Every managed image that can be run is installed, trains, and serves what it has trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagemaker_local.domain.managed_images import SCIKIT_LEARN, XGBOOST, Framework
from sagemaker_local.domain.registries import ACCOUNTS
from sagemaker_local.execution.images import ImageCatalog
from tests.support.abalone import as_csv, rows
from tests.support.distributed import instances, sharded, train_together
from tests.support.local_aws import BUCKET, LocalAws, channel, unique
from tests.support.managed import artifact, train_managed, train_script
from tests.support.serving import container

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800), pytest.mark.local_only]
REGION = "us-east-1"


def addresses(framework: Framework) -> list[str]:
    return [
        f"{ACCOUNTS[REGION]}.dkr.ecr.{REGION}.amazonaws.com/{framework.repository}:{tag}" for tag in framework.tags()
    ]


@pytest.fixture(autouse=True)
def installed(image: str, environments: Path) -> None:
    """An image's first job waits until it is installed, which may take minutes."""
    catalog = ImageCatalog(None, environments, {})
    catalog.ensure_installed(catalog.find(image))


def unpacked(aws: LocalAws, job: dict[str, object], base: Path) -> None:
    """The job's model where a container finds it."""
    model = base / "opt_ml" / "model"
    model.mkdir(parents=True)
    for name, content in artifact(aws, job).items():
        (model / name).write_bytes(content)


@pytest.mark.parametrize("image", addresses(XGBOOST))
def test_xgboost_trains_over_two_instances_and_serves(
    aws: LocalAws,
    environments: Path,
    tmp_path: Path,
    image: str,
) -> None:
    source = sharded(aws, 4)
    job = train_managed(
        aws,
        image,
        HyperParameters={"num_round": "5", "objective": "reg:squarederror", "eval_metric": "rmse,mse"},
        InputDataConfig=[
            {"ChannelName": name, "ContentType": "text/csv", "DataSource": source} for name in ("train", "validation")
        ],
        ResourceConfig=instances(2),
    )
    assert job["TrainingJobStatus"] == "Completed", aws.log_lines("TrainingJobs", job["TrainingJobName"])
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert metrics["validation:rmse"] < 3
    assert metrics["validation:mse"] < 9
    unpacked(aws, job, tmp_path)
    box = container(image, environments, tmp_path)
    with box.serving():
        (row,) = rows(0, 1)
        status, body, _ = box.invoke(",".join(row[1:]), "text/csv")
        assert status == 200
        assert 5 < float(body) < 20


@pytest.mark.parametrize("host", ["algo-1", "algo-2"])
@pytest.mark.parametrize("image", addresses(XGBOOST))
def test_who_fails_in_a_collective_of_xgboost_ends_the_job_with_its_reason(
    aws: LocalAws, image: str, host: str
) -> None:
    job = train_together(aws, 3, parts=3, failing=host, image=image)
    assert job["TrainingJobStatus"] == "Failed"
    assert f"ValueError: of {host}" in job["FailureReason"], job


TRAIN = """
import os, joblib, numpy
from sklearn.linear_model import LinearRegression
rows = numpy.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "rows.csv"), delimiter=",")
model = LinearRegression().fit(rows[:, 1:], rows[:, 0])
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""
INFERENCE = "import joblib\ndef model_fn(folder): return joblib.load(folder + '/model.joblib')"


@pytest.mark.parametrize("image", addresses(SCIKIT_LEARN))
def test_scikit_learn_trains_by_a_script_and_serves(
    aws: LocalAws,
    environments: Path,
    tmp_path: Path,
    image: str,
) -> None:
    prefix = unique("rows")
    aws.put(f"{prefix}/rows.csv", as_csv(rows(0, 1000)))
    data = [channel("train", f"s3://{BUCKET}/{prefix}")]
    job = train_script(aws, {"train.py": TRAIN}, "train.py", image, InputDataConfig=data)
    assert job["TrainingJobStatus"] == "Completed", aws.log_lines("TrainingJobs", job["TrainingJobName"])
    unpacked(aws, job, tmp_path)
    (tmp_path / "opt_ml" / "model" / "code").mkdir()
    (tmp_path / "opt_ml" / "model" / "code" / "inference.py").write_text(INFERENCE)
    box = container(image, environments, tmp_path)
    with box.serving():
        features = [row[1:] for row in rows(0, 2)]
        status, body, _ = box.invoke(as_csv(features), "text/csv", "application/json")
        assert status == 200
        assert all(5 < answer < 20 for answer in json.loads(body))
