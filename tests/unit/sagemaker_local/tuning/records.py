"""Records and requests, as small as they can be."""

from __future__ import annotations

from typing import Any

from sagemaker_local.tuning.trials import Trial

X = {"Name": "x", "MinValue": "0", "MaxValue": "1"}
KIND = {"Name": "kind", "Values": ["a", "b", "c"]}
OBJECTIVE = {"Type": "Minimize", "MetricName": "loss"}
RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}


def definition(**members: Any) -> dict[str, Any]:
    """A training job definition; a member that is ``None`` is left out."""
    whole = {
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "RoleArn": "role",
        "OutputDataConfig": {"S3OutputPath": "s3://b/models"},
        "ResourceConfig": RESOURCES,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


def own(name: str, **members: Any) -> dict[str, Any]:
    """A definition among several."""
    ranges = {"ContinuousParameterRanges": [X]}
    return definition(
        **{"DefinitionName": name, "TuningObjective": OBJECTIVE, "HyperParameterRanges": ranges, **members}
    )


def config(**members: Any) -> dict[str, Any]:
    """The configuration of a tuning job; a member that is ``None`` is left out."""
    whole = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": OBJECTIVE,
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {"ContinuousParameterRanges": [X]},
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


def request(**members: Any) -> dict[str, Any]:
    """A request; ``config`` has changes of the configuration, a member that is ``None`` is left out."""
    changes = members.pop("config", {})
    whole = {
        "HyperParameterTuningJobName": "t",
        "HyperParameterTuningJobConfig": config(**changes),
        "TrainingJobDefinition": definition(),
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


def several(*definitions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A request with several definitions."""
    common = {"HyperParameterTuningJobObjective": None, "ParameterRanges": None}
    return request(TrainingJobDefinition=None, TrainingJobDefinitions=list(definitions), config={**common, **changes})


def trial(number: int, objective: float | None = None, **members: Any) -> Trial:
    """Training job *number*: completed with *objective*, or running if there is none and nothing else is said."""
    status = "InProgress" if objective is None else "Completed"
    whole: dict[str, Any] = {
        "name": f"t-{number:03}",
        "number": number,
        "definition": 0,
        "values": {"x": str(number)},
        "status": status,
        "objective": objective,
        "ended": None if status == "InProgress" else 100.0 + number,
        **members,
    }
    return Trial(**whole)


def failed(number: int, **members: Any) -> Trial:
    """Training job *number*, which has failed."""
    return trial(number, status="Failed", ended=100.0 + number, **members)


def training_record(number: int, **members: Any) -> dict[str, Any]:
    """The record of training job *number* of tuning job ``t``, which is under way."""
    return {
        "TrainingJobName": f"t-{number:03}",
        "TrainingJobArn": f"arn:t-{number:03}",
        "TrainingJobStatus": "InProgress",
        "CreationTime": float(number),
        "RoleArn": "role",
        "Trial": {
            "Number": number,
            "Definition": 0,
            "DefinitionName": None,
            "Objective": OBJECTIVE,
            "Values": {"x": str(number)},
            "TuningJobName": "t",
        },
        **members,
    }


def ended_record(number: int, value: float | None, status: str = "Completed", **members: Any) -> dict[str, Any]:
    """The same, ended; *value* is the last one of its objective, if it printed any."""
    metrics = [] if value is None else [{"MetricName": "loss", "Value": value, "Timestamp": 1.0}]
    end = {"TrainingJobStatus": status, "TrainingEndTime": 100.0 + number}
    return training_record(number, **end, FinalMetricDataList=metrics, **members)
