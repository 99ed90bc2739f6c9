"""Messages of ``application/vnd.amazon.eventstream``, as Smithy's specification of the event stream has them."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

CONTENT_TYPE = b"application/vnd.amazon.eventstream"
_STRING = 7


def event(kind: str, payload: bytes) -> bytes:
    """An event of type *kind* whose payload is bytes."""
    headers = {":message-type": "event", ":event-type": kind, ":content-type": "application/octet-stream"}
    return _message(headers, payload)


def exception(kind: str, members: dict[str, Any]) -> bytes:
    """An exception of type *kind*, which ends a stream."""
    headers = {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}
    return _message(headers, json.dumps(members).encode())


def _message(headers: dict[str, str], payload: bytes) -> bytes:
    """Prelude (total length, length of the headers) and its checksum, headers, payload, checksum of it all."""
    packed = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + packed + payload
    return message + struct.pack("!I", zlib.crc32(message))


def _header(name: bytes, value: bytes) -> bytes:
    return struct.pack(f"!B{len(name)}sBH{len(value)}s", len(name), name, _STRING, len(value), value)
