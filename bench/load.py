"""``load.py PORT TYPE BODY CONNECTIONS SECONDS``: ask a server without pause, and print what came of it as JSON.

It runs in the inference image's environment for its event loop: the less the load costs, the more of the machine is
left to the server. A server that ends connections is asked on new ones.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import cast

import uvloop


class Asking(asyncio.Protocol):
    """One connection that sends the same request again as soon as it is answered."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._answer = b""
        self._whole = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's does not derive from it
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, separator, body = self._answer.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        self._load.answered(time.perf_counter() - self._asked, head, self._answer)
        self._whole, self._answer = True, b""
        if b"connection: close" not in head.lower():
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._whole:
            self._load.failures.append(f"the connection was closed after {self._answer[:300]!r}")
        self._load.connect()

    def _ask(self) -> None:
        if self._load.over:
            self._whole = True  # nothing was asked
            self._transport.abort()
            return
        self._asked, self._whole = time.perf_counter(), False
        self._transport.write(self._load.request)


class Load:
    """Some connections at once, for some seconds."""

    def __init__(self, port: int, content_type: str, body: bytes, seconds: float) -> None:
        head = f"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}"
        self.request = f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        self.took: list[float] = []
        self.failures: list[str] = []
        self._port, self._end = port, time.perf_counter() + seconds
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def over(self) -> bool:
        return time.perf_counter() >= self._end

    def connect(self) -> None:
        if not self.over:
            loop = asyncio.get_running_loop()
            task: asyncio.Task[object] = loop.create_task(
                loop.create_connection(lambda: Asking(self), "127.0.0.1", self._port)
            )
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def answered(self, seconds: float, head: bytes, answer: bytes) -> None:
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
            self.failures.append(f"a request was answered with {answer[:300]!r}")
        self.took.append(seconds)


def _length(head: bytes) -> int:
    lines = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return int(lines[0].partition(b":")[2])


async def main(port: str, content_type: str, body: str, connections: str, seconds: str) -> None:
    load = Load(int(port), content_type, Path(body).read_bytes(), float(seconds))
    asyncio.get_running_loop().set_exception_handler(lambda _, context: load.failures.append(str(context)))
    for _ in range(int(connections)):
        load.connect()
    while not load.over and not load.failures:
        await asyncio.sleep(0.05)
    if load.failures:
        raise SystemExit(load.failures[0])
    json.dump({"seconds": sorted(load.took)}, sys.stdout)


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
