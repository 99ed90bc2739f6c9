"""The one port: what is accepted is answered there, all else reaches the application whole, whatever comes when."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import pytest
from hypercorn.config import Config

from sagemaker_local.calls import Call, HttpAnswer
from sagemaker_local.front import Front

pytestmark = pytest.mark.local_only
SIGNED = b"Authorization: AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/%b/aws4_request, SignedHeaders=host\r\n"
Talk = Callable[["Peer"], Awaitable[Any]]


def request(
    body: bytes = b"1,2", path: bytes = b"/endpoints/e/invocations", service: bytes = b"sagemaker", more: bytes = b""
) -> bytes:
    """A request for an invocation, or for something like it."""
    head = b"POST %b HTTP/1.1\r\nHost: x\r\n%b%bContent-Length: %d\r\n\r\n"
    return head % (path, SIGNED % service if service else b"", more, len(body)) + body


class Accepting:
    """Answers what is signed for SageMaker with what it was asked; holds an answer back while ``held`` is not set."""

    def __init__(self) -> None:
        self.held = asyncio.Event()
        self.held.set()
        self.asked = 0
        self.parts: Parts | None = None

    def __call__(self, method: str, path: str, headers: Mapping[bytes, bytes]) -> Call | None:
        if b"/sagemaker/" not in headers.get(b"authorization", b""):
            return None
        said = f"{method} {path} {headers.get(b'content-type', b'').decode()} ".encode()
        return Call(partial(self.answer, said), lambda: HttpAnswer(413, [], b""))

    async def answer(self, said: bytes, body: bytes) -> HttpAnswer:
        self.asked += 1
        await self.held.wait()
        if self.parts is not None:
            return HttpAnswer(200, [(b"X-From", b"front")], b"", self.parts)
        return HttpAnswer(200, [(b"X-From", b"front")], said + body)


class Parts:
    """A body that comes in parts, each when it is let to, and then for ever what *forever* says."""

    def __init__(self, *parts: bytes, forever: bytes = b"") -> None:
        self.parts, self.forever = list(parts), forever
        self.closed, self.given = asyncio.Event(), 0
        self.free = asyncio.Event()
        self.free.set()

    def __aiter__(self) -> Parts:
        return self

    async def __anext__(self) -> bytes:
        await self.free.wait()
        self.given += 1
        if self.parts:
            return self.parts.pop(0)
        if not self.forever:
            raise StopAsyncIteration
        return self.forever

    async def aclose(self) -> None:
        self.closed.set()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application that says what reached it."""
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{step}"
            await send({"type": f"lifespan.{step}.complete"})
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    said = json.dumps([scope["method"], scope["path"], body.decode()]).encode()
    headers = [(b"x-from", b"application"), (b"content-length", str(len(said)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})


class Peer:
    """A client's connection, and the server's end."""

    def __init__(self, front: Front, accepting: Accepting, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.front, self.accepting, self.reader, self.writer = front, accepting, reader, writer
        self.stop = asyncio.Event()

    async def send(self, *parts: bytes) -> None:
        """Each part as a packet of its own."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0.01)

    async def answer(self) -> tuple[int, str, bytes]:
        """Status, who answered, and the body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head.split()[1])
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        body = await self.reader.readexactly(int(fields.get(b"content-length", b"0")))
        return status, fields.get(b"x-from", b"").decode(), body

    async def closed(self) -> bool:
        return await self.reader.read() == b""


def talk(what: Talk) -> Any:
    """Serve, and have *what* talk to the server over one connection."""

    async def main() -> Any:
        accepting = Accepting()
        config = Config()
        config.graceful_timeout = 2
        front = Front(application, accepting, config)
        listener = socket.create_server(("127.0.0.1", 0))
        stop = asyncio.Event()

        async def until() -> None:
            await stop.wait()

        serving = asyncio.create_task(front.serve(listener, until))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        peer = Peer(front, accepting, reader, writer)
        peer.stop = stop
        try:
            return await asyncio.wait_for(what(peer), 20)
        finally:
            stop.set()
            await serving
            writer.close()

    return asyncio.run(main())


INVOKED = (200, "front", b"POST /endpoints/e/invocations  1,2")


def in_one(message: bytes) -> list[bytes]:
    return [message]


def byte_by_byte(message: bytes) -> list[bytes]:
    return [message[:1], message[1:9], message[9:16], message[16:40], message[40:-2], message[-2:]]


@pytest.mark.parametrize("packets", [in_one, byte_by_byte])
def test_an_operation_by_its_header_is_answered_here(packets: Callable[[bytes], list[bytes]]) -> None:
    async def what(peer: Peer) -> Any:
        await peer.send(*packets(request(path=b"/")))
        first = await peer.answer()
        await peer.send(request())
        return first, await peer.answer()

    assert talk(what) == ((200, "front", b"POST /  1,2"), INVOKED)


@pytest.mark.parametrize("packets", [in_one, byte_by_byte])
def test_an_invocation_is_answered_here_however_it_is_cut(packets: Callable[[bytes], list[bytes]]) -> None:
    async def what(peer: Peer) -> Any:
        await peer.send(*packets(request()))
        return await peer.answer()

    assert talk(what) == INVOKED


def test_a_connection_is_kept_for_further_invocations() -> None:
    async def what(peer: Peer) -> Any:
        answers = []
        for body in (b"1", b"2", b"3"):
            await peer.send(request(body, more=b"Content-Type: text/csv\r\n"))
            answers.append((await peer.answer())[2])
        return answers

    assert talk(what) == [b"POST /endpoints/e/invocations text/csv " + body for body in (b"1", b"2", b"3")]


def test_a_chunked_body_is_put_together() -> None:
    async def what(peer: Peer) -> Any:
        chunked = request(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        await peer.send(chunked, b"2\r\n1,\r\n", b"1\r\n2\r\n0\r\n\r\n")
        return await peer.answer()

    assert talk(what) == INVOKED


def test_a_client_that_asks_whether_it_may_send_is_told_so() -> None:
    async def what(peer: Peer) -> Any:
        whole = request(b"1,2", more=b"Expect: 100-continue\r\n")
        await peer.send(whole[:-3])
        first = await peer.answer()
        await peer.send(whole[-3:])
        return first, await peer.answer()

    assert talk(what) == ((100, "", b""), INVOKED)


@pytest.mark.parametrize("packets", [in_one, byte_by_byte])
@pytest.mark.parametrize(
    "foreign",
    [
        request(b"body", b"/x"),
        request(b"body", b"/", b"s3"),
        request(b"body", b"/endpoints/e/invocations", b"s3"),
        request(b"body", b"/endpoints/e/invocations", b""),
        request(b"body", more=b"Connection: Upgrade\r\nUpgrade: something\r\n"),
    ],
    ids=["other path", "another service", "another service's endpoint", "not accepted", "upgrade"],
)
def test_what_is_no_invocation_reaches_the_application_whole(
    foreign: bytes, packets: Callable[[bytes], list[bytes]]
) -> None:
    async def what(peer: Peer) -> Any:
        await peer.send(*packets(foreign))
        return await peer.answer()

    status, whose, body = talk(what)
    assert (status, whose, json.loads(body)[2]) == (200, "application", "body")


def test_an_invocation_and_something_else_may_share_a_connection() -> None:
    async def what(peer: Peer) -> Any:
        await peer.send(request())
        first = await peer.answer()
        await peer.send(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        second = await peer.answer()
        await peer.send(request())
        return first, second, await peer.answer()

    first, second, third = talk(what)
    assert first == INVOKED
    assert (second[1], json.loads(second[2])) == ("application", ["GET", "/x", ""])
    # The application sees it: a connection that was handed over stays where it is.
    assert (third[1], json.loads(third[2])[1]) == ("application", "/endpoints/e/invocations")


def test_of_requests_sent_without_waiting_the_first_is_answered() -> None:
    async def what(peer: Peer) -> Any:
        await peer.send(request(b"1,2") + request(b"3", more=b"Content-Type: other\r\n"))
        return await peer.answer(), await peer.closed(), peer.accepting.asked

    assert talk(what) == (INVOKED, True, 1)


def test_a_request_that_comes_before_the_answer_to_the_last_gets_none() -> None:
    async def what(peer: Peer) -> Any:
        peer.accepting.held.clear()
        await peer.send(request(), request())
        peer.accepting.held.set()
        return await peer.answer(), await peer.closed()

    assert talk(what) == (INVOKED, True)


def test_a_connection_is_closed_after_the_answer_if_the_client_wants_that() -> None:
    async def what(peer: Peer) -> Any:
        await peer.send(request(more=b"Connection: close\r\n"))
        return await peer.answer(), await peer.closed()

    assert talk(what) == (INVOKED, True)


def test_a_body_far_too_long_is_refused_and_not_read() -> None:
    async def what(peer: Peer) -> Any:
        await peer.send(request(b"")[:-5].replace(b"Content-Length: ", b"Content-Length: 99000000") + b"\r\n\r\n")
        for _ in range(9):
            peer.writer.write(bytes(1 << 20))
        return (await peer.answer())[0], peer.accepting.asked

    assert talk(what) == (413, 0)


def test_a_broken_body_is_refused_and_the_connection_closed() -> None:
    async def what(peer: Peer) -> Any:
        await peer.send(request(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"), b"zz\r\n")
        return (await peer.answer())[0], await peer.closed(), peer.accepting.asked

    assert talk(what) == (400, True, 0)


def test_a_head_without_end_is_not_collected_for_ever() -> None:
    async def what(peer: Peer) -> Any:
        peer.writer.write(b"POST /endpoints/e/invocations HTTP/1.1\r\n" + (b"X: " + b"x" * 8000 + b"\r\n") * 12)
        return (await peer.answer())[0]

    assert 400 <= talk(what) < 500


def test_what_is_being_answered_at_the_end_is_answered() -> None:
    async def what(peer: Peer) -> Any:
        peer.accepting.held.clear()
        await peer.send(request())
        peer.stop.set()
        await asyncio.sleep(0.05)
        peer.accepting.held.set()
        return await peer.answer(), await peer.closed()

    assert talk(what) == (INVOKED, True)


def test_an_idle_connection_is_closed_at_the_end() -> None:
    async def what(peer: Peer) -> Any:
        await peer.send(request())
        await peer.answer()
        peer.stop.set()
        return await peer.closed()

    assert talk(what)


async def chunk(peer: Peer) -> bytes:
    size = int(await peer.reader.readline(), 16)
    return (await peer.reader.readexactly(size + 2))[:-2]


def test_a_body_in_parts_is_sent_in_chunks_each_at_once_and_the_connection_is_kept() -> None:
    async def what(peer: Peer) -> Any:
        parts = peer.accepting.parts = Parts(b"one", b"two")
        await peer.send(request())
        head = await peer.reader.readuntil(b"\r\n\r\n")
        found = [await chunk(peer), await chunk(peer), await chunk(peer)]
        await parts.closed.wait()
        peer.accepting.parts = None
        await peer.send(request())
        return b"transfer-encoding: chunked" in head, b"content-length" in head, found, await peer.answer()

    assert talk(what) == (True, False, [b"one", b"two", b""], INVOKED)


def test_a_client_that_goes_ends_a_body_in_parts_also_while_nothing_comes() -> None:
    async def what(peer: Peer) -> Any:
        parts = peer.accepting.parts = Parts(b"one", b"never")
        await peer.send(request())
        await peer.reader.readuntil(b"\r\n\r\n")
        await chunk(peer)
        parts.parts.insert(0, b"never")
        parts.free.clear()
        peer.writer.close()
        await parts.closed.wait()
        return True

    assert talk(what)


def test_a_client_that_reads_slowly_gets_parts_no_faster() -> None:
    async def what(peer: Peer) -> Any:
        parts = peer.accepting.parts = Parts(forever=bytes(1 << 20))
        await peer.send(request())
        await peer.reader.readuntil(b"\r\n\r\n")
        before = -1
        while before != parts.given:  # until no more is made
            before = parts.given
            await asyncio.sleep(0.2)
        peer.writer.close()
        await parts.closed.wait()
        return parts.given

    assert talk(what) < 100
