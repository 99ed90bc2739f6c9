"""The inputs of jobs on their instances: files that are there before the program starts, and pipes that it reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sagemaker_local.domain.clusters import Cluster, cluster_of
from sagemaker_local.domain.jobs import Record
from sagemaker_local.execution import opt_ml
from sagemaker_local.execution.dataset import Dataset, Share, check_whole_folder
from sagemaker_local.execution.job import Job
from sagemaker_local.execution.pipes import Pipe
from sagemaker_local.execution.process import Sandbox
from sagemaker_local.execution.transfer import download

Channel = dict[str, Any]


def download_channels(job: Job, record: Record, instance: Sandbox) -> None:
    """The channels of a training job that *instance* finds as files. Raises ``TransferError``."""
    cluster = cluster_of(record)
    for channel in _channels(record, cluster, instance, piped=False):
        dataset = _channel_dataset(cluster, channel, instance.host)
        if opt_ml.input_mode(record, channel) == "FastFile":
            check_whole_folder(job.s3, dataset)
        folder = _channel_path(instance, channel)
        folder.mkdir()
        download(job.s3, dataset, folder, job.check)


def channel_pipes(record: Record, instance: Sandbox) -> list[Pipe]:
    """The channels of a training job that *instance* reads while its program runs."""
    cluster = cluster_of(record)
    return [
        Pipe(
            _channel_path(instance, channel),
            _channel_dataset(cluster, channel, instance.host),
            record_io=channel.get("RecordWrapperType") == "RecordIO",
        )
        for channel in _channels(record, cluster, instance, piped=True)
    ]


def _channels(record: Record, cluster: Cluster, instance: Sandbox, piped: bool) -> Iterator[Channel]:
    for channel in record.get("InputDataConfig", []):
        is_pipe = opt_ml.input_mode(record, channel) == "Pipe"
        if is_pipe == piped and instance.host in opt_ml.recipients(cluster, channel):
            yield channel


def _channel_path(instance: Sandbox, channel: Channel) -> Path:
    return instance.opt_ml / "input" / "data" / str(channel["ChannelName"])


def _channel_dataset(cluster: Cluster, channel: Channel, host: str) -> Dataset:
    source = channel["DataSource"]["S3DataSource"]
    return Dataset(
        source["S3Uri"],
        source["S3DataType"],
        _share(source, opt_ml.recipients(cluster, channel), host),
        seed=channel.get("ShuffleConfig", {}).get("Seed"),
        attributes=tuple(source.get("AttributeNames", [])),
        gzipped=channel.get("CompressionType") == "Gzip",
    )


def download_inputs(job: Job, record: Record, instance: Sandbox) -> None:
    """The inputs of a processing job that *instance* finds as files. Raises ``TransferError``."""
    for source in _inputs(record, piped=False):
        folder = opt_ml.inside(instance.opt_ml, source["LocalPath"])
        download(job.s3, _input_dataset(record, source, instance.host), folder, job.check)


def input_pipes(record: Record, instance: Sandbox) -> list[Pipe]:
    """The inputs of a processing job that *instance* reads while its program runs."""
    pipes = []
    for source in _inputs(record, piped=True):
        path = opt_ml.inside(instance.opt_ml, source["LocalPath"])
        path.parent.mkdir(parents=True, exist_ok=True)
        pipes.append(Pipe(path, _input_dataset(record, source, instance.host)))
    return pipes


def _inputs(record: Record, piped: bool) -> Iterator[dict[str, Any]]:
    """The inputs that are not the application's own to fetch."""
    for item in record.get("ProcessingInputs", []):
        is_pipe = item["S3Input"].get("S3InputMode", "File") == "Pipe"
        if is_pipe == piped and not item.get("AppManaged", False):
            yield item["S3Input"]


def _input_dataset(record: Record, source: dict[str, Any], host: str) -> Dataset:
    share = _share(source, cluster_of(record).hosts, host)
    return Dataset(
        source["S3Uri"], source["S3DataType"], share, gzipped=source.get("S3CompressionType", "None") == "Gzip"
    )


def _share(source: dict[str, Any], hosts: list[str], host: str) -> Share:
    """What *host* gets of a source that is for *hosts*."""
    sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
    return Share(hosts.index(host), len(hosts)) if sharded else Share()
