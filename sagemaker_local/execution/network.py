"""Networks with nothing in them but the loopback: for programs that are to reach nothing else, or to meet nothing else.

A socket belongs to the network that it was made in, whichever process holds it. So the process that holds a network in
being makes sockets in there on order, and hands them to the server: its connections to a program inside, and a listener
by which the program finds the local AWS at its usual address, are as direct as any, with no relay between.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LAUNCHER = Path(__file__).with_name("launcher.py")
_ANSWER_SECONDS = 30.0


class Network:
    """A network of its own, for those programs that are started in it; may be used from any thread."""

    def __init__(self, holder: int, channel: socket.socket) -> None:
        self.holder = holder
        """the process that keeps it in being"""
        self._channel = channel
        self._lock = threading.Lock()

    def unconnected(self) -> socket.socket:
        """A TCP socket of that network, not yet connected. Raises ``OSError`` once the network is gone."""
        return self._ordered("connect")

    def listener(self, port: int) -> socket.socket:
        """A socket that listens on 127.0.0.1:*port* of that network. Raises ``OSError``."""
        return self._ordered(f"listen {port}")

    def _ordered(self, order: str) -> socket.socket:
        with self._lock:
            self._channel.send(order.encode())
            _, descriptors, _, _ = socket.recv_fds(self._channel, 1, 1)
        if not descriptors:
            raise ConnectionError("the network is gone")
        made = socket.socket(fileno=descriptors[0])
        made.setblocking(False)
        return made


@contextmanager
def private_network() -> Iterator[Network]:
    """A network that lasts as long as the block; raises ``OSError`` where the system grants none."""
    channel, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    channel.settimeout(_ANSWER_SECONDS)
    with far:
        process = launch("network", str(far.fileno()), descriptors=[far.fileno()])
    assert process.stdout is not None
    with process, channel:  # the end of the channel ends the holder
        if channel.recv(8) != b"ready":
            raise OSError(f"no network of its own: {process.stdout.read().decode(errors='replace').strip()}")
        yield Network(process.pid, channel)


def launch(*arguments: str, descriptors: list[int]) -> subprocess.Popen[bytes]:
    """The launcher, started with *arguments*; it keeps the *descriptors*."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_LAUNCHER), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": SYSTEM_PATH},
        start_new_session=True,  # a signal to the server's group is not one to its jobs
        pass_fds=descriptors,
    )
