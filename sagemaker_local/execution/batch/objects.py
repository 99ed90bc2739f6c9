"""One object on its way through a container."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Coroutine, Iterator
from typing import Any

from sagemaker_local.domain.jobs import Record
from sagemaker_local.domain.transform import splitting
from sagemaker_local.domain.transform.errors import BadData
from sagemaker_local.domain.transform.processing import predictions
from sagemaker_local.execution.batch.settings import Settings, identified, processing
from sagemaker_local.execution.serving.client import Client, Response
from sagemaker_local.execution.serving.errors import NoAnswer

_RETRIES, _TIMEOUT_SECONDS = 3, 600


class AlgorithmFailed(Exception):
    """The container gave no usable answer; the text says what it did instead."""


class Refused(Exception):
    """The container answered with a client error (4xx); the text is its answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Transformer:
    """Turns objects into predictions with one container, at most ``settings.concurrent`` requests at a time."""

    def __init__(self, record: Record, settings: Settings, client: Client) -> None:
        self._client, self._settings = client, settings
        self._input, self._output = record["TransformInput"], record["TransformOutput"]
        self._split = self._input.get("SplitType", "None")
        self._strategy = "SingleRecord" if settings.strategy == "SINGLE_RECORD" else "MultiRecord"
        self._processing, self._identified = processing(record), identified(record)
        limits = record.get("ModelClientConfig", {})
        self._retries = limits.get("InvocationsMaxRetries", _RETRIES)
        self._seconds = limits.get("InvocationsTimeoutInSeconds", _TIMEOUT_SECONDS)
        self._headers = [
            (name, value.encode())
            for name, value in (
                (b"content-type", self._input.get("ContentType", "")),
                (b"accept", self._output.get("Accept", "")),
            )
            if value
        ]
        self._room = asyncio.Semaphore(settings.concurrent)

    async def transform(self, data: bytes) -> bytes:
        """The predictions for an object. Raises ``BadData``, ``Refused`` or ``AlgorithmFailed``."""
        records = splitting.split(self._unpacked(data), self._split)
        numbered = enumerate(splitting.batches(records, self._strategy, self._settings.max_bytes))
        answers: dict[int, bytes] = {}

        async def work(numbered: Iterator[tuple[int, list[splitting.Record]]]) -> None:
            for number, batch in numbered:
                answers[number] = await self._answer(batch)

        await _all(*(work(numbered) for _ in range(self._settings.concurrent)))
        return self._assembled([answers[number] for number in sorted(answers)])

    def _unpacked(self, data: bytes) -> bytes:
        if self._input.get("CompressionType", "None") == "None":
            return data
        try:
            return gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise BadData(f"the object is not gzip: {error}") from error

    async def _answer(self, batch: list[splitting.Record]) -> bytes:
        body = splitting.payload(self._filtered(batch), self._strategy, self._split)
        async with self._room:
            answer = (await self._invoke(body)).body
        if self._processing is not None and self._processing.changes_answers:
            pairs = zip(batch, predictions(answer, len(batch)), strict=True)
            answer = b"\n".join(self._processing.answer(record.content, prediction) for record, prediction in pairs)
        return answer if self._identified is None else self._identified(answer)

    def _filtered(self, batch: list[splitting.Record]) -> list[splitting.Record]:
        if self._processing is None:
            return batch
        shown = [self._processing.request(record.framed) for record in batch]
        return [splitting.Record(framed, framed) for framed in shown]

    async def _invoke(self, body: bytes) -> Response:
        """Ask; what may pass (no answer, 5xx) is asked again."""
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            try:
                response = await self._client.request(b"POST", b"/invocations", self._headers, body, self._seconds)
            except NoAnswer as error:
                if last:
                    raise AlgorithmFailed(f"Unable to get response from algorithm: {error}") from error
                continue
            if response.status < 400:
                return response
            if response.status < 500:
                raise Refused(response.status, response.body.decode(errors="replace"))
            if last:
                text = response.body.decode(errors="replace")
                raise AlgorithmFailed(f"Bad HTTP status received from algorithm: {response.status}\n\n{text}")
        raise AssertionError("the last attempt answers or raises")

    def _assembled(self, answers: list[bytes]) -> bytes:
        if self._output.get("AssembleWith", "None") == "None":
            return b"".join(answers)
        return b"".join(answer if answer.endswith(b"\n") else answer + b"\n" for answer in answers)


async def _all(*works: Coroutine[Any, Any, None]) -> None:
    """Every one of them; the first to fail cancels the others, and what it raised is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except* (BadData, Refused, AlgorithmFailed) as errors:
        raise errors.exceptions[0] from None
