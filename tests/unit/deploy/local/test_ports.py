from __future__ import annotations

import os
import socket

import pytest

from deploy.local.ports import PortTaken, require_free


def test_a_taken_port_names_itself_its_holder_and_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTaken) as refusal:
            require_free(port, "AWS_PORT", "the local AWS endpoint")
    message = str(refusal.value)
    assert f"port {port}, wanted for the local AWS endpoint, is taken" in message
    assert f"by process {os.getpid()}: " in message
    assert "make AWS_PORT=<port>" in message


def test_a_port_taken_on_all_addresses_is_taken() -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener, pytest.raises(PortTaken):
        require_free(listener.getsockname()[1], "AWS_PORT", "the local AWS endpoint")


def test_a_port_is_free_again_once_its_listener_and_connections_are_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            # Closed from the listener's side first: the kernel then keeps the address in TIME_WAIT.
            listener.accept()[0].close()
    require_free(port, "AWS_PORT", "the local AWS endpoint")
