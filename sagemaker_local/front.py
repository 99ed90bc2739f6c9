"""The one port: SageMaker's requests are read and answered here, every other connection is hypercorn's.

An invocation or a look at a job would cost more in a general HTTP server than in everything else on its way together,
so the few bytes of it that matter are read by a parser in C and answered without an application in between. A
connection whose request is another goes to hypercorn, with what was read of it, for good; should one of SageMaker's
come over such a connection later, the gateway answers it the same.

Of hypercorn these names beyond its ``serve`` are used, held by ``tests/unit/sagemaker_local/test_front.py``:
``asyncio.tcp_server.TCPServer``, ``asyncio.worker_context.WorkerContext``, ``asyncio.lifespan.Lifespan``,
``app_wrappers.ASGIWrapper``.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing, suppress
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, cast

import httptools
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config

from sagemaker_local.calls import BODY_LIMIT_BYTES, Call, HttpAnswer
from sagemaker_local.faults import ResponseLost
from sagemaker_local.hosting.invocation import Parts

# Where Python can, a task begins at once and not after another turn of the loop.
_EAGERLY: dict[str, Any] = {"eager_start": True} if sys.version_info >= (3, 12) else {}
_PREFIXES = (b"POST / ", b"POST /endpoints/")
_LONGEST_HEAD_BYTES = 64 << 10

Accept = Callable[[str, str, Mapping[bytes, bytes]], Call | None]


class Front:
    """Listens, reads what *accept* has an answer for, and hands every other connection to hypercorn with *app*.

    *accept* is given method, path and headers (names in lower case).
    """

    def __init__(self, app: Any, accept: Accept, config: Config) -> None:
        self.accept = accept
        self._app, self._config = ASGIWrapper(app), config
        self._context = WorkerContext(None)
        self._state: dict[str, Any] = {}
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections: set[_Connection] = set()

    async def serve(self, listener: socket.socket, until: Callable[[], Awaitable[None]]) -> None:
        """Serve on *listener* until *until* returns, then end what is being answered, within the time for that."""
        loop = asyncio.get_running_loop()
        lifespan = Lifespan(self._app, self._config, loop, self._state)
        living = loop.create_task(lifespan.handle_lifespan())
        await lifespan.wait_for_startup()
        if living.done():
            living.result()  # the application could not start
        await self.listen(listener)
        try:
            await until()
        finally:
            await self._end()
            await lifespan.wait_for_shutdown()
            living.cancel()
            with suppress(asyncio.CancelledError):
                await living

    async def listen(self, listener: socket.socket) -> None:
        """Accept connections on *listener* too."""
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_server(lambda: _Connection(self), sock=listener))

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run *work* as a task of the server's, at once as far as it gets."""
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), **_EAGERLY)
        if not task.done():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _end(self) -> None:
        await self._context.terminated.set()
        for server in self._servers:
            server.close()
        for connection in list(self.connections):
            connection.end()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._config.graceful_timeout)

    def hand_over(self, transport: asyncio.Transport, received: bytes) -> None:
        """Let hypercorn go on with a connection of which *received* has been read."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(received)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        self.run(self._served(reader, writer))

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        await TCPServer(self._app, loop, self._config, self._context, self._state, reader, writer)


class _State(Enum):
    """Where a connection is with a request."""

    DECIDING = auto()
    """its first bytes do not yet say whether it may be one of SageMaker's"""
    READING = auto()
    ANSWERING = auto()


class _Connection(asyncio.Protocol):
    """One connection, for as long as its requests are SageMaker's."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._parser = httptools.HttpRequestParser(self)
        self._ending = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._sending: asyncio.Task[None] | None = None
        self._begin()

    def _begin(self) -> None:
        self._state = _State.DECIDING
        self._received = b""  # until it is known whose request it is
        self._foreign = self._head_read = self._whole = False
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._length = 0

    def end(self) -> None:
        """Close now, or after the answer that is being made."""
        self._ending = True
        if self._state is not _State.ANSWERING:
            self._transport.close()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without inheriting from it
        self._front.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._front.connections.discard(self)
        if self._sending is not None:
            self._sending.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._state is _State.ANSWERING:
            self._ending = True  # a client that does not wait for an answer gets no further one
            return
        if not self._head_read:
            self._received += data
        if self._state is _State.DECIDING:
            if not any(prefix.startswith(self._received[: len(prefix)]) for prefix in _PREFIXES):
                self._hand_over()
                return
            if not self._received.startswith(_PREFIXES):
                return
            self._state, data = _State.READING, self._received
        self._parse(data)

    def _parse(self, data: bytes) -> None:
        ours = self._head_read
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._foreign = True
        except httptools.HttpParserError:
            if self._whole:
                self._ending = True  # what comes after a request is none
            elif ours:
                self._refuse(_NO_HTTP)
                return
            else:
                self._foreign = True
        if self._whole:
            self._whole = False
            self._front.run(self._answer(self._call, b"".join(self._body)))
        elif self._foreign or (not self._head_read and len(self._received) > _LONGEST_HEAD_BYTES):
            self._hand_over()

    def _hand_over(self) -> None:
        self._front.connections.discard(self)
        self._front.hand_over(self._transport, self._received)

    # httptools' side

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._state is not _State.ANSWERING:
            self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        if self._state is _State.ANSWERING:
            return
        call = self._front.accept("POST", self._url.decode("latin-1"), self._headers)
        # A client that would rather speak another protocol is for a server that knows others.
        if call is None or b"upgrade" in self._headers:
            self._foreign = True
            return
        self._call, self._head_read = call, True
        if self._headers.get(b"expect", b"").lower() == b"100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        if self._state is _State.READING and self._head_read:
            self._length += len(data)
            self._body.append(data)
            if self._length > BODY_LIMIT_BYTES:
                self._refuse(self._call.too_large())

    def on_message_complete(self) -> None:
        if self._state is _State.ANSWERING:
            self._ending = True
        elif not self._foreign:
            self._state, self._whole = _State.ANSWERING, True
            self._ending = self._ending or not self._parser.should_keep_alive()

    # The answer

    async def _answer(self, call: Call, body: bytes) -> None:
        try:
            answer = await call.answer(body)
        except ResponseLost:
            self._transport.abort()
            return
        self._transport.write(_wire(answer, self._ending))
        if answer.parts is not None:
            await self._send(answer.parts)
        if self._ending:
            self._transport.close()
        else:
            self._begin()

    async def _send(self, parts: Parts) -> None:
        """Each part as a chunk, no faster than the client reads; a client that goes ends it."""
        self._sending = asyncio.current_task()
        async with aclosing(parts):
            async for part in parts:
                self._transport.write(b"%x\r\n%b\r\n" % (len(part), part))
                await self._writable.wait()
        self._sending = None
        self._transport.write(b"0\r\n\r\n")

    def _refuse(self, answer: HttpAnswer) -> None:
        """Answer before the request is read to its end, which is read no further."""
        self._state = _State.ANSWERING
        self._transport.write(_wire(answer, closing=True))
        self._transport.close()


_NO_HTTP = HttpAnswer(400, [(b"Content-Type", b"application/json")], b'{"message": "The request is not HTTP."}')


def _wire(answer: HttpAnswer, closing: bool) -> bytes:
    parts = [b"HTTP/1.1 %d %b\r\n" % (answer.status, _phrase(answer.status))]
    for name, value in answer.headers:
        parts += (name, b": ", value, b"\r\n")
    if closing:
        parts.append(b"connection: close\r\n")
    if answer.parts is None:
        parts += (b"content-length: %d\r\n\r\n" % len(answer.body), answer.body)
    else:
        parts.append(b"transfer-encoding: chunked\r\n\r\n")
    return b"".join(parts)


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b"Error"
