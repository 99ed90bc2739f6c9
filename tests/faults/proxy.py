"""A door to AWS that slams: it passes calls on, and cuts or kills at the moments that a plan names."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

Moment = Literal["before", "during", "after"]
"""Of a call: nothing has reached AWS; half of the request has; AWS has acted, and its answer does not come."""

ATTEMPT = re.compile(r"-[0-9a-f]{10}(-\d+)?(?=$|\.json$)")
"""What a job's name has of the run and the attempt."""
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host"}


@dataclass(frozen=True)
class Call:
    """A call, as its sender means it: repeating it gives an equal one. ``caller`` finds the process that sent it."""

    operation: str
    target: str
    caller: Callable[[], int] = field(compare=False, repr=False)

    @property
    def changes_something(self) -> bool:
        """Whether AWS is not the same afterwards."""
        return self.operation.startswith(("Create", "Update", "Delete", "DELETE", "Stop", "Put", "PUT", "Register"))

    @property
    def creates(self) -> bool:
        """Whether AWS has something afterwards that it had not, by SageMaker."""
        return self.operation.startswith("Create")

    @property
    def boundary(self) -> str:
        """Where in a run of the DAG it is, in words that are the same for each run and attempt."""
        return f"{self.operation} {ATTEMPT.sub('', self.target.rpartition('/')[2])}"


@dataclass(frozen=True)
class Strike:
    """At this moment of the call do this to it. Then it is cut, unless it ``goes_on``."""

    moment: Moment
    act: Callable[[Call], None]
    goes_on: bool = False


Plan = Callable[[Call, int], Strike | None]
"""What to do at a call that comes for the n-th time (from 0)."""


def untouched(call: Call, times: int) -> None:
    """The plan that passes everything on."""


def cut(call: Call) -> None:
    """The connection breaks; nobody dies."""


def kill(call: Call) -> None:
    """``kill -9`` of the caller."""
    os.kill(call.caller(), signal.SIGKILL)


class CallerGone(Exception):
    """The process that sent a call is not there any more."""


class Proxy:
    """Listens on a port of its own; `plan` decides, `struck` tells."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.plan: Plan = untouched
        self.struck: list[tuple[Call, Moment, str]] = []
        self._times: dict[Call, int] = {}
        self._lock = threading.Lock()
        proxy = self

        class Handler(_Handler):
            door = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """No more calls."""
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def following(self, plan: Plan) -> Iterator[list[tuple[Call, Moment, str]]]:
        """Strike by *plan* within the block; what was struck is in the list."""
        with self._lock:
            self.plan, self.struck, self._times = plan, [], {}
        try:
            yield self.struck
        finally:
            self.plan = untouched

    def strike(self, call: Call) -> Strike | None:
        """What the plan says of this call."""
        with self._lock:
            times = self._times[call] = self._times.get(call, -1) + 1
            strike = self.plan(call, times)
            if strike:
                self.struck.append((call, strike.moment, strike.act.__name__))
            return strike


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    door: Proxy

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        aws = http.client.HTTPConnection("127.0.0.1", self.door.upstream, timeout=60)
        aws.connect()  # Where nobody answers there is nothing to strike: the caller finds its connection closed.
        with closing(aws):
            self._passed_on(aws, self._call(body), body)

    def _passed_on(self, aws: http.client.HTTPConnection, call: Call, body: bytes) -> None:
        strike = self.door.strike(call)
        if strike is None:
            self._answer(*self._ask(aws, body))
            return
        answer = None
        if strike.moment == "during":
            self._ask_half(aws, body)
        elif strike.moment == "after":
            answer = self._ask(aws, body)
        strike.act(call)
        if strike.goes_on:
            self._answer(*(answer or self._ask(aws, body)))
        else:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass_on

    def _call(self, body: bytes) -> Call:
        operation, target = _meaning(self, body)
        ports = self.client_address[1], int(self.server.server_address[1])
        return Call(operation, target, lambda: _owner(*ports))

    def _ask(self, aws: http.client.HTTPConnection, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        aws.request(self.command, self.path, body, dict(self.headers.items()))
        answer = aws.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def _ask_half(self, aws: http.client.HTTPConnection, body: bytes) -> None:
        aws.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            aws.putheader(name, value)
        aws.endheaders(body[: len(body) // 2])
        aws.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        length = {name.lower(): value for name, value in headers}.get("content-length")
        self.send_header("Content-Length", length if self.command == "HEAD" and length else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle(self) -> None:
        """As the base class; that a caller or the server was killed is what this is for."""
        with suppress(ConnectionError, http.client.HTTPException, CallerGone):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


def _meaning(handler: BaseHTTPRequestHandler, body: bytes) -> tuple[str, str]:
    """What is asked for, and of which thing."""
    target = handler.headers.get("X-Amz-Target", "")
    if not target:
        return handler.command, handler.path.partition("?")[0]
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        request = {}
    named = [value for key, value in request.items() if key.endswith("Name") and isinstance(value, str)]
    return target.rpartition(".")[2], "/".join(named)


def _owner(port: int, peer: int) -> int:
    """The process whose connection from *port* to *peer* is."""
    inode = _inode(port, peer)
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if os.readlink(link) == f"socket:[{inode}]":
                return int(link.parts[2])
    raise CallerGone(f"no process has the connection from port {port}")


def _inode(port: int, peer: int) -> str:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, *rest = line.split()
        if (int(local.rpartition(":")[2], 16), int(remote.rpartition(":")[2], 16)) == (port, peer):
            return rest[6]
    raise CallerGone(f"there is no connection from port {port} to {peer}")
