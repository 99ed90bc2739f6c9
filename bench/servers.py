"""The servers that are compared, each in an environment of its own and in a process of its own, filled with jobs."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from bench import jobs
from bench.client import Client
from deploy.errors import Failure

ROOT = Path(__file__).resolve().parents[1]
IMAGES, ENVIRONMENTS = ROOT / "bench" / "images", ROOT / ".venv" / "bench-images"
START_SECONDS = 60.0
TEMPLATE = "bench-template"
ECHO_NAME = "echo"
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
    with _running([*command, "--port"], folder) as running:
        client = Client(running.port)
        _provision(client)
        jobs.run(client, TEMPLATE)
    fill = [python, "-m", "bench.fill", str(folder / "state"), TEMPLATE, str(number)]
    subprocess.run(fill, env=environ(folder), check=True)
    with _running([*command, "--port"], folder) as running:
        yield Client(running.port)


class _Running(NamedTuple):
    port: int
    process: int


@dataclass(frozen=True)
class Container:
    """A container of an endpoint."""

    port: int
    process: int
    started: float
    """epoch seconds"""


class Serving:
    """A local SageMaker for endpoints, and how its containers are reached without it."""

    def __init__(self, port: int, process: int) -> None:
        self.port, self.process = port, process
        self._containers: dict[str, Container] = {}

    @property
    def client(self) -> Client:
        """On a connection of its own: one that is idle for seconds is closed."""
        return Client(self.port)

    def container(self, endpoint: str) -> Container | None:
        """The container of the endpoint that was created last; ``None`` while there is none. Linux only."""
        known = {container.port for container in self._containers.values()}
        for found in () if endpoint in self._containers else self._started():
            if found.port not in known:
                self._containers[endpoint] = found
        return self._containers.get(endpoint)

    def _started(self) -> Iterator[Container]:
        """The containers that there are, each by the program of it that started last."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it ended between the two looks, or is somebody else's
                variables = dict(
                    pair.split(b"=", 1) for pair in (process / "environ").read_bytes().split(b"\0") if b"=" in pair
                )
                own = variables.get(b"AWS_ENDPOINT_URL", b"").endswith(b":%d" % self.port)
                if own and b"SAGEMAKER_BIND_TO_PORT" in variables:
                    yield Container(int(variables[b"SAGEMAKER_BIND_TO_PORT"]), int(process.name), _start_of(process))

    def is_healthy(self, port: int) -> bool:
        """Whether the container there answers its ping."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _start_of(process: Path) -> float:
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(_statistics(process)[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - age


def processor_seconds(process: int) -> float:
    """What the process has used of the processors so far. Linux only."""
    user, system = _statistics(Path("/proc", str(process)))[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _statistics(process: Path) -> list[str]:
    return (process / "stat").read_text().rpartition(")")[2].split()


def install_managed(image: str) -> None:
    """Install an image that AWS maintains where ``serving`` finds it, by the user's own package index."""
    command = [str(ROOT / ".venv" / "sagemaker_local" / "bin" / "python"), "-m", "sagemaker_local", "images"]
    command += ["--managed", image, "--containers", str(IMAGES), "--environments", str(ENVIRONMENTS)]
    if subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL).returncode:
        raise Failure(f"{image} could not be installed; the message above says why")


@contextmanager
def serving(folder: Path) -> Iterator[Serving]:
    """The local SageMaker with a role, a bucket and the images of ``bench/images``."""
    python = str(ROOT / ".venv" / "sagemaker_local" / "bin" / "python")
    command = [python, "-m", "sagemaker_local", "start", "--foreground", "--state-dir", str(folder / "state")]
    command += ["--containers", str(IMAGES), "--environments", str(ENVIRONMENTS)]
    with _running([*command, "--port"], folder) as running:
        server = Serving(*running)
        _provision(server.client)
        yield server


def _provision(client: Client) -> None:
    role = {"RoleName": jobs.ROLE, "AssumeRolePolicyDocument": TRUST}
    body = urlencode({"Action": "CreateRole", "Version": "2010-05-08", **role}).encode()
    client.send("POST", "/", "iam", body, {"Content-Type": "application/x-www-form-urlencoded"})
    client.send("PUT", f"/{jobs.BUCKET}", "s3", b"", {})


@contextmanager
def moto(folder: Path, number: int) -> Iterator[Client]:
    """moto's server with *number* jobs, created one after the other: it has no other way in."""
    program = str(ROOT / ".venv" / "moto" / "bin" / "moto_server")
    with _running([program, "-p"], folder) as running:
        client = Client(running.port)
        for job in map(jobs.name, range(number)):
            client.call("CreateTrainingJob", jobs.request(job))
        yield client


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[_Running]:
    """A server whose *command* takes its port last."""
    port, log = free_port(), folder / "server.log"
    with log.open("ab") as output:
        server = subprocess.Popen([*command, str(port)], env=environ(folder), stdout=output, stderr=output)
    try:
        _wait(server, port, log)
        yield _Running(port, server.pid)
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
