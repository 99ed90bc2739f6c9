"""The AWS command line: a whole way from data to an approved model, by nothing but commands."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conformance.aws import algorithm
from tests.conformance.aws.command import aws_cli, run, sagemaker
from tests.support.local_aws import IMAGE, REGION, LocalAws, unique
from tests.support.polling import eventually

pytestmark = pytest.mark.documented("AWS CLI Command Reference: sagemaker, s3, iam, logs")

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
PREPARE = "import shutil; shutil.copy('/opt/ml/processing/input/data.csv', '/opt/ml/processing/output/train.csv')"
TRAIN = "open('/opt/ml/model/weights', 'w').write('1'); print('validation:rmse=2.5')"


@pytest.fixture
def role() -> str:
    """A role, made by the command line."""
    made = aws_cli(
        "iam", "create-role", "--role-name", unique("cli"), "--assume-role-policy-document", json.dumps(TRUST)
    )
    return str(made["Role"]["Arn"])


@pytest.fixture
def bucket() -> str:
    """A bucket, made by the command line, with some data."""
    name = unique("cli")
    run("s3", "mb", f"s3://{name}")
    Path("data.csv").write_text("1,2\n3,4\n")
    run("s3", "cp", "data.csv", f"s3://{name}/raw/data.csv")
    return name


def test_from_data_to_an_approved_model(role: str, bucket: str) -> None:
    prepared = process(role, bucket)
    model = train(role, bucket, prepared)
    approve(bucket, model)


def process(role: str, bucket: str) -> str:
    """Run a processing job; the address of its output."""
    name = unique("cli")
    run_in = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}}
    source = {
        "S3Uri": f"s3://{bucket}/raw",
        "LocalPath": "/opt/ml/processing/input",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    target = {
        "S3Uri": f"s3://{bucket}/prepared",
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "EndOfJob",
    }
    request = {
        "ProcessingJobName": name,
        "RoleArn": role,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-c", PREPARE]},
        "ProcessingResources": run_in,
        "ProcessingInputs": [{"InputName": "raw", "S3Input": source}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "prepared", "S3Output": target}]},
    }
    assert sagemaker("create-processing-job", request)["ProcessingJobArn"].endswith(f":processing-job/{name}")
    run("sagemaker", "wait", "processing-job-completed-or-stopped", "--processing-job-name", name)
    job = aws_cli("sagemaker", "describe-processing-job", "--processing-job-name", name)
    assert job["ProcessingJobStatus"] == "Completed"
    assert run("s3", "ls", target["S3Uri"] + "/").split()[-1] == "train.csv"
    return str(target["S3Uri"])


def train(role: str, bucket: str, data: str) -> str:
    """Run a training job; the address of its model."""
    name = unique("cli")
    source = {"S3DataType": "S3Prefix", "S3Uri": data, "S3DataDistributionType": "FullyReplicated"}
    request = {
        "TrainingJobName": name,
        "RoleArn": role,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "-c", TRAIN],
            "MetricDefinitions": [{"Name": "validation:rmse", "Regex": "validation:rmse=([0-9.]+)"}],
        },
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }
    sagemaker("create-training-job", request)
    run("sagemaker", "wait", "training-job-completed-or-stopped", "--training-job-name", name)
    named = ["--training-job-name", name]
    query = "[TrainingJobStatus, FinalMetricDataList[0].Value]"
    assert aws_cli("sagemaker", "describe-training-job", *named, "--query", query) == ["Completed", 2.5]
    listed = run("sagemaker", "list-training-jobs", "--name-contains", name, "--output", "text", "--query",
                 "TrainingJobSummaries[].TrainingJobName")  # fmt: skip
    assert listed.split() == [name]
    assert log(name) == ["validation:rmse=2.5"]
    query = "ModelArtifacts.S3ModelArtifacts"
    return str(aws_cli("sagemaker", "describe-training-job", *named, "--query", query))


def log(job: str) -> list[str]:
    """What the training job has printed."""
    group = ["--log-group-name", "/aws/sagemaker/TrainingJobs"]
    found = aws_cli("logs", "describe-log-streams", *group, "--log-stream-name-prefix", f"{job}/")
    stream = ["--log-stream-name", found["logStreams"][0]["logStreamName"]]
    return [event["message"] for event in aws_cli("logs", "get-log-events", *group, *stream)["events"]]


def approve(bucket: str, model: str) -> None:
    """Register the model as the first version of a group, and approve it."""
    group = unique("cli")
    named = ["--model-package-group-name", group]
    aws_cli("sagemaker", "create-model-package-group", *named, "--tags", "Key=team,Value=cli")
    container = {"Image": IMAGE, "ModelDataUrl": model}
    request = {
        "ModelPackageGroupName": group,
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    }
    arn = sagemaker("create-model-package", request)["ModelPackageArn"]
    assert f":{REGION}:" in arn
    update = ["--model-package-arn", arn, "--model-approval-status", "Approved"]
    aws_cli("sagemaker", "update-model-package", *update)
    approved = ["--model-approval-status", "Approved", "--query", "ModelPackageSummaryList[].ModelPackageArn"]
    assert aws_cli("sagemaker", "list-model-packages", *named, *approved) == [arn]
    shown = aws_cli("sagemaker", "describe-model-package", "--model-package-name", arn)
    assert shown["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == model
    run("sagemaker", "delete-model-package", "--model-package-name", arn)
    run("sagemaker", "delete-model-package-group", *named)


def test_the_built_in_algorithm_and_a_script_are_trained(aws: LocalAws, role: str) -> None:
    requests = [
        algorithm.training(unique("cli"), algorithm.channels(aws), role),
        algorithm.script(unique("cli"), aws, role),
    ]
    for request in requests:
        sagemaker("create-training-job", request)
    for named in (["--training-job-name", request["TrainingJobName"]] for request in requests):
        run("sagemaker", "wait", "training-job-completed-or-stopped", *named)
        values = aws_cli("sagemaker", "describe-training-job", *named, "--query", "FinalMetricDataList[].Value")
        assert values
        assert all(0 < value < 1 for value in values)


def test_the_built_in_algorithm_is_tuned(aws: LocalAws, role: str) -> None:
    name = unique("cli")
    sagemaker("create-hyper-parameter-tuning-job", algorithm.tuning(name, algorithm.channels(aws), role, 6))
    named = ["--hyper-parameter-tuning-job-name", name]
    show = ["sagemaker", "describe-hyper-parameter-tuning-job", *named, "--query"]
    status = eventually(lambda: ended(aws_cli(*show, "HyperParameterTuningJobStatus")), f"the end of {name}", 1200)
    assert status == "Completed"
    best = aws_cli(*show, "BestTrainingJob.TrainingJobName")
    listed = ["sagemaker", "list-training-jobs-for-hyper-parameter-tuning-job", *named]
    order = ["--sort-by", "FinalObjectiveMetricValue", "--sort-order", "Descending", "--max-items", "1"]
    assert aws_cli(*listed, *order)["TrainingJobSummaries"][0]["TrainingJobName"] == best


def ended(status: str) -> str | None:
    return None if status == "InProgress" else status


def test_a_command_that_is_refused_ends_with_the_error_of_the_service(
    role: str, bucket: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run("sagemaker", "describe-processing-job", "--processing-job-name", "none")
    assert "(ValidationException) when calling the DescribeProcessingJob operation" in capfd.readouterr().err


def test_long_lists_come_in_pages_of_the_asked_size() -> None:
    prefix = unique("cli")
    for number in range(3):
        run("sagemaker", "create-model-package-group", "--model-package-group-name", f"{prefix}-{number}")
    listing = ["sagemaker", "list-model-package-groups", "--name-contains", prefix, "--page-size", "1"]
    whole = aws_cli(*listing)["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in whole] == [f"{prefix}-{number}" for number in range(3)]
    first = aws_cli(*listing, "--max-items", "2")
    rest = aws_cli(*listing, "--starting-token", first["NextToken"])
    assert [*first["ModelPackageGroupSummaryList"], *rest["ModelPackageGroupSummaryList"]] == whole
