"""Messages of the event stream, as botocore reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from sagemaker_local.protocol import eventstream

pytestmark = pytest.mark.documented("Smithy: Event Stream specification")


def read(data: bytes) -> list[tuple[dict[str, Any], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(message.headers, message.payload) for message in buffer]


@pytest.mark.parametrize("payload", [b"", b"\x00\xff part", bytes(70_000)])
def test_an_event_carries_its_payload(payload: bytes) -> None:
    headers = {":message-type": "event", ":event-type": "PayloadPart", ":content-type": "application/octet-stream"}
    assert read(eventstream.event("PayloadPart", payload)) == [(headers, payload)]


def test_an_exception_carries_its_members() -> None:
    members = {"Message": "näh", "ErrorCode": "StreamBroken"}
    ((headers, payload),) = read(eventstream.exception("ModelStreamError", members))
    assert (headers[":message-type"], headers[":exception-type"]) == ("exception", "ModelStreamError")
    assert json.loads(payload) == members


def test_messages_follow_each_other() -> None:
    both = eventstream.event("PayloadPart", b"1") + eventstream.event("PayloadPart", b"2")
    assert [payload for _, payload in read(both)] == [b"1", b"2"]
