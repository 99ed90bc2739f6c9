"""The guide's requests of the low-level API: an algorithm is trained and tuned, a script is run in script mode."""

from __future__ import annotations

from typing import Any

from tests.conformance import data, script_mode
from tests.support.local_aws import BUCKET, LocalAws

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
"""from the guide's list of registry paths"""
STATIC = {
    "eval_metric": "auc",
    "num_round": "10",
    "objective": "binary:logistic",
    "rate_drop": "0.3",
    "tweedie_variance_power": "1.4",
}


def channels(aws: LocalAws) -> list[dict[str, Any]]:
    """Whether an abalone has more than ten rings: the label first, numbers only."""
    rows = [[*row[:-1], str(int(int(row[-1]) > 10))] for row in data.abalone()]
    parts = {"train": rows[::2], "validation": rows[1::2]}
    return [
        {
            "ChannelName": name,
            "CompressionType": "None",
            "ContentType": "csv",
            "DataSource": {
                "S3DataSource": {
                    "S3DataDistributionType": "FullyReplicated",
                    "S3DataType": "S3Prefix",
                    "S3Uri": aws.put(f"algorithm/{name}", data.label_first(part)),
                }
            },
        }
        for name, part in parts.items()
    ]


def job(channels: list[dict[str, Any]], role: str, instances: int) -> dict[str, Any]:
    """What training jobs and the definitions of tuning jobs have in common."""
    return {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "InputDataConfig": channels,
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/algorithm/output"},
        "ResourceConfig": {"InstanceCount": instances, "InstanceType": "ml.c4.2xlarge", "VolumeSizeInGB": 10},
        "RoleArn": role,
        "StoppingCondition": {"MaxRuntimeInSeconds": 43200},
    }


def script(name: str, aws: LocalAws, role: str) -> dict[str, Any]:
    """A CreateTrainingJob request for a script in the scikit-learn image."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": script_mode.DATA}}
    return {
        "TrainingJobName": name,
        "HyperParameters": script_mode.hyperparameters(aws),
        **job([{"ChannelName": "train", "DataSource": source}], role, 1),
        "AlgorithmSpecification": {
            "TrainingImage": script_mode.IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "train:r2", "Regex": "train-r2: ([0-9.]+)"}],
        },
    }


def training(name: str, channels: list[dict[str, Any]], role: str) -> dict[str, Any]:
    """A CreateTrainingJob request."""
    return {"TrainingJobName": name, "HyperParameters": STATIC, **job(channels, role, 1)}


def tuning(name: str, channels: list[dict[str, Any]], role: str, jobs: int) -> dict[str, Any]:
    """A CreateHyperParameterTuningJob request."""
    continuous = [("0", "1", "eta"), ("0", "2", "alpha"), ("1", "10", "min_child_weight")]
    ranges = {
        "CategoricalParameterRanges": [],
        "ContinuousParameterRanges": [
            {"MaxValue": most, "MinValue": least, "Name": name} for least, most, name in continuous
        ],
        "IntegerParameterRanges": [{"MaxValue": "10", "MinValue": "1", "Name": "max_depth"}],
    }
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "ParameterRanges": ranges,
            "ResourceLimits": {"MaxNumberOfTrainingJobs": jobs, "MaxParallelTrainingJobs": 3},
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"MetricName": "validation:auc", "Type": "Maximize"},
            "RandomSeed": 123,
        },
        "TrainingJobDefinition": {"StaticHyperParameters": STATIC, **job(channels, role, 2)},
    }
