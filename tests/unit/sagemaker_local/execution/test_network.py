"""A network of its own: the server makes connections into it, and is reached from within, without any relay."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from sagemaker_local.execution.network import private_network

pytestmark = pytest.mark.local_only


def test_a_socket_made_inside_connects_inside() -> None:
    with private_network() as network:
        with network.listener(8080) as listener:
            listener.setblocking(True)
            with network.unconnected() as client:
                client.setblocking(True)
                client.connect(("127.0.0.1", 8080))
                accepted, _ = listener.accept()
                with accepted:
                    client.sendall(b"hello")
                    assert accepted.recv(9) == b"hello"
        with socket.socket() as outside, pytest.raises(ConnectionRefusedError):
            outside.connect(("127.0.0.1", 8080))


def test_two_networks_have_each_port_of_their_own() -> None:
    with private_network() as one, private_network() as other, one.listener(8080), other.listener(8080):
        pass


def test_many_may_order_at_once() -> None:
    with private_network() as network:
        made: list[socket.socket] = []
        threads = [threading.Thread(target=lambda: made.append(network.unconnected())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({one.fileno() for one in made}) == 8
        for one in made:
            one.close()


def test_a_network_that_is_gone_makes_no_sockets() -> None:
    with private_network() as network:
        pass
    with pytest.raises(OSError, match="Bad file descriptor"):
        network.unconnected()


def test_its_holder_ends_with_it() -> None:
    with private_network() as network:
        assert Path(f"/proc/{network.holder}").exists()
    assert not Path(f"/proc/{network.holder}").exists()
