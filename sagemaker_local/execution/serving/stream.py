"""An answer of a serving container that is read while it comes, over a connection of its own."""

from __future__ import annotations

import asyncio
import socket

import httptools

from sagemaker_local.execution.serving.errors import NoAnswer

_READ_BYTES = 64 << 10


class Stream:
    """One request and its answer. What is not read in time slows the container down: nothing is hoarded."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._begun = self._ended = False
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        """their names are lower case"""

    @classmethod
    async def over(cls, connected: socket.socket) -> Stream:
        """A stream over a new connection, which is the stream's from now on."""
        return cls(*await asyncio.open_connection(sock=connected))

    async def ask(self, message: bytes) -> None:
        """Send the request; returns when status and headers are here. Raises ``NoAnswer``."""
        self._writer.write(message)
        while not self._begun:
            await self._receive()

    async def read(self) -> bytes:
        """The next part of the body, as soon as there is one; nothing at its end. Raises ``NoAnswer``."""
        while not self._parts and not self._ended:
            await self._receive()
        part, self._parts = b"".join(self._parts), []
        return part

    def close(self) -> None:
        """Close the connection, whatever has come of the answer."""
        self._writer.transport.abort()

    async def _receive(self) -> None:
        try:
            data = await self._reader.read(_READ_BYTES)
            if data:
                self._parser.feed_data(data)
            else:
                self._closed()
        except httptools.HttpParserError as error:
            raise NoAnswer(f"the answer is not HTTP: {error}") from error
        except OSError as error:
            raise NoAnswer(f"the connection broke: {error}") from error

    def _closed(self) -> None:
        if not self._begun or {b"content-length", b"transfer-encoding"} & self.headers.keys():
            raise NoAnswer("the connection was closed before the end of the answer")
        self._ended = True  # such an answer ends with the connection

    # httptools' side

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._begun = self.status >= 200
        if not self._begun:
            self.headers = {}  # 100 Continue: the answer is still to come

    def on_body(self, data: bytes) -> None:
        self._parts.append(data)

    def on_message_complete(self) -> None:
        self._ended = self._begun
