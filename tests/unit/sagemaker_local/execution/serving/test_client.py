"""The client of serving containers against a server that misbehaves in every way."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sagemaker_local.execution.serving.client import Client, Response
from sagemaker_local.execution.serving.errors import NoAnswer, TimedOut, Unreachable

pytestmark = pytest.mark.local_only
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Serve = Callable[["Server", Reader, Writer], Awaitable[None]]


class Server:
    """A server that does with each connection what it is given."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.connections = 0
        self.requests: list[bytes] = []
        self.port = 0

    async def __call__(self, reader: Reader, writer: Writer) -> None:
        self.connections += 1
        try:
            await self._serve(self, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the client has gone: most of the tests are about that
        finally:
            writer.close()

    async def read(self, reader: Reader) -> bytes:
        """A whole request; remembers it."""
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        request = head + await reader.readexactly(int(fields.get(b"content-length", b"0")))
        self.requests.append(request)
        return request

    async def connect(self) -> socket.socket:
        made = socket.socket()
        made.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", self.port))
        except OSError:
            made.close()
            raise
        return made


def ask(serve: Serve, what: Callable[[Client, Server], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        server = Server(serve)
        listening = await asyncio.start_server(server, "127.0.0.1", 0)
        server.port = listening.sockets[0].getsockname()[1]
        client = Client(server.connect)
        try:
            return await asyncio.wait_for(what(client, server), 20)
        finally:
            client.close()
            listening.close()
            await asyncio.sleep(0)

    return asyncio.run(main())


async def post(client: Client, body: bytes = b"body", seconds: float = 10) -> Response:
    return await client.request(b"POST", b"/invocations", [(b"Content-Type", b"text/csv")], body, seconds)


def answering(answer: bytes) -> Serve:
    """A server that gives every request the same answer, and closes when the client does."""

    async def serve(server: Server, reader: Reader, writer: Writer) -> None:
        while True:
            await server.read(reader)
            writer.write(answer)

    return serve


def once(answer: bytes) -> Serve:
    """A server that gives one answer on each connection and closes it."""

    async def serve(server: Server, reader: Reader, writer: Writer) -> None:
        await server.read(reader)
        writer.write(answer)

    return serve


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 3\r\n\r\n0.5"


def test_a_request_says_what_it_is_given_and_an_answer_is_read_whole() -> None:
    async def what(client: Client, server: Server) -> Any:
        return await post(client), server.requests

    response, requests = ask(answering(OK), what)
    assert response == Response(200, {b"content-type": b"text/csv", b"content-length": b"3"}, b"0.5")
    assert requests == [
        b"POST /invocations HTTP/1.1\r\nhost: localhost:8080\r\nContent-Type: text/csv\r\ncontent-length: 4\r\n\r\nbody"
    ]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n0.\r\n1\r\n5\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\n\r\n0.5",  # ends with the connection
        b"HTTP/1.0 200 OK\r\n\r\n0.5",
    ],
    ids=["chunked", "after 100 Continue", "until the end", "HTTP/1.0"],
)
def test_every_way_to_send_a_body_is_read(answer: bytes) -> None:
    async def what(client: Client, server: Server) -> Any:
        return await post(client)

    response = ask(once(answer), what)
    assert (response.status, response.body) == (200, b"0.5")


@pytest.mark.parametrize("status", [204, 400, 404, 500, 503])
def test_whatever_the_status_it_is_an_answer(status: int) -> None:
    async def what(client: Client, server: Server) -> Any:
        return (await post(client)).status

    assert ask(answering(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status), what) == status


def test_connections_are_kept_as_many_as_there_are_requests_at_a_time() -> None:
    async def what(client: Client, server: Server) -> Any:
        await asyncio.gather(*(post(client) for _ in range(3)))
        for _ in range(5):
            await post(client)
        return server.connections, len(server.requests)

    assert ask(answering(OK), what) == (3, 8)


@pytest.mark.parametrize("close", [b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n"])
def test_a_connection_that_the_server_does_not_keep_is_not_used_again(close: bytes) -> None:
    async def what(client: Client, server: Server) -> Any:
        for _ in range(2):
            await post(client)
        return server.connections

    assert ask(answering(close + b"Content-Length: 0\r\n\r\n"), what) == 2


def test_a_kept_connection_that_turns_out_closed_costs_nothing() -> None:
    async def serve(server: Server, reader: Reader, writer: Writer) -> None:
        await server.read(reader)
        writer.write(OK)
        if server.connections == 1:
            await server.read(reader)  # and closes without an answer
            return
        await server.read(reader)

    async def what(client: Client, server: Server) -> Any:
        return [(await post(client, body)).status for body in (b"1", b"2")], server.connections

    assert ask(serve, what) == ([200, 200], 2)


def test_a_container_that_ends_of_a_request_is_no_answer_and_not_merely_unreachable() -> None:
    async def what(client: Client, server: Server) -> Any:
        await post(client)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            server.port = taken.getsockname()[1]
        return await no_answer(client, server)

    async def serve(server: Server, reader: Reader, writer: Writer) -> None:
        await server.read(reader)
        writer.write(OK)
        await server.read(reader)

    assert ask(serve, what) == "the connection was closed before the answer"


async def no_answer(client: Client, server: Server) -> str:
    with pytest.raises(NoAnswer) as caught:
        await post(client)
    assert not isinstance(caught.value, Unreachable)
    return str(caught.value)


def test_a_new_connection_closed_without_an_answer_is_no_answer_and_not_asked_again() -> None:
    async def what(client: Client, server: Server) -> Any:
        return await no_answer(client, server), len(server.requests)

    assert ask(once(b""), what) == ("the connection was closed before the end of the answer", 1)


@pytest.mark.parametrize("part", [b"HTTP/1.1 200 OK\r\nContent-Le", OK[:-1]], ids=["head", "body"])
def test_an_answer_cut_off_is_none(part: bytes) -> None:
    assert ask(once(part), no_answer) == "the connection was closed before the end of the answer"


@pytest.mark.parametrize("garbage", [b"this is not HTTP\r\n\r\n", b"\x00\x01\x02", b"HTTP/1.1 abc\r\n\r\n"])
def test_garbage_is_no_answer(garbage: bytes) -> None:
    assert ask(once(garbage), no_answer).startswith("the answer is not HTTP: ")


def test_a_container_that_is_not_there_is_unreachable() -> None:
    async def what(client: Client, server: Server) -> Any:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            server.port = taken.getsockname()[1]
        with pytest.raises(Unreachable, match="no connection"):
            await post(client)

    ask(answering(OK), what)


async def silent(server: Server, reader: Reader, writer: Writer) -> None:
    await server.read(reader)
    await reader.read()


def test_no_answer_in_time_is_told_and_the_connection_not_used_again() -> None:
    async def what(client: Client, server: Server) -> Any:
        for _ in range(2):
            with pytest.raises(TimedOut):
                await post(client, seconds=0.05)
        return server.connections

    assert ask(silent, what) == 2


def test_each_request_has_its_own_time() -> None:
    async def slow_second(server: Server, reader: Reader, writer: Writer) -> None:
        for delay in (0.0, 0.0, 60.0):
            await server.read(reader)
            await asyncio.sleep(delay)
            writer.write(OK)

    async def what(client: Client, server: Server) -> Any:
        assert (await post(client, seconds=0.2)).status == 200
        await asyncio.sleep(0.15)
        # Longer than is left of the first one's time, and then shorter than what the timer was last set to.
        assert (await post(client, seconds=30)).status == 200
        with pytest.raises(TimedOut):
            await post(client, seconds=0.05)
        return server.connections

    assert ask(slow_second, what) == 1


def test_what_comes_unasked_closes_the_connection() -> None:
    async def talkative(server: Server, reader: Reader, writer: Writer) -> None:
        await server.read(reader)
        writer.write(OK)
        if server.connections == 1:
            await asyncio.sleep(0.02)
            writer.write(OK)
        await reader.read()

    async def what(client: Client, server: Server) -> Any:
        await post(client)
        await asyncio.sleep(0.1)
        await post(client)
        return server.connections

    assert ask(talkative, what) == 2


@pytest.mark.parametrize("more", [OK, b"garbage"], ids=["another answer", "garbage"])
def test_of_what_comes_with_an_answer_nothing_is_kept_the_connection_neither(more: bytes) -> None:
    async def what(client: Client, server: Server) -> Any:
        answers = [await post(client) for _ in range(2)]
        return answers, server.connections

    answers, connections = ask(answering(OK + more.replace(b"0.5", b"9.9")), what)
    assert [answer.body for answer in answers] == [b"0.5", b"0.5"]
    assert connections == 2


def test_closing_ends_what_is_under_way_and_keeps_nothing() -> None:
    async def what(client: Client, server: Server) -> Any:
        asking = asyncio.create_task(post(client))
        while not server.requests:
            await asyncio.sleep(0.01)
        client.close()
        with pytest.raises(NoAnswer):
            await asking

    ask(silent, what)


def test_a_request_that_nobody_waits_for_any_more_closes_its_connection() -> None:
    async def what(client: Client, server: Server) -> Any:
        asking = asyncio.create_task(post(client))
        while not server.requests:
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        with pytest.raises(TimedOut):
            await post(client, seconds=0.05)
        return server.connections

    assert ask(silent, what) == 2
