"""Every signed request, a line of JSON each, as CloudTrail keeps them for an account."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from sagemaker_local import clock
from sagemaker_local.base.interface import AsgiApp
from sagemaker_local.calls import Call, HttpAnswer
from sagemaker_local.signature import Signer, signer

_FILE_BYTES, _OLD_FILES = 64 << 20, 1
_BODY_BYTES = 256 << 10
_LINE_BYTES = 4 << 20
"""more than any line has"""
# Services whose requests are data or secrets themselves.
_KEEPERS = frozenset({"cognito-idp", "dynamodb", "firehose", "kinesis", "kms", "secretsmanager", "ssm"})
_TEXTS = ("application/json", "application/x-amz-json", "application/x-www-form-urlencoded")


class CallLog:
    """Writes requests to *path* once they are answered. It has no more than two files of 64 MiB, the owner's alone.

    A line has ``at`` (seconds since 1970), ``access_key``, ``service`` (as signed for), ``method``, ``path`` (with the
    query), ``headers`` (``x-amz-target``, ``x-amz-copy-source``), ``body`` (as text; of requests to ``/`` alone, where
    it is the request's members, messages to queues and topics among them; not of services that keep data or secrets)
    and ``status``, which is null where the answer was lost.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = _Private(path, maxBytes=_FILE_BYTES, backupCount=_OLD_FILES, encoding="utf-8")

    def close(self) -> None:
        """Nothing is written any more."""
        self._file.close()

    def around(self, call: Call, who: Signer | None, method: str, path: str, headers: Mapping[bytes, bytes]) -> Call:
        """*call*, which is written down when it is answered."""
        return call._replace(answer=partial(self._answer, call, (who, method, path, headers)))

    async def _answer(self, call: Call, head: _Head, body: bytes) -> HttpAnswer:
        status = None
        try:
            answer = await call.answer(body)
            status = answer.status
            return answer
        finally:
            self._write(head, body, status)

    def app(self, app: AsgiApp) -> AsgiApp:
        """*app*, whose requests are written down when they are answered."""

        async def logged(scope: dict[str, Any], receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            head, exchange = _head(scope), _Exchange(receive, send)
            try:
                await app(scope, exchange.receive, exchange.send)
            finally:
                self._write(head, bytes(exchange.body), exchange.status)

        return logged

    def _write(self, head: _Head, body: bytes, status: int | None) -> None:
        who, method, path, headers = head
        if who is None:
            return
        line = {
            "at": clock.now(),
            "access_key": who.access_key,
            "service": who.service,
            "method": method,
            "path": path,
            "headers": {
                name.decode(): headers[name].decode("latin-1")
                for name in (b"x-amz-target", b"x-amz-copy-source")
                if name in headers
            },
            "body": None if who.service in _KEEPERS else _members(path, headers, body),
            "status": status,
        }
        text = json.dumps(line, separators=(",", ":"))
        self._file.handle(logging.makeLogRecord({"msg": text}))


class _Private(RotatingFileHandler):
    """A file that its owner alone reads and writes, of whole lines."""

    def _open(self) -> TextIOWrapper:
        number = os.open(self.baseFilename, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        os.fchmod(number, 0o600)  # It may be one of before.
        _cut(number)
        return TextIOWrapper(open(number, "ab"), self.encoding)


def _cut(number: int) -> None:
    """Take off the beginning of a line that a killed server has left at a file's end."""
    size = os.fstat(number).st_size
    tail = os.pread(number, _LINE_BYTES, max(0, size - _LINE_BYTES))
    os.ftruncate(number, size - len(tail) + tail.rfind(b"\n") + 1)


_Head = tuple[Signer | None, str, str, Mapping[bytes, bytes]]


class _Exchange:
    """What passes between a server and an application."""

    def __init__(self, receive: Any, send: Any) -> None:
        self._receive, self._send = receive, send
        self.body = bytearray()
        self.status: int | None = None

    async def receive(self) -> Any:
        message = await self._receive()
        if len(self.body) <= _BODY_BYTES:
            self.body += message.get("body", b"")
        return message

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def _head(scope: dict[str, Any]) -> _Head:
    headers = {name.lower(): value for name, value in scope["headers"]}
    who = signer(headers.get(b"authorization", b"").decode("latin-1"))
    query = scope["query_string"]
    path = scope["raw_path"] + (b"?" + query if query else b"")
    return who, scope["method"], path.decode("latin-1"), headers


def _members(path: str, headers: Mapping[bytes, bytes], body: bytes) -> str | None:
    texts = headers.get(b"content-type", b"").decode("latin-1").startswith(_TEXTS)
    if path != "/" or not texts or len(body) > _BODY_BYTES:
        return None
    with suppress(UnicodeDecodeError):
        return body.decode()
    return None
