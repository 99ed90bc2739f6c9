"""XGBoost's own collective between the instances of a training job."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.local_aws import channel, training_request, unique
from tests.support.stack import BUCKET, LocalStack

SCRIPT = Path(__file__).with_name("distributed_training.py")


@pytest.mark.local_only
def test_two_instances_train_one_model_on_both_their_rows(stack: LocalStack) -> None:
    resolved = stack.result(stack.runs()[-1]["dag_run_id"], "resolve")
    prefix = unique("distributed")
    stack.aws.s3.put_object(Bucket=BUCKET, Key=f"{prefix}/code/main.py", Body=SCRIPT.read_bytes())
    for number in range(2):
        stack.aws.s3.put_object(Bucket=BUCKET, Key=f"{prefix}/train/{number}.csv", Body=rows(seed=number))
    source = {"S3DataType": "S3Prefix", "S3DataDistributionType": "ShardedByS3Key"}
    sharded = {"S3DataSource": {**source, "S3Uri": f"s3://{BUCKET}/{prefix}/train"}}
    program = ["python3", "/opt/ml/input/data/code/main.py"]
    name = unique("distributed")
    stack.aws.sagemaker.create_training_job(
        **training_request(
            name,
            "",
            algorithm={"TrainingImage": resolved["image"]["uri"], "ContainerEntrypoint": program},
            RoleArn=resolved["role_arn"],
            InputDataConfig=[
                channel("code", f"s3://{BUCKET}/{prefix}/code"),
                {"ChannelName": "train", "DataSource": sharded},
            ],
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/{prefix}/out"},
            ResourceConfig={"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        )
    )
    job = stack.aws.trained(name)
    lines = stack.aws.log_lines("TrainingJobs", name)
    assert job["TrainingJobStatus"] == "Completed", lines
    assert lines.count("of 2 instances, on 200 rows here") == 2, lines
    models = {line for line in lines if line.startswith("model ")}
    assert len(models) == 1, f"each instance has a model of its own: {lines}"


def rows(seed: int) -> str:
    """200 rows of two features and what they sum to."""
    source = random.Random(seed)
    pairs = [(source.random(), source.random()) for _ in range(200)]
    return "\n".join(f"{one:.6f},{two:.6f},{one + two:.6f}" for one, two in pairs) + "\n"
