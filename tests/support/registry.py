"""Amazon ECR as its clients see it, over HTTP: a registry that Docker pushes to, and the API beside it.

What is pushed is kept and checked by its digest, a tag is never moved, and the API tells of images what was pushed. Its
scans are a stand-in: nothing is looked at, `scans` has their answers. Requests are those of botocore's model.

https://distribution.github.io/distribution/spec/api/, https://docs.aws.amazon.com/AmazonECR/latest/APIReference/
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.session import Session
from botocore.validate import ParamValidator

MODEL = Session().get_service_model("ecr")
PASSWORD = "given by GetAuthorizationToken"
ACCOUNT = "000000000000"


class Manifest(NamedTuple):
    """What a tag means."""

    media_type: str
    body: bytes

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.body).hexdigest()}"


def basic_scan(completed: float, *findings: Mapping[str, Any]) -> dict[str, Any]:
    """What ECR answers of a basic scan that has ended, in seconds since 1970."""
    found = {"imageScanCompletedAt": completed, "findings": list(findings)}
    return {"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": found}


@dataclass
class Registry:
    """Repositories by name, each with its manifests by tag; layers lie in `folder`."""

    folder: Path
    repositories: dict[str, dict[str, Manifest]] = field(default_factory=dict)
    scans: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """by repository what DescribeImageScanFindings answers, one after the other, the last for good"""
    started: list[str] = field(default_factory=list)
    """the tags whose scan was started again"""
    host: str = ""
    pushed: int = 0
    """how many manifests were taken in"""

    def scanned(self, repository: str, *findings: Mapping[str, Any]) -> None:
        """Say that the scan of a repository's images ends with these findings of basic scanning."""
        self.scans[repository] = [basic_scan(time.time(), *findings)]

    @contextmanager
    def serving(self) -> Iterator[Any]:
        """Serve, and yield boto3's client of the API."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.host = f"127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield boto3.client(
                "ecr",
                region_name="us-east-1",
                endpoint_url=f"http://{self.host}",
                aws_access_key_id="local",
                aws_secret_access_key="local",
                config=Config(retries={"total_max_attempts": 1}),
            )
        finally:
            server.shutdown()
            server.server_close()

    # The API

    def answer(self, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body for a request that the model allows."""
        report = ParamValidator().validate(request, MODEL.operation_model(operation).input_shape)
        assert not report.has_errors(), report.generate_report()
        missing = [name for name in _repositories(request) if name not in self.repositories]
        if missing:
            return _error("RepositoryNotFoundException", f"no repository {missing[0]}")
        return getattr(self, f"_{operation}")(request)  # type: ignore[no-any-return]

    def _GetAuthorizationToken(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        token = base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()
        return 200, {"authorizationData": [{"authorizationToken": token, "proxyEndpoint": f"http://{self.host}"}]}

    def _DescribeRepositories(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        kept = {"imageScanningConfiguration": {"scanOnPush": True}, "imageTagMutability": "IMMUTABLE"}
        return 200, {"repositories": [{"repositoryName": name, **kept} for name in request["repositoryNames"]]}

    def _DescribeImages(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        tags = [each["imageTag"] for each in request["imageIds"]]
        kept = self.repositories[request["repositoryName"]]
        if not set(tags) <= kept.keys():
            return _error("ImageNotFoundException", f"no image {tags}")
        return 200, {"imageDetails": [{"imageTags": [tag], "imageDigest": kept[tag].digest} for tag in tags]}

    def _DescribeImageScanFindings(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answers = self.scans.get(request["repositoryName"])
        if not answers:
            return _error("ScanNotFoundException", "not yet")
        return 200, answers.pop(0) if len(answers) > 1 else answers[0]

    def _StartImageScan(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        tag = request["imageId"]["imageTag"]
        if tag in self.started:
            return _error("LimitExceededException", "once in 24 hours")
        self.started.append(tag)
        return 200, {"imageScanStatus": {"status": "IN_PROGRESS"}}

    # The registry

    def manifest(self, repository: str, reference: str) -> Manifest | None:
        """By its tag or its digest."""
        kept = self.repositories.get(repository, {})
        return kept.get(reference) or next((each for each in kept.values() if each.digest == reference), None)

    def blob(self, digest: str) -> Path:
        return self.folder / digest.replace(":", "-")

    def upload(self, number: str) -> Path:
        return self.folder / f"upload-{number}"


def _repositories(request: Mapping[str, Any]) -> list[str]:
    return [*request.get("repositoryNames", []), *([request["repositoryName"]] if "repositoryName" in request else [])]


def _error(code: str, message: str) -> tuple[int, dict[str, Any]]:
    return 400, {"__type": code, "message": message}


BLOB = re.compile(r"/v2/(.+)/blobs/(sha256:[0-9a-f]{64})")
UPLOADS = re.compile(r"/v2/(.+)/blobs/uploads/")
UPLOAD = re.compile(r"/v2/(.+)/blobs/uploads/([0-9a-f]+)(?:\?.*?digest=(sha256(?::|%3A)[0-9a-f]{64}))?")
MANIFEST = re.compile(r"/v2/(.+)/manifests/(.+)")


def _handler(registry: Registry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _say(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _read(self) -> Iterator[bytes]:
            """The request's body, however it is sent."""
            if self.headers.get("Transfer-Encoding") == "chunked":
                while size := int(self.rfile.readline(), 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                left = int(self.headers.get("Content-Length") or 0)
                while left:
                    part = self.rfile.read(min(left, 1 << 20))
                    left -= len(part)
                    yield part

        def _api(self) -> None:
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            status, content = registry.answer(operation, json.loads(b"".join(self._read())))
            self._say(status, json.dumps(content).encode(), Content_Type="application/x-amz-json-1.1")

        def _allowed(self) -> bool:
            """Whether the client has logged in; it is told to where it has not."""
            given = self.headers.get("Authorization", "").removeprefix("Basic ")
            allowed = base64.b64decode(given).decode() == f"AWS:{PASSWORD}"
            if not allowed:
                for _ in self._read():
                    pass
                self._say(401, WWW_Authenticate='Basic realm="registry"')
            return allowed

        def do_GET(self) -> None:
            if not self._allowed():
                return
            if found := MANIFEST.fullmatch(self.path):
                manifest = registry.manifest(found[1], found[2])
                if manifest is None:
                    self._say(404)
                else:
                    said = {"Content_Type": manifest.media_type, "Docker_Content_Digest": manifest.digest}
                    self._say(200, manifest.body, **said)
            elif found := BLOB.fullmatch(self.path):
                self._layer(registry.blob(found[2]))
            else:
                self._say(200, b"{}")

        do_HEAD = do_GET

        def _layer(self, file: Path) -> None:
            if not file.exists():
                self._say(404)
                return
            self._say(200, Content_Length=str(file.stat().st_size))
            if self.command == "GET":
                with file.open("rb") as content:
                    shutil.copyfileobj(content, self.wfile)

        def do_POST(self) -> None:
            if self.path == "/":
                self._api()
            elif self._allowed():
                found = UPLOADS.fullmatch(self.path.partition("?")[0])
                assert found, self.path
                number = uuid.uuid4().hex
                registry.upload(number).touch()
                self._say(202, Location=f"/v2/{found[1]}/blobs/uploads/{number}", Range="0-0")

        def do_PATCH(self) -> None:
            if self._allowed():
                self._append()
                size = registry.upload(self._upload()[2]).stat().st_size
                self._say(202, Location=self.path.partition("?")[0], Range=f"0-{size - 1}")

        def do_PUT(self) -> None:
            if not self._allowed():
                return
            if found := MANIFEST.fullmatch(self.path):
                self._keep(found[1], found[2], Manifest(self.headers["Content-Type"], b"".join(self._read())))
                return
            self._append()
            found = self._upload()
            digest = found[3].replace("%3A", ":")
            with registry.upload(found[2]).open("rb") as file:
                right = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}" == digest
            if right:
                shutil.move(registry.upload(found[2]), registry.blob(digest))
            self._say(201 if right else 400, Docker_Content_Digest=digest)

        def _upload(self) -> re.Match[str]:
            found = UPLOAD.fullmatch(self.path)
            assert found, self.path
            return found

        def _append(self) -> None:
            with registry.upload(self._upload()[2]).open("ab") as file:
                for part in self._read():
                    file.write(part)

        def _keep(self, repository: str, tag: str, manifest: Manifest) -> None:
            """Take a manifest in whose parts are there, under a tag that means no other."""
            kept = registry.repositories.get(repository)
            said = json.loads(manifest.body)
            parts = [said["config"]["digest"], *(layer["digest"] for layer in said["layers"])]
            if kept is None:
                self._say(404)
            elif kept.get(tag, manifest) != manifest or not all(registry.blob(part).exists() for part in parts):
                self._say(400)
            else:
                kept[tag] = manifest
                registry.pushed += 1
                self._say(201, Docker_Content_Digest=manifest.digest)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Tests read results, not request lines."""

    return Handler
