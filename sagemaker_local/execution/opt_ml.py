"""The files that a job finds under /opt/ml, as SageMaker writes them, and those that it leaves there.

Training: the guide's pages your-algorithms-training-algo-running-container and -output. Processing: page
build-your-own-processing-container. ``init-config.json`` and the like are internal to AWS's platform and left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sagemaker_local.domain.clusters import Cluster, cluster_of
from sagemaker_local.domain.jobs import Record

_REASON_LIMIT = 1024
# On AWS it is eth0; here the instances reach each other over the loopback network.
_INTERFACE = "lo"


class InvalidMessage(ValueError):
    """A processing job's exit message is not UTF-8."""


class LeadsOut(ValueError):
    """A path below /opt/ml leads elsewhere: what the job put there points at the host."""


def inside(opt_ml: Path, path: str) -> Path:
    """The host's path of *path*, which starts with ``/opt/ml``; raises ``LeadsOut``, also for a symbolic link."""
    place = opt_ml / Path(path).relative_to("/opt/ml")
    there = leads_to(place)
    if there is None or not there.is_relative_to(opt_ml.resolve()):
        raise LeadsOut(f"{path} leads out of /opt/ml")
    return place


def leads_to(path: Path) -> Path | None:
    """Where *path* leads through links; ``None`` for one that leads to itself."""
    try:
        return path.resolve()
    except RuntimeError:
        return None


def lay_out_training(opt_ml: Path, record: Record, current: str) -> None:
    """The tree and config files of instance *current* of a training job, before its data."""
    for folder in ("input/data", "model", "output/data", "output/metrics/sagemaker", "errors"):
        (opt_ml / folder).mkdir(parents=True)
    config = opt_ml / "input" / "config"
    config.mkdir()
    cluster = cluster_of(record)
    _write_json(config / "hyperparameters.json", record.get("HyperParameters", {}))
    _write_json(config / "inputdataconfig.json", _input_data_config(record, cluster, current))
    _write_json(config / "resourceconfig.json", _training_resource_config(cluster, current))
    if "CheckpointConfig" in record:
        path = checkpoint_path(record)
        _write_json(config / "checkpointconfig.json", {**record["CheckpointConfig"], "LocalPath": path})
        inside(opt_ml, path).mkdir(parents=True, exist_ok=True)


def _input_data_config(record: Record, cluster: Cluster, current: str) -> dict[str, dict[str, str]]:
    return {
        channel["ChannelName"]: _channel_config(channel, input_mode(record, channel))
        for channel in record.get("InputDataConfig", [])
        if current in recipients(cluster, channel)
    }


def input_mode(record: Record, channel: dict[str, Any]) -> str:
    """``File``, ``FastFile`` or ``Pipe``; the channel's own mode goes before the job's."""
    return str(channel.get("InputMode", record["AlgorithmSpecification"]["TrainingInputMode"]))


def recipients(cluster: Cluster, channel: dict[str, Any]) -> list[str]:
    """The instances that get the channel: those of the groups that it names, or all."""
    return cluster.members(channel["DataSource"]["S3DataSource"].get("InstanceGroupNames", []))


def checkpoint_path(record: Record) -> str:
    """Where the program of a job with a ``CheckpointConfig`` finds and leaves its checkpoints."""
    return str(record["CheckpointConfig"].get("LocalPath", "/opt/ml/checkpoints"))


def _channel_config(channel: dict[str, Any], mode: str) -> dict[str, str]:
    source = channel["DataSource"]["S3DataSource"]
    config = {
        # FastFile is announced as File: to the program it is one.
        "TrainingInputMode": "Pipe" if mode == "Pipe" else "File",
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    if "ContentType" in channel:
        config["ContentType"] = channel["ContentType"]
    return config


def _training_resource_config(cluster: Cluster, current: str) -> dict[str, Any]:
    group = cluster.group_of(current)
    return {
        "current_host": current,
        "current_instance_type": group.instance_type,
        "current_group_name": group.name,
        "hosts": sorted(cluster.hosts),
        "instance_groups": [
            {"instance_group_name": item.name, "instance_type": item.instance_type, "hosts": sorted(item.hosts)}
            for item in cluster.groups
        ],
        "network_interface_name": _INTERFACE,
        "topology": None,
    }


def lay_out_processing(opt_ml: Path, record: Record, current: str) -> None:
    """The tree and config files of an instance of a processing job, and the folders of its inputs and outputs."""
    config = opt_ml / "config"
    config.mkdir()
    cluster = cluster_of(record)
    _write_json(config / "processingjobconfig.json", _processing_job_config(record))
    _write_json(
        config / "resourceconfig.json",
        {
            "current_host": current,
            "hosts": sorted(cluster.hosts),
            "network_interface_name": _INTERFACE,
            "current_instance_type": cluster.group_of(current).instance_type,
        },
    )
    (opt_ml / "output").mkdir()
    for path in _processing_folders(record):
        inside(opt_ml, path).mkdir(parents=True, exist_ok=True)


def _processing_folders(record: Record) -> Iterator[str]:
    """Where inputs lie and outputs are to lie; what the application manages may have no path, and a pipe no folder."""
    for item in record.get("ProcessingInputs", []):
        if "LocalPath" in item["S3Input"] and item["S3Input"].get("S3InputMode") != "Pipe":
            yield item["S3Input"]["LocalPath"]
    for item in record.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if "LocalPath" in item["S3Output"]:
            yield item["S3Output"]["LocalPath"]


def _processing_job_config(record: Record) -> dict[str, Any]:
    """The request with its defaults written out and its gaps null, as the platform writes it."""
    application = record["AppSpecification"]
    cluster = record["ProcessingResources"]["ClusterConfig"]
    outputs = record.get("ProcessingOutputConfig", {})
    return {
        "ProcessingJobArn": record["ProcessingJobArn"],
        "ProcessingJobName": record["ProcessingJobName"],
        "AppSpecification": {
            key: application.get(key) for key in ("ImageUri", "ContainerEntrypoint", "ContainerArguments")
        },
        "Environment": record.get("Environment", {}),
        "ProcessingInputs": [_processing_input(item) for item in record.get("ProcessingInputs", [])],
        "ProcessingOutputConfig": {
            "Outputs": [_processing_output(item) for item in outputs.get("Outputs", [])],
            "KmsKeyId": outputs.get("KmsKeyId"),
        },
        "ProcessingResources": {"ClusterConfig": {"VolumeKmsKeyId": None, **cluster}},
        "RoleArn": record["RoleArn"],
        "StoppingCondition": record["StoppingCondition"],
    }


def _processing_input(item: dict[str, Any]) -> dict[str, Any]:
    source = {"S3DataDistributionType": "FullyReplicated", "S3InputMode": "File", "S3CompressionType": "None"}
    return {
        "InputName": item["InputName"],
        "AppManaged": item.get("AppManaged", False),
        "S3Input": {**source, **item["S3Input"], "S3DownloadMode": "StartOfJob"},
        "DatasetDefinition": None,
    }


def _processing_output(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "OutputName": item["OutputName"],
        "AppManaged": item.get("AppManaged", False),
        "S3Output": item["S3Output"],
        "FeatureStoreOutput": None,
    }


def failure_text(opt_ml: Path) -> str:
    """What a training job wrote to ``output/failure``, cut to 1024 characters; empty if nothing."""
    path = inside(opt_ml, "/opt/ml/output/failure")
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_REASON_LIMIT)


def exit_message(instances: list[Path]) -> str | None:
    """What a processing job wrote to ``output/message`` on each of its instances: the first kilobyte of it all.

    Raises ``InvalidMessage``.
    """
    files = [inside(opt_ml, "/opt/ml/output/message") for opt_ml in instances]
    heads = [_head(file) for file in files if file.is_file()]
    return "".join(heads).encode()[:_REASON_LIMIT].decode(errors="ignore") if heads else None


def _head(message: Path) -> str:
    with message.open("rb") as file:
        head = file.read(_REASON_LIMIT)
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        # A character cut in two by the limit is no fault of the job.
        if len(head) == _REASON_LIMIT and error.start > len(head) - 4:
            return head[: error.start].decode()
        raise InvalidMessage("the exit message in /opt/ml/output/message is not UTF-8") from error


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value))
