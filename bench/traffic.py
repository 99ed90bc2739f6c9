"""Invocations of an endpoint, or of its container itself, over kept-alive connections with nothing in between."""

from __future__ import annotations

import socket
import threading
import time

from bench.client import ACCOUNT, REGION
from deploy.errors import Failure

_READ_BYTES = 1 << 16


class Connection:
    """One connection that sends one request again and again."""

    def __init__(self, port: int, path: str, content_type: str, body: bytes) -> None:
        scope = f"{ACCOUNT}/20260101/{REGION}/sagemaker/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        head = [
            f"POST {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Content-Type: {content_type}",
            f"Content-Length: {len(body)}",
            f"Authorization: {signature}",
        ]
        self._request = "\r\n".join(head).encode() + b"\r\n\r\n" + body
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self) -> float:
        """Send the request and read its answer; returns the seconds that it took. Raises Failure."""
        begin = time.perf_counter()
        self._socket.sendall(self._request)
        answer = b""
        while not _is_whole(answer):
            received = self._socket.recv(_READ_BYTES)
            if not received:
                raise Failure(f"the connection was closed after {answer[:300]!r}")
            answer += received
        seconds = time.perf_counter() - begin
        if not answer.startswith(b"HTTP/1.1 200") and not answer.startswith(b"HTTP/1.0 200"):
            raise Failure(f"an invocation was answered with {answer[:300]!r}")
        return seconds

    def close(self) -> None:
        self._socket.close()


def _is_whole(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return len(body) >= int(lengths[0].partition(b":")[2])


def per_second(connections: list[Connection], seconds: float) -> float:
    """How many requests a second are answered over all of *connections* at once."""
    counts = [0] * len(connections)
    begin = time.perf_counter()

    def ask(number: int) -> None:
        while time.perf_counter() - begin < seconds:
            connections[number].ask()
            counts[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(connections))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - begin)
