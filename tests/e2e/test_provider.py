"""The amazon provider's own code believes the local SageMaker, the job's log included."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.test_run import aws_environ
from tests.support.local_aws import ROOT, processing_request, training_request, unique
from tests.support.stack import BUCKET, LocalStack

SCRIPT = Path(__file__).with_name("with_the_providers_hook.py")


@pytest.mark.local_only
def test_the_providers_hook_runs_jobs_and_prints_their_log(stack: LocalStack, tmp_path: Path) -> None:
    resolved = stack.result(stack.runs()[-1]["dag_run_id"], "resolve")
    image, role = resolved["image"]["uri"], resolved["role_arn"]
    stack.aws.s3.put_object(Bucket=BUCKET, Key="provider/train/x.csv", Body=b"1")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/provider/train"}
    training = training_request(
        unique("provider"),
        "print('a line for the reader of the log')",
        algorithm={"TrainingImage": image},
        RoleArn=role,
        InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/provider"},
    )
    entrypoint = ["python3", "-c", "print('done')"]
    application = {"ImageUri": image, "ContainerEntrypoint": entrypoint}
    processing = processing_request(unique("provider"), "", AppSpecification=application, RoleArn=role)
    environ = {**aws_environ(stack.aws), "AIRFLOW_HOME": str(tmp_path), "HOME": str(tmp_path)}
    ended = subprocess.run(
        [str(ROOT / ".venv" / "airflow" / "bin" / "python"), str(SCRIPT), json.dumps(training), json.dumps(processing)],
        env=environ, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    output = ended.stdout + ended.stderr
    assert ended.returncode == 0, output
    assert "a line for the reader of the log" in output
    assert "processing job: Completed" in output
