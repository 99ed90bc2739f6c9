"""The training jobs that servers are filled with, and the one that does nothing."""

from __future__ import annotations

import time
from typing import Any

from bench.client import ACCOUNT, REGION, Client
from deploy.errors import Failure

IMAGE_NAME, ROLE, BUCKET = "nothing", "jobs", "bench"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{IMAGE_NAME}:1"

POLL_SECONDS = 0.002


def name(number: int) -> str:
    """Of the job with that number."""
    return f"bench-{number:05}"


def request(job: str) -> dict[str, Any]:
    """CreateTrainingJob of an ordinary size, for a program that does nothing."""
    return {
        "TrainingJobName": job,
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
        "HyperParameters": {f"parameter-{number}": f"value {number}" for number in range(10)},
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["/bin/true"],
            "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
        },
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def run(client: Client, job: str) -> float:
    """Run it; returns the seconds from the call of Create to Describe's Completed. Raises Failure if it fails."""
    begin = time.perf_counter()
    client.call("CreateTrainingJob", request(job))
    while True:
        described, _ = client.call("DescribeTrainingJob", {"TrainingJobName": job})
        if described["TrainingJobStatus"] != "InProgress":
            break
        time.sleep(POLL_SECONDS)
    if described["TrainingJobStatus"] != "Completed":
        raise Failure(f"{job} is {described['TrainingJobStatus']}: {described.get('FailureReason')}")
    return time.perf_counter() - begin
