"""Keeps this process from every address but those of this machine, and remembers what was tried."""

from __future__ import annotations

import sys
from typing import Any

_LOOPBACK = ("127.", "localhost", "::1")


def guard() -> list[str]:
    """From now on and for good; returns the list of addresses that were refused, which grows."""
    refused: list[str] = []

    def check(event: str, arguments: tuple[Any, ...]) -> None:
        host = _host(event, arguments)
        if host and not host.startswith(_LOOPBACK):
            refused.append(host)
            raise OSError(f"no network in this test: {host}")

    sys.addaudithook(check)
    return refused


def _host(event: str, arguments: tuple[Any, ...]) -> str:
    """The host that an event of Python's sockets is about; empty for any other event, and for a path."""
    if event == "socket.getaddrinfo":
        return _text(arguments[0])
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        return _text(arguments[1][0])
    return ""


def _text(host: str | bytes | None) -> str:
    return host.decode() if isinstance(host, bytes) else host or ""
