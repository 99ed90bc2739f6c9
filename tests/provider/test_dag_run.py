"""The operators in a run of a real DAG: rendered, passed on by XCom, deferred and resumed by Airflow itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.local_aws import BUCKET, IMAGE, REGION, ROLE, LocalAws, unique

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(900),
    pytest.mark.documented("apache-airflow-providers-amazon: SageMaker operators"),
]

DAGS = Path(__file__).with_name("dags")


def airflow(aws: LocalAws, home: Path, *arguments: str) -> str:
    """``airflow ARGUMENTS`` with a database of its own; returns what it printed."""
    environ = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_AWS_DEFAULT": f"aws://local:local@/?region_name={REGION}",
        "AWS_ENDPOINT_URL": aws.endpoint,
    }
    ended = subprocess.run(
        [sys.executable, "-m", "airflow", *arguments], env=environ, text=True, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_a_run_of_the_dag_leaves_a_registered_model(aws: LocalAws, tmp_path: Path) -> None:
    name = unique("dag")
    conf = {"name": name, "bucket": BUCKET, "role": ROLE, "image": IMAGE}
    airflow(aws, tmp_path, "db", "migrate")
    printed = airflow(aws, tmp_path, "dags", "test", "provider_jobs", "--conf", json.dumps(conf))
    assert "state=success" in printed
    jobs = aws.sagemaker.list_training_jobs(NameContains=f"{name}-train")["TrainingJobSummaries"]
    assert [job["TrainingJobStatus"] for job in jobs] == ["Completed", "Completed"]
    (version,) = aws.sagemaker.list_model_packages(ModelPackageGroupName=name)["ModelPackageSummaryList"]
    package = aws.sagemaker.describe_model_package(ModelPackageName=version["ModelPackageArn"])
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == f"s3://{BUCKET}/{name}/{name}-train/output/model.tar.gz"
