"""Hyperparameter tuning jobs whose training jobs are tiny programs."""

from __future__ import annotations

from typing import Any

from tests.support.local_aws import BUCKET, IMAGE, ROLE, TERMINAL, LocalAws, channel, unique
from tests.support.polling import eventually

SCRIPT_IMAGE = IMAGE.replace("/bare:", "/script:")
"""an image whose ``train`` runs the program in channel ``code``: a tuning job cannot name an entry point"""
NAME, STATUS = "HyperParameterTuningJobName", "HyperParameterTuningJobStatus"
METRIC = {"Name": "loss", "Regex": "loss=([-+0-9.e]+)"}
SQUARE = """
import json
x = float(json.load(open("/opt/ml/input/config/hyperparameters.json"))["x"])
print(f"loss={(x - 0.3) ** 2}")
"""
"""prints the loss at hyperparameter ``x``: least at 0.3"""
X = {"Name": "x", "MinValue": "0", "MaxValue": "1"}


def gated(gate: str, before: str = "") -> str:
    """A program that runs *before*, waits until object *gate* is there, and prints a loss."""
    return f"""
import os, time, urllib.request
{before}
def opened():
    with urllib.request.urlopen(os.environ["S3_ENDPOINT_URL"] + "/{BUCKET}?list-type=2&prefix={gate}") as answer:
        return b"<Key>" in answer.read()
while not opened(): time.sleep(0.05)
print("loss=1")
"""


def definition(code: str, **overrides: Any) -> dict[str, Any]:
    """A training job definition whose program lies at *code*, an S3 URI."""
    return {
        "AlgorithmSpecification": {
            "TrainingImage": SCRIPT_IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [METRIC],
        },
        "RoleArn": ROLE,
        "InputDataConfig": [channel("code", code)],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **overrides,
    }


def config(**overrides: Any) -> dict[str, Any]:
    """A random search for the least loss over ``x`` from 0 to 1, with two training jobs."""
    limits = {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2, **overrides.pop("limits", {})}
    return {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
        "ResourceLimits": limits,
        "ParameterRanges": {"ContinuousParameterRanges": [X]},
        **overrides,
    }


def tuning_request(aws: LocalAws, script: str = SQUARE, **overrides: Any) -> dict[str, Any]:
    """A request whose training jobs run *script*; ``config`` and ``definition`` hold changes of those parts."""
    name = overrides.pop(NAME, unique("t"))
    code = aws.put(f"code/{name}/main.py", script)
    return {
        NAME: name,
        "HyperParameterTuningJobConfig": config(**overrides.pop("config", {})),
        "TrainingJobDefinition": definition(code, **overrides.pop("definition", {})),
        **overrides,
    }


def tune(aws: LocalAws, script: str = SQUARE, **overrides: Any) -> str:
    """Start a tuning job; returns its name."""
    request = tuning_request(aws, script, **overrides)
    aws.sagemaker.create_hyper_parameter_tuning_job(**request)
    return str(request[NAME])


def tuned(aws: LocalAws, name: str) -> dict[str, Any]:
    """The tuning job once it has ended."""

    def probe() -> dict[str, Any] | None:
        job = aws.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return dict(job) if job[STATUS] in TERMINAL else None

    return eventually(probe, f"the end of {name} (log: {aws.log})")


def training_jobs(aws: LocalAws, name: str, **request: Any) -> list[dict[str, Any]]:
    """Summaries of its training jobs."""
    found = aws.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, **{"MaxResults": 100, **request}
    )
    return list(found["TrainingJobSummaries"])
