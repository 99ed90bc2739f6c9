"""The servers that are compared, each in an environment of its own and in a process of its own, filled with jobs."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from bench import jobs
from bench.client import Client
from deploy.errors import Failure

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
TEMPLATE = "bench-template"
TRUST = '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}]}'


def environ(folder: Path) -> dict[str, str]:
    """Nothing of the user's, so that everybody measures the same; *folder* takes what lies in a home otherwise."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}


@contextmanager
def sagemaker_local(folder: Path, number: int) -> Iterator[Client]:
    """The local SageMaker with *number* jobs, a role, a bucket and an image with nothing in it."""
    python = str(ROOT / ".venv" / "sagemaker_local" / "bin" / "python")
    image = folder / "images" / jobs.IMAGE_NAME
    image.mkdir(parents=True)
    (image / "requirements.txt").touch()
    command = [python, "-m", "sagemaker_local", "start", "--foreground", "--max-jobs", "2"]
    places = {"--state-dir": "state", "--containers": "images", "--environments": "environments"}
    command += [word for option, name in places.items() for word in (option, str(folder / name))]
    with _running([*command, "--port"], folder) as port:
        client = Client(port)
        _provision(client)
        jobs.run(client, TEMPLATE)
    fill = [python, "-m", "bench.fill", str(folder / "state"), TEMPLATE, str(number)]
    subprocess.run(fill, env=environ(folder), check=True)
    with _running([*command, "--port"], folder) as port:
        yield Client(port)


def _provision(client: Client) -> None:
    role = {"RoleName": jobs.ROLE, "AssumeRolePolicyDocument": TRUST}
    body = urlencode({"Action": "CreateRole", "Version": "2010-05-08", **role}).encode()
    client.send("POST", "/", "iam", body, {"Content-Type": "application/x-www-form-urlencoded"})
    client.send("PUT", f"/{jobs.BUCKET}", "s3", b"", {})


@contextmanager
def moto(folder: Path, number: int) -> Iterator[Client]:
    """moto's server with *number* jobs, created one after the other: it has no other way in."""
    program = str(ROOT / ".venv" / "moto" / "bin" / "moto_server")
    with _running([program, "-p"], folder) as port:
        client = Client(port)
        for job in map(jobs.name, range(number)):
            client.call("CreateTrainingJob", jobs.request(job))
        yield client


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[int]:
    """The port of a server whose *command* takes it last."""
    port, log = free_port(), folder / "server.log"
    with log.open("ab") as output:
        server = subprocess.Popen([*command, str(port)], env=environ(folder), stdout=output, stderr=output)
    try:
        _wait(server, port, log)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Failure(f"{server.args!r} ended with {server.returncode}:\n{log.read_text()}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Failure(f"{server.args!r} does not listen after {START_SECONDS:.0f} s:\n{log.read_text()}")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
