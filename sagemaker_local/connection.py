"""A client's connection, cut off: HTTP servers always answer, networks do not."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress


def cut(peer: tuple[str, int]) -> None:
    """Shut the connection to *peer* (address and port) without a further byte; none to it is no error."""
    for descriptor in map(int, os.listdir("/dev/fd")):
        with suppress(OSError):  # it is closed by now, is listening, or is connected to nobody
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                _shut(descriptor, peer)


def _shut(descriptor: int, peer: tuple[str, int]) -> None:
    connection = socket.socket(fileno=descriptor)
    try:
        if connection.getpeername() == peer:
            connection.shutdown(socket.SHUT_RDWR)
    finally:
        connection.detach()  # it is not this object's to close
