"""Models that the training image has made, and the server as SageMaker starts it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "include" / "containers" / "inference"


def training_side(*arguments: str, given: str = "") -> str:
    """Output of training_side.py in the training image's environment."""
    (python,) = (ROOT / ".venv" / "images").glob("training-*/bin/python")
    command = [str(python), str(ROOT / "tests" / "unit" / "serving" / "training_side.py"), *arguments]
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "include" / "scripts")}
    done = subprocess.run(command, env=environ, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class UseCase:
    """A use case's trained candidates, its held-out rows, and what the job code predicts for these."""

    folder: Path

    def model(self, candidate: str) -> Path:
        return self.folder / "models" / candidate

    def predictions(self, candidate: str) -> Any:
        return np.load(self.folder / f"{candidate}.npy")

    @cached_property
    def columns(self) -> list[str]:
        document = json.loads((self.folder / "preprocessing" / "preprocessing.json").read_text())
        return [column["name"] for column in document["columns"]]

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        with (self.folder / "test" / "test.csv").open(newline="") as stream:
            return [{name: row[name] for name in self.columns} for row in csv.DictReader(stream)]

    def csv(self, rows: list[dict[str, str]] | None = None) -> bytes:
        """Rows, by default all, in the order of the columns and without a header."""
        return "\n".join(",".join(row.values()) for row in rows or self.rows).encode()


@dataclass
class Server:
    """A container of the image."""

    process: subprocess.Popen[str]
    port: int
    output: Path
    connections: list[HTTPConnection] = field(default_factory=list)

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.read_text().splitlines() if line.startswith("{")]

    def ask(self, path: str, body: bytes | None = None, method: str = "", **headers: str) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.connections.append(connection)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method or ("GET" if body is None else "POST"), path, body, named)
        return connection.getresponse()

    def predict(self, body: bytes, content_type: str = "text/csv", **headers: str) -> tuple[int, bytes]:
        answer = self.ask("/invocations", body, content_type=content_type, **headers)
        return answer.status, answer.read()

    def is_healthy(self) -> bool:
        try:
            return self.ask("/ping").status == 200
        except OSError:
            return False

    def end(self) -> None:
        for connection in self.connections:
            connection.close()
        self.process.terminate()
        self.process.wait(timeout=30)


def trained(name: str, folder: Path, *candidates: str) -> UseCase:
    """The use case of that name with these candidates, trained on the sample data."""
    training_side("models", str(ROOT / "include" / "data" / f"{name}.csv"), str(folder), *candidates)
    return UseCase(folder)


Serve = Callable[..., Server]


def launch(model: Path, folder: Path, **environ: str) -> Server:
    """A server of a copy of the model, which has not yet answered."""
    base = folder / "opt-ml"
    shutil.copytree(model, base / "model")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    output = folder / "output"
    variables = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SAGEMAKER_BASE_DIR": str(base),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
        **environ,
    }
    with output.open("w") as stream:
        process = subprocess.Popen([IMAGE / "bin" / "serve"], env=variables, stdout=stream, stderr=stream, text=True)
    return Server(process, port, output)
