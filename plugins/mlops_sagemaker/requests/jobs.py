"""Processing and training jobs."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

PROCESSING_DIR = "/opt/ml/processing"
PROCESSING_RESOURCES = "/opt/ml/config/resourceconfig.json"
"""What names the instances of a processing job, and which of them this is."""
CODE = "code"
PROCESSING_CODE_DIR = f"{PROCESSING_DIR}/input/{CODE}"
TRAINING_CODE_DIR = f"/opt/ml/input/data/{CODE}"


@dataclass(frozen=True)
class Instances:
    """The machines of a job: type, count (which may be a template), and GiB of disk each."""

    type: str
    count: int | str = 1
    volume_gb: int = 30

    def request(self) -> dict[str, Any]:
        """The ``ClusterConfig`` of a processing job, the ``ResourceConfig`` of a training job."""
        return {"InstanceType": self.type, "InstanceCount": self.count, "VolumeSizeInGB": self.volume_gb}


@dataclass(frozen=True)
class Input:
    """Objects a processing job finds in ``/opt/ml/processing/input/<path>``, by default ``<name>``.

    ``uri`` is a prefix or one object; with ``manifest`` it is a manifest file that lists the objects. An
    input whose URI turns out to be empty or None is optional: the job starts without it.
    """

    name: str
    uri: str | None
    manifest: bool = False
    path: str = ""

    def request(self) -> dict[str, Any]:
        """One of ``ProcessingInputs``."""
        source = {
            "S3Uri": self.uri,
            "LocalPath": f"{PROCESSING_DIR}/input/{self.path or self.name}",
            "S3DataType": "ManifestFile" if self.manifest else "S3Prefix",
            "S3InputMode": "File",
        }
        return {"InputName": self.name, "S3Input": source}


@dataclass(frozen=True)
class Output:
    """What a processing job leaves in ``/opt/ml/processing/output/<path>``; its end uploads it to ``uri``."""

    name: str
    uri: str
    path: str = ""

    def request(self) -> dict[str, Any]:
        """One of ``ProcessingOutputConfig.Outputs``."""
        local = f"{PROCESSING_DIR}/output/{self.path}".rstrip("/")
        target = {"S3Uri": self.uri, "LocalPath": local, "S3UploadMode": "EndOfJob"}
        return {"OutputName": self.name, "S3Output": target}


@dataclass(frozen=True)
class ProcessingJob:
    """``python3 -m <module> <arguments>`` in ``image``, with the code bundle under the prefix ``code`` on its path."""

    module: str
    arguments: Sequence[str]
    image: str
    code: str
    role_arn: str
    instances: Instances
    max_runtime: timedelta
    inputs: Sequence[Input]
    outputs: Sequence[Output]

    def request(self) -> dict[str, Any]:
        """The keyword arguments of ``create_processing_job`` but ``ProcessingJobName``."""
        inputs = (*self.inputs, Input(CODE, self.code))
        return {
            "AppSpecification": {
                "ImageUri": self.image,
                "ContainerEntrypoint": ["python3", "-m", self.module],
                "ContainerArguments": list(self.arguments),
            },
            "Environment": {"PYTHONPATH": PROCESSING_CODE_DIR},
            "ProcessingInputs": [source.request() for source in inputs],
            "ProcessingOutputConfig": {"Outputs": [output.request() for output in self.outputs]},
            "ProcessingResources": {"ClusterConfig": self.instances.request()},
            "RoleArn": self.role_arn,
            "StoppingCondition": _stopping_condition(self.max_runtime),
        }


@dataclass(frozen=True)
class TrainingJob:
    """``image``'s program ``train`` runs ``python3 -m <module> <arguments>``; ``channels`` maps names to prefixes.

    The model goes to ``<output>/<job name>/output/model.tar.gz``. ``metrics`` maps a metric's name to the
    regular expression that finds it in the log.
    """

    module: str
    arguments: Sequence[str]
    image: str
    code: str
    role_arn: str
    instances: Instances
    max_runtime: timedelta
    channels: Mapping[str, str]
    output: str
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, str] = field(default_factory=dict)

    def request(self) -> dict[str, Any]:
        """The keyword arguments of ``create_training_job`` but ``TrainingJobName``."""
        channels = {**self.channels, CODE: self.code}
        return {
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": name, "Regex": regex} for name, regex in self.metrics.items()],
            },
            # By the environment, not by an entrypoint: the training jobs of a tuning job cannot have one.
            "Environment": {
                "PYTHONPATH": TRAINING_CODE_DIR,
                "TRAINING_COMMAND": shlex.join([self.module, *self.arguments]),
            },
            "HyperParameters": dict(self.hyperparameters),
            "InputDataConfig": [_channel(name, uri) for name, uri in channels.items()],
            "OutputDataConfig": {"S3OutputPath": self.output},
            "ResourceConfig": self.instances.request(),
            "RoleArn": self.role_arn,
            "StoppingCondition": _stopping_condition(self.max_runtime),
        }


def without_absent_inputs(request: Mapping[str, Any]) -> dict[str, Any]:
    """``request`` without the processing inputs that have no URI."""
    inputs = request.get("ProcessingInputs", ())
    present = [source for source in inputs if source["S3Input"]["S3Uri"]]
    return {**request, "ProcessingInputs": present} if inputs else dict(request)


def _channel(name: str, uri: str) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


def _stopping_condition(max_runtime: timedelta) -> dict[str, int]:
    return {"MaxRuntimeInSeconds": int(max_runtime.total_seconds())}
