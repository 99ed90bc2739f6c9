"""The AWS CLI against the local endpoint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support.local_aws import ACCOUNT, BUCKET, REGION, LocalAws, unique

pytestmark = pytest.mark.documented("AWS CLI command reference: sagemaker, s3, logs")


def cli(aws: LocalAws, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``aws ARGUMENTS``, with nothing of this machine's AWS set-up."""
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
    }
    command = [sys.executable, "-m", "awscli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def answer(aws: LocalAws, *arguments: str) -> Any:
    """The command's output, which is JSON."""
    result = cli(aws, *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_the_cli_shows_a_training_job_and_its_log(aws: LocalAws) -> None:
    name = aws.train("print('mse=4.25')")
    job = aws.trained(name)
    shown = answer(aws, "sagemaker", "describe-training-job", "--training-job-name", name)
    assert shown["TrainingJobStatus"] == "Completed"
    assert shown["ModelArtifacts"] == job["ModelArtifacts"]
    group = ["--log-group-name", "/aws/sagemaker/TrainingJobs"]
    (stream,) = answer(aws, "logs", "describe-log-streams", *group, "--log-stream-name-prefix", name)["logStreams"]
    events = answer(aws, "logs", "get-log-events", *group, "--log-stream-name", stream["logStreamName"])
    assert [event["message"] for event in events["events"]] == ["mse=4.25"]


def test_the_cli_lists_objects_of_a_run(aws: LocalAws) -> None:
    prefix = unique("cli")
    aws.put(f"{prefix}/model.tar.gz", "12345")
    result = cli(aws, "s3", "ls", f"s3://{BUCKET}/{prefix}/")
    assert result.returncode == 0, result.stderr
    assert result.stdout.split()[-2:] == ["5", "model.tar.gz"]


def test_the_cli_lists_and_approves_model_packages(aws: LocalAws) -> None:
    group = unique("cli")
    aws.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    arn = answer(aws, "sagemaker", "create-model-package", "--model-package-group-name", group)["ModelPackageArn"]
    update = ["--model-package-arn", arn, "--model-approval-status", "Approved"]
    answer(aws, "sagemaker", "update-model-package", *update)
    listed = answer(aws, "sagemaker", "list-model-packages", "--model-package-group-name", group)
    (package,) = listed["ModelPackageSummaryList"]
    assert package["ModelPackageArn"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{group}/1"
    assert package["ModelApprovalStatus"] == "Approved"


def test_the_cli_ends_with_an_error_and_its_message(aws: LocalAws) -> None:
    result = cli(aws, "sagemaker", "describe-training-job", "--training-job-name", "none")
    assert result.returncode != 0
    assert "(ValidationException)" in result.stderr
    assert "Requested resource not found." in result.stderr


def test_the_cli_waits_for_a_job(aws: LocalAws) -> None:
    name = aws.process("")
    aws.processed(name)
    waited = cli(aws, "sagemaker", "wait", "processing-job-completed-or-stopped", "--processing-job-name", name)
    assert waited.returncode == 0, waited.stderr
