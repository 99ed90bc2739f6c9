"""Cutting a client off, and nobody else."""

from __future__ import annotations

import socket
from pathlib import Path

from sagemaker_local.connection import cut


def test_the_connection_to_the_peer_ends_and_others_go_on(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, (tmp_path / "file").open("w") as file:
        with (
            socket.create_connection(server.getsockname()) as first,
            socket.create_connection(server.getsockname()) as second,
        ):
            here, there = server.accept()[0], server.accept()[0]
            with here, there:
                cut(first.getsockname())
                assert first.recv(1) == b""
                there.sendall(b"x")
                assert second.recv(1) == b"x"
        file.write("still open")


def test_a_peer_that_nobody_is_connected_to_is_no_error() -> None:
    cut(("127.0.0.1", 1))
