"""Whether a port is free, and who holds it where it is not."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from deploy.errors import Failure

LISTENING = "0A"


class PortTaken(Failure):
    """A port that the stack needs is in use; the message names it, its holder, and the setting to change."""


def require_free(port: int, setting: str, purpose: str) -> None:
    """Raise PortTaken unless `port` can be listened on at 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(
                f"port {port}, wanted for {purpose}, is taken ({holder(port) or error.strerror}). "
                f"Stop what holds it, or choose another port: make {setting}=<port> ..."
            ) from error


def holder(port: int) -> str | None:
    """The process that listens on `port`, as far as this system tells this user."""
    inodes = _listening_inodes(port)
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(link)
        except OSError:
            continue  # Another user's process, or one that has just ended.
        if target.removeprefix("socket:[").removesuffix("]") in inodes:
            process = link.parent.parent
            command = process.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            return f"by process {process.name}: {command.strip()}"
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        rows = table.read_text().splitlines()[1:] if table.exists() else []
        for fields in map(str.split, rows):
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes
