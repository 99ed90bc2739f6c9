"""Amazon MWAA as its clients see it, over HTTP: requests and answers are those of botocore's model.

https://docs.aws.amazon.com/mwaa/latest/API/: API_GetEnvironment.html, API_UpdateEnvironment.html,
API_InvokeRestApi.html.
It is a stand-in: nothing runs in it. What Airflow would read, it finds in the environment's bucket.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3
from botocore.config import Config
from botocore.session import Session
from botocore.validate import ParamValidator

MODEL = Session().get_service_model("mwaa")
NEVER_BEHIND = "2100-01-01T00:00:00Z"


class Mwaa:
    """One environment. `outcomes` are the states that it goes through after an update, the last one staying."""

    def __init__(self, s3: Any, bucket: str, name: str) -> None:
        self.s3, self.bucket = s3, bucket
        self.environment: dict[str, Any] | None = {"Name": name, "Status": "AVAILABLE"}
        self.updates: list[dict[str, Any]] = []
        self.outcomes = ["UPDATING", "AVAILABLE"]
        self.import_errors: list[dict[str, Any]] = []
        self.variables: dict[str, str] = {}
        self.last_parsed_time: str | None = NEVER_BEHIND
        self._pending: list[str] = []

    def answer(self, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body for a request that the model allows."""
        shape = MODEL.operation_model(operation).input_shape
        report = ParamValidator().validate(request, shape)
        assert not report.has_errors(), report.generate_report()
        if self.environment is None or request["Name"] != self.environment["Name"]:
            return 404, {"__type": "ResourceNotFoundException", "message": f"no environment {request['Name']}"}
        return getattr(self, f"_{operation}")(request)

    def _GetEnvironment(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        assert self.environment is not None
        if self._pending:
            self.environment["Status"] = self._pending.pop(0)
        if self.environment["Status"] == "AVAILABLE" and self.updates:
            self.environment.update({k: v for k, v in self.updates[-1].items() if k != "WorkerReplacementStrategy"})
        if self.environment["Status"] == "UPDATE_FAILED":
            self.environment["LastUpdate"] = {"Error": {"ErrorCode": "x", "ErrorMessage": "pip could not resolve"}}
        return 200, {"Environment": self.environment}

    def _UpdateEnvironment(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.updates.append(request)
        self._pending = list(self.outcomes)
        return 200, {"Arn": "arn:aws:airflow:us-east-1:000000000000:environment/x"}

    def _InvokeRestApi(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, body = self._airflow(request["Method"], request["Path"], request.get("Body"))
        answer = {"RestApiStatusCode": status, "RestApiResponse": body}
        if status >= 400:
            return 400, {"__type": "RestApiClientException", **answer}
        return 200, answer

    def _airflow(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if path == "/dags":
            dags = [{"dag_id": dag_id, "last_parsed_time": self.last_parsed_time} for dag_id in self.dags()]
            return 200, {"dags": dags, "total_entries": len(dags)}
        if path == "/importErrors":
            return 200, {"import_errors": self.import_errors, "total_entries": len(self.import_errors)}
        name = path.removeprefix("/variables").strip("/") or body["key"]
        if method != "GET":
            self.variables[name] = body["value"]
        if name not in self.variables:
            return 404, {"detail": f"no variable {name}"}
        return 200, {"key": name, "value": self.variables[name]}

    def dags(self) -> list[str]:
        """Each file directly below dags/ makes one DAG, named after it."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="dags/").get("Contents", [])
        names = [re.fullmatch(r"dags/(\w+)\.py", item["Key"]) for item in found]
        return [name[1] for name in names if name]

    @contextmanager
    def client(self) -> Iterator[Any]:
        """A client of boto3's that speaks to this environment."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            # MWAA's hosts begin with api., env. and ops.; this one has a number.
            yield boto3.client(
                "mwaa",
                region_name="us-east-1",
                endpoint_url=f"http://127.0.0.1:{server.server_port}",
                aws_access_key_id="local",
                aws_secret_access_key="local",
                config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
            )
        finally:
            server.shutdown()
            server.server_close()


def _operation(method: str, path: str) -> tuple[str, str]:
    """The operation that a request line means, and the environment that it names."""
    for name in ("GetEnvironment", "UpdateEnvironment", "InvokeRestApi"):
        http = MODEL.operation_model(name).http
        found = re.fullmatch(http["requestUri"].replace("{Name}", "([^/]+)"), path)
        if found and http["method"] == method:
            return name, found[1]
    raise AssertionError(f"{method} {path} is no operation that is stood in for")


def _handler(mwaa: Mwaa) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            operation, name = _operation(self.command, self.path)
            status, content = mwaa.answer(operation, {"Name": name, **(json.loads(body) if body else {})})
            text = json.dumps(content, default=_json).encode()
            self.send_response(status)
            if status >= 400:
                self.send_header("x-amzn-ErrorType", content["__type"])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = _answer

        def log_message(self, format: str, *arguments: Any) -> None:
            """Tests read results, not request lines."""

    return Handler


def _json(value: Any) -> Any:
    assert isinstance(value, datetime.datetime)
    return value.timestamp()
