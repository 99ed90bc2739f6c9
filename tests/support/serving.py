"""The program ``serve`` of a managed image, without the server."""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sagemaker_local.execution import overlay
from sagemaker_local.execution.images import Image, ImageCatalog
from tests.support.local_aws import free_port
from tests.support.polling import eventually


class Container:
    """A layer over an image, for one model."""

    def __init__(self, image: Image, base: Path) -> None:
        self.port = free_port()
        self._bin, self._base = base / "environment" / "bin", base
        overlay.lay(image, base / "environment")
        self._environ = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("PYTHON", "AWS_", "SAGEMAKER_"))
            },
            **image.variables,
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "SAGEMAKER_BASE_DIR": str(base / "opt_ml"),
            "SAGEMAKER_BIND_TO_PORT": str(self.port),
        }

    def run(self, source: str) -> None:
        """Run Python *source* in the image, in the model's folder."""
        model = self._base / "opt_ml" / "model"
        subprocess.run([self._bin / "python", "-c", source], cwd=model, env=self._environ, check=True)

    @contextmanager
    def serving(self, **variables: str) -> Iterator[None]:
        """Serve meanwhile; SIGTERM ends it well."""
        log = self._base / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(["serve"], env={**self._environ, **variables}, stdout=output, stderr=output)
        try:
            eventually(lambda: process.poll() is not None or self.answers_ping(), f"an answer (log: {log})")
            assert process.poll() is None, log.read_text()
            yield
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.wait()

    def refusal(self, **variables: str) -> str:
        """What it says when it does not even start."""
        outcome = subprocess.run(
            ["serve"], env={**self._environ, **variables}, capture_output=True, text=True, check=False
        )
        assert outcome.returncode == 1, outcome.stderr
        return outcome.stderr

    def answers_ping(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    def invoke(self, body: str | bytes, content_type: str, accept: str | None = None) -> tuple[int, str, str]:
        """Status, body and content type of an invocation's answer."""
        headers = {"Content-Type": content_type, **({"Accept": accept} if accept else {})}
        data = body.encode() if isinstance(body, str) else body
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/invocations", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.headers["Content-Type"]


def container(uri: str, environments: Path, base: Path) -> Container:
    return Container(ImageCatalog(None, environments, {}).find(uri), base)
