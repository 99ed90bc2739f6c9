"""An answer that is read while it comes, from a server that misbehaves in every way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sagemaker_local.execution.serving.client import Client
from sagemaker_local.execution.serving.errors import NoAnswer, TimedOut, Unreachable
from sagemaker_local.execution.serving.stream import Stream
from tests.unit.sagemaker_local.execution.serving.test_client import Reader, Serve, Server, Writer, ask, once

pytestmark = pytest.mark.local_only
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def opened(client: Client, seconds: float = 10) -> Stream:
    return await client.stream(b"POST", b"/invocations", [(b"Content-Type", b"text/csv")], b"body", seconds)


async def rest(stream: Stream) -> bytes:
    found = b""
    try:
        while part := await stream.read():
            found += part
    finally:
        stream.close()
    return found


async def whole(client: Client, server: Server) -> Any:
    stream = await opened(client)
    return stream.status, await rest(stream), server.requests


@pytest.mark.parametrize(
    "answer",
    [
        CHUNKED + b"2\r\n0.\r\n1\r\n5\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n0.5",
        b"HTTP/1.1 200 OK\r\n\r\n0.5",
        b"HTTP/1.0 200 OK\r\n\r\n0.5",
    ],
    ids=["chunked", "after 100 Continue", "until the end", "HTTP/1.0"],
)
def test_every_way_to_send_a_body_is_read(answer: bytes) -> None:
    status, body, (request,) = ask(once(answer), whole)
    assert (status, body) == (200, b"0.5")
    assert request.startswith(b"POST /invocations HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\nbody")


def test_a_part_is_there_before_the_next_is_sent() -> None:
    going = asyncio.Event()

    async def serve(server: Server, reader: Reader, writer: Writer) -> None:
        await server.read(reader)
        writer.write(CHUNKED + b"3\r\none\r\n")
        await going.wait()
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

    async def what(client: Client, server: Server) -> Any:
        stream = await opened(client)
        first = await stream.read()
        going.set()
        return first, await rest(stream)

    assert ask(serve, what) == (b"one", b"two")


@pytest.mark.parametrize(
    "answer", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Le"], ids=["nothing", "garbage", "half a head"]
)
def test_an_answer_that_does_not_begin_is_none(answer: bytes) -> None:
    with pytest.raises(NoAnswer):
        ask(once(answer), whole)


@pytest.mark.parametrize(
    "answer",
    [CHUNKED + b"3\r\none\r\n", CHUNKED + b"zz\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none"],
    ids=["no last chunk", "no chunk", "too short"],
)
def test_an_answer_that_breaks_off_is_none(answer: bytes) -> None:
    with pytest.raises(NoAnswer):
        ask(once(answer), whole)


def silent() -> Serve:
    async def serve(server: Server, reader: Reader, writer: Writer) -> None:
        await server.read(reader)
        await reader.read()

    return serve


def test_an_answer_that_does_not_begin_in_time_is_none() -> None:
    async def what(client: Client, server: Server) -> Any:
        with pytest.raises(TimedOut):
            await opened(client, 0.2)

    ask(silent(), what)


def test_a_container_that_does_not_listen_has_not_seen_the_request() -> None:
    async def what(client: Client, server: Server) -> Any:
        server.port = 1
        with pytest.raises(Unreachable):
            await opened(client)

    ask(silent(), what)
