"""A batch transform job, from its turn to its last byte."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from sagemaker_local import clock
from sagemaker_local.domain import jobs
from sagemaker_local.domain.clusters import cluster_of
from sagemaker_local.domain.jobs import TRANSFORM, Record
from sagemaker_local.domain.transform.capture import manifest, manifest_key
from sagemaker_local.domain.transform.errors import BadData
from sagemaker_local.execution.batch.objects import AlgorithmFailed, Refused, Transformer
from sagemaker_local.execution.batch.settings import environment, settings
from sagemaker_local.execution.dataset import Dataset, Share, Source, read_object, sources
from sagemaker_local.execution.endings import Cancelled, JobFailed, failing_with
from sagemaker_local.execution.job import Job
from sagemaker_local.execution.logs import LogStream
from sagemaker_local.execution.metrics import MetricSource
from sagemaker_local.execution.serving.container import CannotStart, Ended, NotHealthy, Served, ServingContainer
from sagemaker_local.execution.serving.model import NoModelData, fetch
from sagemaker_local.execution.transfer import write_object

HEALTH_SECONDS = 600.0
"""how long a container may take to pass its health check"""
_STOP_POLL_SECONDS = 0.05
_NO_PING = (
    "AlgorithmError: Model container failed to respond to ping. Please ensure /ping endpoint is implemented and "
    "responds with an HTTP 200 status code"
)
CLIENT, ALGORITHM = "ClientError", "AlgorithmError"


def run(job: Job) -> None:
    """Serve, transform object after object, end. Raises ``JobFailed``, or ``Cancelled`` if it is stopped."""
    job.change(lambda stored: jobs.started(TRANSFORM, stored, clock.now()))
    asyncio.run(_until_stopped(job))


async def _until_stopped(job: Job) -> None:
    work = asyncio.create_task(_transform(job))
    while not work.done():
        await asyncio.wait([work], timeout=_STOP_POLL_SECONDS)
        if job.stopped and not work.done():
            work.cancel()
            await asyncio.wait([work])
            raise Cancelled
    await work


async def _transform(job: Job) -> None:
    record = job.record
    model = job.folder / "model"
    await asyncio.to_thread(_fetch_model, job, record, model)
    shares = await asyncio.to_thread(_shares, job, record)
    kinds = await _together([_on_instance(job, record, model, share) for share in shares])
    if kinds:
        # The client's part first: what the data is to blame for will not go away.
        kind = CLIENT if CLIENT in kinds else ALGORITHM
        raise JobFailed(f"{kind}: See job logs for more information")
    if "DataCaptureConfig" in record:
        await asyncio.to_thread(_capture, job, record, [source for share in shares for source in share])


def _fetch_model(job: Job, record: Record, target: Path) -> None:
    try:
        fetch(job.s3, record["Resolved"], target, job.check)
    except NoModelData as error:
        raise JobFailed(f"ClientError: {error}") from error


def _shares(job: Job, record: Record) -> list[list[Source]]:
    """The objects of each instance: they take them in turn."""
    source, count = record["TransformInput"]["DataSource"]["S3DataSource"], len(cluster_of(record).hosts)
    shares = [Dataset(source["S3Uri"], source["S3DataType"], Share(index, count)) for index in range(count)]
    with failing_with("Data download failed"):
        return [list(sources(job.s3, share)) for share in shares]


def _capture(job: Job, record: Record, objects: list[Source]) -> None:
    """What the job has read and written: manifests, as the objects themselves are in S3 already."""
    # A prefix that is the beginning of several names may have objects in more than one folder.
    folder = min((f"s3://{bucket}/{key.removesuffix(relative)}" for bucket, key, relative in objects), key=len)
    read = sorted(f"s3://{bucket}/{key}".removeprefix(folder) for bucket, key, _ in objects)
    output = record["TransformOutput"]["S3OutputPath"].rstrip("/") + "/"
    written = sorted(f"{relative}.out" for _, _, relative in objects)
    unique, started = str(uuid.uuid4()), record["TransformStartTime"]
    destination = record["DataCaptureConfig"]["DestinationS3Uri"]
    with failing_with("Failed to upload captured data"):
        for side, prefix, names in (("input", folder, read), ("output", output, written)):
            write_object(job.s3, manifest(prefix, names), destination, manifest_key(side, started, unique))


async def _together(works: Iterable[Coroutine[Any, Any, set[str]]]) -> set[str]:
    """What the instances say went wrong; the first to break off ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except* JobFailed as errors:
        raise errors.exceptions[0] from None
    return set[str]().union(*(task.result() for task in tasks))


async def _on_instance(job: Job, record: Record, model: Path, objects: list[Source]) -> set[str]:
    """One container and its share of the objects; returns whose faults there were."""
    instance = f"i-{uuid.uuid4().hex[:17]}"
    logs = job.platform.aws.client("logs", job.scope)
    stream = f"{job.name}/{instance}-{int(clock.now())}"
    with (
        closing(LogStream(logs, job.kind.log_group, stream)) as output,
        closing(LogStream(logs, job.kind.log_group, f"{stream}/data-log")) as data_log,
    ):
        container = ServingContainer(
            job.platform.serving, _served(job, record, model, instance), job.folder / instance, output.append
        )
        try:
            await _healthy(container)
            chosen = await settings(record, container.client)
            data_log.append(str(chosen))
            faults = _Faults(data_log)
            transformer = Transformer(record, chosen, container.client)
            waiting = iter(objects)
            workers = [_work(job, record, transformer, waiting, faults) for _ in range(chosen.concurrent)]
            await asyncio.gather(*workers)
            return faults.kinds
        finally:
            container.kill()
            if container.started:
                await asyncio.shield(container.ended)


def _served(job: Job, record: Record, model: Path, instance: str) -> Served:
    source = MetricSource(job.scope, job.kind.log_group, ((("Host", f"{job.name}/{instance}"),),))
    isolated = record["NetworkIsolation"]
    return Served(job.scope, record["Resolved"]["Image"], environment(record), model, isolated, source)


async def _healthy(container: ServingContainer) -> None:
    await container.start()
    try:
        await container.become_healthy(HEALTH_SECONDS)
    except CannotStart as error:
        raise JobFailed(f"AlgorithmError: {error}") from error
    except (Ended, NotHealthy) as error:
        raise JobFailed(f"{_NO_PING} ({error})" if str(error) else _NO_PING) from error


class _Faults:
    """What went wrong with which objects, as the data log has it."""

    def __init__(self, data_log: LogStream) -> None:
        self._data_log = data_log
        self.kinds: set[str] = set()

    def add(self, kind: str, place: str, text: str) -> None:
        self.kinds.add(kind)
        for line in text.splitlines():
            self._data_log.append(f"{place}: {line}")


async def _work(job: Job, record: Record, transformer: Transformer, waiting: Iterable[Source], faults: _Faults) -> None:
    for bucket, key, relative in waiting:
        place = f"{bucket}/{key}"
        with failing_with("Data download failed"):
            data = await asyncio.to_thread(read_object, job.s3, bucket, key)
        try:
            answer = await transformer.transform(data)
        except BadData as error:
            faults.add(CLIENT, place, f"ClientError: {error}")
        except Refused as error:
            faults.add(CLIENT, place, f"ClientError: {error.status}\n\nMessage:\n{error}")
        except AlgorithmFailed as error:
            faults.add(ALGORITHM, place, str(error))
        else:
            with failing_with("Failed to upload output"):
                output = record["TransformOutput"]["S3OutputPath"]
                await asyncio.to_thread(write_object, job.s3, answer, output, f"{relative}.out")
