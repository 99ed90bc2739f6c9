"""One asynchronous request from its turn to its end: input, container, output, notification.

What goes wrong with the request is its result; it is not tried again, as AWS does not.
"""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local import clock
from sagemaker_local.base.aws import Aws
from sagemaker_local.base.save_point import SavePoint
from sagemaker_local.domain import asynchronous
from sagemaker_local.domain.asynchronous import LARGEST_INPUT_BYTES, AsyncRequest, Result
from sagemaker_local.execution.dataset import TransferError, read_object, split_uri
from sagemaker_local.execution.metrics import MetricBuffer
from sagemaker_local.execution.transfer import write_object
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.fleet import Variant
from sagemaker_local.hosting.instance import Instance
from sagemaker_local.hosting.invocation import Call, Invoker, Outcome
from sagemaker_local.hosting.metrics import variant_source

log = logging.getLogger(__name__)


class Place(NamedTuple):
    """Where a request is processed."""

    endpoint: Endpoint
    variant: Variant
    instance: Instance | None
    """``None`` where no instance is to see it"""


class Processor:
    """Processes requests."""

    def __init__(self, aws: Aws, invoker: Invoker, metrics: MetricBuffer, save_point: SavePoint) -> None:
        self._aws, self._invoker, self._metrics, self._save_point = aws, invoker, metrics, save_point

    async def process(self, place: Place, request: AsyncRequest) -> None:
        """Have the container answer, and tell. Raises ``Unreachable`` if it has not seen the request."""
        turn = clock.now()
        result = await self._result(place, request)
        self._count(place, TimeInBacklog=_milliseconds(turn - request.received), InvocationsProcessed=1.0)
        await self._end(place, request, result)

    async def expire(self, place: Place, request: AsyncRequest) -> None:
        """Tell that the request's turn did not come in time."""
        self._count(place, ExpiredRequests=1.0)
        await self._end(place, request, Result.failed(asynchronous.expiry(request)))

    async def _result(self, place: Place, request: AsyncRequest) -> Result:
        started = clock.now()
        try:
            payload = request.payload
            if payload is None:
                payload = await asyncio.to_thread(self._download, place, request.members["InputLocation"])
                self._count(place, RequestDownloadLatency=_microseconds(clock.now() - started))
        except TransferError as error:
            self._count(place, RequestDownloadFailures=1.0)
            return Result.failed(f"ClientError: {error}")
        assert place.instance is not None
        call = Call(request.members, payload)
        seconds = float(request.timeout_seconds)
        return _result(await self._invoker.ask(place.endpoint, place.variant, place.instance, call, seconds))

    def _download(self, place: Place, uri: str) -> bytes:
        s3 = self._aws.client("s3", place.endpoint.scope)
        return read_object(s3, *split_uri(uri), limit=LARGEST_INPUT_BYTES)

    async def _end(self, place: Place, request: AsyncRequest, result: Result) -> None:
        result = await self._stored(place, request, result)
        if result.failure_reason is not None:
            self._count(place, InvocationFailures=1.0)
            _note(place, request, result.failure_reason)
        await self._notify(place, request, result)
        self._count(place, TotalProcessingTime=_milliseconds(clock.now() - request.received))

    async def _stored(self, place: Place, request: AsyncRequest, result: Result) -> Result:
        """The result once it is in S3; what is no success for want of that is a failure, which is stored too."""
        started = clock.now()
        failed = result.failure_reason is not None
        location = request.failure_location if failed else request.output_location
        if location is None:
            return result
        folder, _, name = location.rpartition("/")
        s3 = self._aws.client("s3", place.endpoint.scope)
        try:
            await asyncio.to_thread(write_object, s3, result.payload, folder, name, result.content_type)
        except TransferError as error:
            self._count(place, ResponseUploadFailures=1.0)
            _note(place, request, str(error))
            return result if failed else await self._stored(place, request, Result.failed(f"ClientError: {error}"))
        self._count(place, ResponseUploadLatency=_microseconds(clock.now() - started))
        return result

    async def _notify(self, place: Place, request: AsyncRequest, result: Result) -> None:
        topic, scope = asynchronous.topic(request, result), place.endpoint.scope
        if topic is None:
            return
        message = json.dumps(asynchronous.notification(scope.region, request, result, clock.now()))
        try:
            await asyncio.to_thread(self._aws.client("sns", scope).publish, TopicArn=topic, Message=message)
        except (ClientError, BotoCoreError) as error:
            self._count(place, NotificationFailures=1.0)
            _note(place, request, f"The topic {topic} could not be notified: {error}")
        else:
            await self._save_point.reached()  # before that the notification could be lost

    def _count(self, place: Place, **values: float) -> None:
        self._metrics.add(variant_source(place.endpoint, place.variant), **values)


def _result(outcome: Outcome) -> Result:
    response, error = outcome.response, outcome.error
    if response is None:
        assert error is not None, "a container answers or fails"
        return Result(error.message.encode(), "text/plain", asynchronous.model_failure(0))
    content_type = response.headers.get(b"content-type", b"application/octet-stream").decode("latin-1")
    reason = None if error is None else asynchronous.model_failure(response.status)
    return Result(response.body, content_type, reason)


def _note(place: Place, request: AsyncRequest, text: str) -> None:
    if place.instance is None:
        return
    time = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    place.instance.log_data(f"{time}:[sagemaker logs] [{request.inference_id}] {text}")


def _milliseconds(seconds: float) -> float:
    return float(round(max(0.0, seconds) * 1e3))


def _microseconds(seconds: float) -> float:
    return float(round(max(0.0, seconds) * 1e6))
