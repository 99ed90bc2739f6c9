"""What Docker is asked to do, by a program in its place that writes it down."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import Failure
from deploy.images import docker
from deploy.packaging.archive import archive

PROGRAM = """#!{python}
import json, os, pathlib, sys
words = sys.argv[1:]
folder = pathlib.Path(words[-1])
seen = dict(words=words, files=sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()))
seen["given"] = sys.stdin.read() if "--password-stdin" in words else ""
seen["attestations"] = os.environ.get("BUILDX_NO_DEFAULT_ATTESTATIONS")
with open({log!r}, "a") as log:
    log.write(json.dumps(seen) + chr(10))
sys.exit(3 if {fails!r} in words else 0)
"""


class Docker:
    """The stand-in on the path."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.log = folder, folder / "log"
        monkeypatch.setenv("PATH", str(folder))
        self.install("")

    def install(self, fails: str) -> None:
        """Put it there; the command `fails` of it will."""
        program = self.folder / "docker"
        program.write_text(PROGRAM.format(python=sys.executable, log=str(self.log), fails=fails))
        program.chmod(0o755)

    def seen(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    return Docker(tmp_path, monkeypatch)


def test_an_image_is_built_for_sagemakers_machines_and_pushed(program: Docker) -> None:
    docker.build(archive({"Dockerfile": b"FROM x", "bin/serve": b"#!/bin/sh"}), "registry/i:1")
    build, push = program.seen()
    assert build["words"][:-1] == ["build", "--platform", "linux/amd64", "--tag", "registry/i:1"]
    assert build["files"] == ["Dockerfile", "bin/serve"]
    assert build["attestations"] == "1"
    assert push["words"] == ["push", "registry/i:1"]


def test_a_build_that_fails_is_not_pushed(program: Docker) -> None:
    program.install(fails="build")
    with pytest.raises(Failure, match="this failed, for the reason above: docker build"):
        docker.build(archive({"Dockerfile": b"FROM x"}), "registry/i:1")
    assert len(program.seen()) == 1


def test_the_password_of_the_registry_is_in_no_command_line(program: Docker, aws: Any) -> None:
    docker.log_in(aws.client("ecr"))
    (seen,) = program.seen()
    assert seen["words"][:4] == ["login", "--username", "AWS", "--password-stdin"]
    assert seen["given"]
    assert seen["given"] not in seen["words"]


def test_docker_that_does_not_answer_is_none(program: Docker) -> None:
    assert docker.available()
    program.install(fails="info")
    assert not docker.available()
    (program.folder / "docker").unlink()
    assert not docker.available()
