"""Pages for people, who have no console here: a job as SageMaker describes it, its log, and objects of S3.

They are read in a browser, unsigned, and change nothing; no fault plan hears of them.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemaker_local.admin import Page
from sagemaker_local.config import ACCOUNT, REGION
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.jobs import KINDS, TRAINING, TUNING, JobKind
from sagemaker_local.errors import ServiceError
from sagemaker_local.operations.registry import Context, Handler, Services
from sagemaker_local.protocol import model
from sagemaker_local.protocol.serialization import serialize

_JOBS = {**KINDS, TUNING.resource_type: TUNING}
_ARN = re.compile(r"arn:aws:sagemaker:([a-z0-9-]+):(\d{12}):([a-z-]+)/([a-zA-Z0-9-]+)")


class Pages:
    """Answers what lies below ``/_local/jobs``, ``/_local/logs`` and ``/_local/objects``."""

    def __init__(self, operations: Mapping[str, Handler], services: Services) -> None:
        self._operations, self._services = operations, services

    def job(self, arn: str) -> Page:
        """What the job's Describe operation answers, with times to be read. Raises ``ServiceError`` (404)."""
        kind, context, name = self._found(arn)
        operation = f"Describe{kind.prefix}"
        answer = json.loads(serialize(operation, self._operations[operation](context, {kind.name_key: name})))
        readable = _readable(answer, model.operation(operation).output_shape)
        return Page("application/json", json.dumps(readable, indent=2))

    def log(self, arn: str) -> Page:
        """All that the job has logged, stream by stream. Raises ``ServiceError`` (404)."""
        kind, context, name = self._found(arn)
        group, prefix, streams = _streams(kind, name)
        lines = list(_lines(self._services.aws.client("logs", context.scope), group, prefix, streams))
        return Page("text/plain; charset=utf-8", "".join(f"{line}\n" for line in lines or ["Nothing is logged yet."]))

    def objects(self, place: str) -> Page:
        """Links to the objects below *place*, which is ``bucket/prefix``. Raises ``ServiceError`` (404)."""
        bucket, _, prefix = place.partition("/")
        scope = Scope(ACCOUNT, REGION)
        pages = self._services.aws.client("s3", scope).get_paginator("list_objects_v2")
        try:
            found = [item for page in pages.paginate(Bucket=bucket, Prefix=prefix) for item in page.get("Contents", ())]
        except (BotoCoreError, ClientError) as error:  # the first of what can be no bucket's name
            raise ServiceError("ResourceNotFound", f"s3://{place}: {error}", 404) from error
        address = f"{self._services.aws.access('s3', scope).url}/{bucket}/"
        return Page("text/html; charset=utf-8", _listing(f"s3://{place}", address, found))

    def _found(self, arn: str) -> tuple[JobKind, Context, str]:
        match = _ARN.fullmatch(arn)
        kind = _JOBS.get(match[3]) if match else None
        if match is None or kind is None:
            raise ServiceError("ResourceNotFound", f"{arn} is no ARN of a job ({', '.join(_JOBS)})", 404)
        context = Context(Scope(match[2], match[1]), self._services)
        if context.resource(kind.resource_type, arn) is None:
            raise ServiceError("ResourceNotFound", f"there is no {kind.noun} {arn}; was it deleted?", 404)
        return kind, context, match[4]


def _readable(value: Any, shape: Shape | None) -> Any:
    """*value*, an answer of that shape, with ISO 8601 for epoch seconds."""
    if isinstance(shape, StructureShape):
        return {name: _readable(part, shape.members[name]) for name, part in value.items()}
    if isinstance(shape, ListShape):
        return [_readable(item, shape.member) for item in value]
    if isinstance(shape, MapShape):
        return {key: _readable(item, shape.value) for key, item in value.items()}
    return _iso(value) if shape is not None and shape.type_name == "timestamp" else value


def _streams(kind: JobKind, name: str) -> tuple[str, str, re.Pattern[str]]:
    """Where a job's log is: the group, what its streams' names begin with, and among those the pattern of its own."""
    if kind is not TUNING:
        return kind.log_group, f"{name}/", re.compile(f"{re.escape(name)}/")
    # The log of its training jobs, which the coordinator names. Other jobs' names may begin like them.
    return TRAINING.log_group, f"{name}-", re.compile(rf"{re.escape(name)}-\d{{3,}}-[0-9a-f]{{8}}/")


def _lines(logs: Any, group: str, prefix: str, streams: re.Pattern[str]) -> Iterator[str]:
    """The events of the streams whose names begin with *prefix* and like *streams*, each stream under its name."""
    try:
        pages = list(
            logs.get_paginator("describe_log_streams").paginate(logGroupName=group, logStreamNamePrefix=prefix)
        )
    except logs.exceptions.ResourceNotFoundException:
        return  # no job of this kind has logged anything
    found = (stream["logStreamName"] for page in pages for stream in page["logStreams"])
    for name in filter(streams.match, found):
        yield f"=== {name}"
        for event in _events(logs, group, name):
            yield f"{_iso(event['timestamp'] / 1000)} {event['message']}"


def _events(logs: Any, group: str, stream: str) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    while True:
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **token)
        yield from page["events"]
        if not page["events"] or token.get("nextToken") == page["nextForwardToken"]:
            return
        token = {"nextToken": page["nextForwardToken"]}


def _listing(title: str, address: str, objects: list[dict[str, Any]]) -> str:
    rows = [
        f'<li><a href="{html.escape(address + quote(item["Key"]))}">{html.escape(item["Key"])}</a> '
        f"{item['Size']} bytes, {item['LastModified']:%Y-%m-%d %H:%M:%S} UTC</li>"
        for item in objects
    ]
    listed = f"<ul>{''.join(rows)}</ul>" if rows else "<p>There is nothing yet.</p>"
    title = html.escape(title)
    return f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1>{listed}</html>'


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
