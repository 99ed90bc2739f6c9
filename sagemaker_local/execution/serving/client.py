"""HTTP/1.1 to one serving container: kept-alive connections, whole answers, nothing between the two but a parser in C.

Not thread-safe: a client belongs to the event loop that it is used in.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import NamedTuple, cast

import httptools

from sagemaker_local.execution.serving.errors import NoAnswer, TimedOut, Unreachable
from sagemaker_local.execution.serving.stream import Stream

Headers = list[tuple[bytes, bytes]]
Connect = Callable[[], Awaitable[socket.socket]]


class Response(NamedTuple):
    """A whole answer; header names are lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class Client:
    """Requests to one container, over as many connections as there are requests at a time."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._closed = False

    async def request(self, method: bytes, path: bytes, headers: Headers, body: bytes, seconds: float) -> Response:
        """Send a request and read its answer. Raises ``NoAnswer``.

        A kept-alive connection that the container closes before a byte of the answer was most likely closed just as
        the request went out, so that one is sent once more on a new connection.
        """
        message = _message(method, path, headers, body)
        closed: _ClosedWhileIdle | None = None
        while True:
            connection = self._idle.pop() if self._idle else await self._reconnected(seconds, closed)
            try:
                response = await connection.send(message, seconds)
            except _ClosedWhileIdle as error:
                closed = error
                continue
            except asyncio.CancelledError:
                connection.close()
                raise
            if connection.reusable and not self._closed:
                self._idle.append(connection)
            else:
                connection.close()
            return response

    async def stream(self, method: bytes, path: bytes, headers: Headers, body: bytes, seconds: float) -> Stream:
        """Send a request; returns when the answer has begun. Raises ``NoAnswer``."""
        stream = await Stream.over(await self._connected(seconds))
        try:
            async with asyncio.timeout(seconds):
                await stream.ask(_message(method, path, headers, body))
        except BaseException as error:
            stream.close()
            if isinstance(error, TimeoutError):
                raise TimedOut("no answer within the time limit") from error
            raise
        return stream

    async def _connected(self, seconds: float) -> socket.socket:
        try:
            async with asyncio.timeout(seconds):
                return await self._connect()
        except OSError as error:  # a TimeoutError too
            raise Unreachable(f"no connection: {error.strerror or str(error) or 'it took too long'}") from error

    async def _reconnected(self, seconds: float, closed: _ClosedWhileIdle | None) -> _Connection:
        """A new connection. Where it is to make good for one that was *closed*, and cannot be had, the container has
        ended, maybe of this very request: then it is not ``Unreachable``, which would have another container try."""
        try:
            connected = await self._connected(seconds)
        except Unreachable as error:
            if closed is not None:
                raise NoAnswer(str(closed)) from error
            raise
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: _Connection(self._lost), sock=connected
        )
        self._open.add(connection)
        return connection

    def _lost(self, connection: _Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def close(self) -> None:
        """Close every connection; requests under way end in ``NoAnswer``."""
        self._closed = True
        for connection in list(self._open):
            connection.close()


def _message(method: bytes, path: bytes, headers: Headers, body: bytes) -> bytes:
    parts = [b"%b %b HTTP/1.1\r\nhost: localhost:8080\r\n" % (method, path)]
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    if body or method == b"POST":
        parts.append(b"content-length: %d\r\n" % len(body))
    parts += (b"\r\n", body)
    return b"".join(parts)


class _ClosedWhileIdle(NoAnswer):
    """A connection used before ended without a byte of the answer."""


class _Connection(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self, lost: Callable[[_Connection], None]) -> None:
        self._on_lost = lost
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Response] | None = None
        # One timer for all requests: it is set anew when it goes off too early, which costs a request nothing.
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._used = False
        self.reusable = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without inheriting from it

    def send(self, message: bytes, seconds: float) -> asyncio.Future[Response]:
        """Send *message*; the future has the answer, or ``NoAnswer``."""
        assert self._transport is not None
        answer = self._answer = self._loop.create_future()
        self._started = self._headers_read = self._whole = self.reusable = False
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._deadline = self._loop.time() + seconds
        self._transport.write(message)
        if self._timer is None or self._timer.when() > self._deadline:
            self._set_timer()
        return answer

    @property
    def _awaited(self) -> bool:
        """Whether an answer is still to come."""
        return self._answer is not None and not self._answer.done()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._expire)

    def _expire(self) -> None:
        self._timer = None
        if not self._awaited:
            return
        if self._loop.time() < self._deadline:
            self._set_timer()
        else:
            self._fail(TimedOut("no whole answer within the time limit"))

    def _fail(self, error: NoAnswer) -> None:
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def close(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio's side

    def data_received(self, data: bytes) -> None:
        if not self._awaited:
            self.close()  # more than was asked for
            return
        self._started = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.reusable = False
            if not self._whole:
                self._fail(NoAnswer(f"the answer is not HTTP: {error}"))
        if self._whole:
            self._complete()

    def connection_lost(self, error: Exception | None) -> None:
        self._on_lost(self)
        if self._timer is not None:
            self._timer.cancel()
        if not self._awaited:
            return
        if self._headers_read and not {b"content-length", b"transfer-encoding"} & self._headers.keys():
            self._complete()  # such an answer ends with the connection
        elif self._used and not self._started:
            self._fail(_ClosedWhileIdle("the connection was closed before the answer"))
        else:
            self._fail(NoAnswer("the connection was closed before the end of the answer"))

    # httptools' side

    def on_message_begin(self) -> None:
        if self._whole:
            self.reusable = False  # more than was asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._whole:
            self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        if not self._whole:
            self._headers_read, self._status = True, self._parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        if not self._whole:
            self._body.append(data)

    def on_message_complete(self) -> None:
        if self._status < 200:
            self._headers, self._headers_read = {}, False  # 100 Continue: the answer is still to come
        elif not self._whole:
            self._whole = True
            self.reusable = self._parser.should_keep_alive()

    def _complete(self) -> None:
        assert self._answer is not None
        self._used = True
        self._answer.set_result(Response(self._status, self._headers, b"".join(self._body)))
