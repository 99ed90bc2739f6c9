"""Writes what endpoints are asked and answer to S3, as their ``DataCaptureConfig`` says."""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sagemaker_local.base.aws import Aws
from sagemaker_local.domain import capture
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.capture import Side
from sagemaker_local.execution.dataset import TransferError
from sagemaker_local.execution.transfer import write_object
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.invocation import Outcome

log = logging.getLogger(__name__)

FLUSH_SECONDS = 60.0
# A file that is never written must not grow for ever: beyond this the oldest records are given up, and that is told.
_MOST_RECORDS = 100_000


class _File(NamedTuple):
    """What the records of one file have in common."""

    scope: Scope
    endpoint: str
    variant: str
    destination: str
    hour: int


@dataclass
class _Records:
    first: float
    lines: list[str] = field(default_factory=list)


class Capture:
    """An observer of invocations; what it has seen is written by ``flush``."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._files: dict[_File, _Records] = {}
        self._flushing = asyncio.Lock()

    def __call__(self, endpoint: Endpoint, outcome: Outcome) -> None:
        """Keep the invocation, if its variant's configuration wants this one; failed ones are not captured."""
        config = outcome.variant.config.get("DataCaptureConfig")
        if config is None or not capture.enabled(config) or outcome.error is not None or outcome.response is None:
            return
        if random.random() * 100 >= config["InitialSamplingPercentage"]:
            return
        place = _File(
            endpoint.scope,
            endpoint.name,
            outcome.variant.name,
            config["DestinationS3Uri"],
            int(outcome.started // 3600),
        )
        records = self._files.setdefault(place, _Records(outcome.started))
        records.lines.append(_line(config, outcome))

    async def flush(self) -> None:
        """Write everything seen so far, a file per variant and hour; what cannot be written is tried again."""
        async with self._flushing:
            files, self._files = self._files, {}
            for place, records in files.items():
                try:
                    await asyncio.to_thread(self._write, place, records)
                except TransferError as error:
                    log.error("captured data of endpoint %s cannot be written yet: %s", place.endpoint, error)
                    self._keep(place, records)

    def _write(self, place: _File, records: _Records) -> None:
        s3 = self._aws.client("s3", place.scope)
        key = capture.key(place.endpoint, place.variant, records.first, str(uuid.uuid4()))
        write_object(s3, ("\n".join(records.lines) + "\n").encode(), place.destination, key)

    def _keep(self, place: _File, records: _Records) -> None:
        newer = self._files.get(place)
        lines = records.lines + (newer.lines if newer else [])
        if len(lines) > _MOST_RECORDS:
            log.error("%s captured records of endpoint %s are lost", len(lines) - _MOST_RECORDS, place.endpoint)
        self._files[place] = _Records(records.first, lines[-_MOST_RECORDS:])


def _line(config: dict[str, Any], outcome: Outcome) -> str:
    assert outcome.response is not None
    members = outcome.call.members
    answered = outcome.response.headers.get(b"content-type", b"").decode("latin-1")
    sides = {
        "INPUT": Side(members.get("ContentType", "application/octet-stream"), outcome.call.body),
        "OUTPUT": Side(answered, outcome.response.body),
    }
    attributes = members.get("CustomAttributes")
    return capture.line(config, sides, str(uuid.uuid4()), outcome.started, members.get("InferenceId"), attributes)
