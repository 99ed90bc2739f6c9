"""Ports for containers: no two the same, none that is taken."""

from __future__ import annotations

import socket

import pytest

from sagemaker_local.execution.serving import ports
from sagemaker_local.execution.serving.ports import NoPortFree, Ports

pytestmark = pytest.mark.local_only


def test_no_two_containers_share_a_port() -> None:
    given = Ports()
    blocks = [given.take() for _ in range(50)]
    assert len({port for block in blocks for port in block}) == 50 * len(blocks[0])


def test_a_port_that_another_program_has_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        monkeypatch.setattr(ports, "_FIRST", taken)
        monkeypatch.setattr(ports, "_LAST", taken + 1)
        with pytest.raises(NoPortFree):
            Ports().take()


def test_when_all_are_taken_that_is_told_and_one_given_back_is_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_LAST", ports._FIRST + ports._BLOCK)
    given = Ports()
    block = given.take()
    with pytest.raises(NoPortFree, match="no port is free between"):
        given.take()
    given.give_back(block)
    assert given.take() == block
