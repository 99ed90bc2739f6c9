"""An AWS of HTTP answers: the few operations that operators, hook and triggers use, without running anything.

Tests script what jobs do (``statuses``) and what goes wrong (``fail``), and read what was asked (``calls``).
"""

import hashlib
import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

ARN = "arn:aws:sagemaker:eu-north-1:000000000000"
JOB_KINDS = {
    "ProcessingJob": "processing-job",
    "TrainingJob": "training-job",
    "HyperParameterTuningJob": "hyper-parameter-tuning-job",
    "TransformJob": "transform-job",
}
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first object was written; each later one a second after the one before."""
THINGS = {"Model": "model", "EndpointConfig": "endpoint-config", "ModelCard": "model-card"}


class Refused(Exception):
    """An AWS error answer."""

    def __init__(self, code: str, message: str = "refused by the test", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class FakeAws:
    """``statuses``: what the next jobs report, one entry per Describe and the last for ever; errors are
    raised.

    ``ending`` is what a job that has ended reports besides. ``work`` is what each new job does, with its kind and
    request. ``things`` are models, endpoint configs and model cards.
    ``endpoint`` is the one endpoint there is, none if it is empty; ``endpoint_course`` is what becomes of it after the
    next change, one entry per Describe, the last for ever; without a course the change is done at once.
    """

    def __init__(self) -> None:
        self.statuses: list[str | Refused] = ["Completed"]
        self.ending: dict[str, Any] = {}
        self.work: Callable[[str, dict[str, Any]], None] = self._leave_something
        self.jobs: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, bytes] = {}
        self.logs: dict[str, list[tuple[int, str]]] = {}
        self.groups: dict[str, str] = {}
        self.packages: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.regions: dict[str, str] = {}
        self.things: dict[str, dict[str, Any]] = {}
        self.endpoint: dict[str, Any] = {}
        self.endpoint_course: list[dict[str, Any]] = []
        self._faults: dict[str, list[tuple[Refused, bool]]] = defaultdict(list)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"aws": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "FakeAws":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, operation: str, code: str, *, times: int = 1, after_acting: bool = False) -> None:
        """Refuse the next ``times`` calls of ``operation``; ``after_acting`` does what was asked all the
        same."""
        self._faults[operation] += [(Refused(code), after_acting)] * times

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """The arguments of every call of ``operation`` so far."""
        return [arguments for name, arguments in self.calls if name == operation]

    def call(self, operation: str, arguments: dict[str, Any]) -> Any:
        """Answer one call."""
        self.calls.append((operation, arguments))
        fault, after_acting = self._faults[operation].pop(0) if self._faults[operation] else (None, False)
        if fault and not after_acting:
            raise fault
        answer = self._act(operation, arguments)
        if fault:
            raise fault
        return answer

    def _act(self, operation: str, arguments: dict[str, Any]) -> Any:
        if match := re.fullmatch(rf"(Create|Describe|Stop)({'|'.join(JOB_KINDS)})", operation):
            return getattr(self, f"_{match[1].lower()}_job")(match[2], arguments)
        if match := re.fullmatch(rf"(Create|Describe|Delete|Update)({'|'.join(THINGS)})", operation):
            return getattr(self, f"_{match[1].lower()}_thing")(match[2], arguments)
        return getattr(self, re.sub(r"(?=[A-Z])", "_", operation).lower())(arguments)

    # SageMaker jobs

    def _create_job(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        name = arguments[f"{kind}Name"]
        if name in self.jobs:
            raise Refused("ResourceInUse")
        arn = f"{ARN}:{JOB_KINDS[kind]}/{name}"
        job = {**arguments, f"{kind}Arn": arn, "CreationTime": time.time(), "_statuses": list(self.statuses)}
        if kind == "TrainingJob":
            model = f"{arguments['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{name}/output/model.tar.gz"
            job["ModelArtifacts"] = {"S3ModelArtifacts": model}
        self.jobs[name] = job
        self.work(kind, job)
        return {f"{kind}Arn": arn}

    def _leave_something(self, kind: str, job: dict[str, Any]) -> None:
        for output in job.get("ProcessingOutputConfig", {}).get("Outputs", ()):
            name = "model.tar.gz" if output["OutputName"] == "model" else "something"
            self.objects[output["S3Output"]["S3Uri"].removeprefix("s3://") + name] = b"output"
        for model in job.get("ModelArtifacts", {}).values():
            self.objects[model.removeprefix("s3://")] = b"model"

    def _describe_job(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        job = self._job(kind, arguments)
        statuses = job["_statuses"]
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        if isinstance(status, Refused):
            raise status
        shown = {key: value for key, value in job.items() if not key.startswith("_")}
        ended = self.ending if status in ("Completed", "Failed", "Stopped") else {}
        return {**shown, f"{kind}Status": status, **ended}

    def _stop_job(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        job = self._job(kind, arguments)
        if job["_statuses"][0] in ("Completed", "Failed", "Stopped"):
            raise Refused("ValidationException", "the job has ended")
        job["_statuses"] = ["Stopping", "Stopped"]
        return {}

    def _job(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.jobs[arguments[f"{kind}Name"]]
        except KeyError:
            raise Refused("ValidationException", "Requested resource not found.") from None

    # Models, endpoint configs, model cards

    def _create_thing(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        name = arguments[f"{kind}Name"]
        if name in self.things:
            raise Refused("ValidationException", f"Cannot create already existing {kind}")
        arn = f"{ARN}:{THINGS[kind]}/{name}"
        self.things[name] = {**arguments, f"{kind}Arn": arn, "CreationTime": time.time(), "ModelCardVersion": 1}
        return {f"{kind}Arn": arn}

    def _describe_thing(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self._thing(kind, arguments)

    def _update_thing(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if ("Content" in arguments) == ("ModelCardStatus" in arguments):
            raise Refused("ValidationException", "model card content and status cannot be updated in a single call")
        thing = self._thing(kind, arguments)
        thing.update(arguments, ModelCardVersion=thing["ModelCardVersion"] + ("Content" in arguments))
        return {f"{kind}Arn": thing[f"{kind}Arn"]}

    def _delete_thing(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        del self.things[self._thing(kind, arguments)[f"{kind}Name"]]
        return {}

    def _thing(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        name = arguments[f"{kind}Name"]
        if name not in self.things:
            raise Refused("ResourceNotFound" if kind == "ModelCard" else "ValidationException", "Could not find")
        return self.things[name]

    # Endpoints

    def _create_endpoint(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if self.endpoint:
            raise Refused("ValidationException", "Cannot create already existing endpoint")
        self.endpoint = {**arguments, "EndpointArn": f"{ARN}:endpoint/{arguments['EndpointName']}"}
        return self._changed(EndpointStatus="InService")

    def _update_endpoint(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return self._changed(EndpointConfigName=arguments["EndpointConfigName"])

    def _update_endpoint_weights_and_capacities(self, arguments: dict[str, Any]) -> dict[str, Any]:
        wanted = {each["VariantName"]: each["DesiredWeight"] for each in arguments["DesiredWeightsAndCapacities"]}
        variants = [{"VariantName": name, "CurrentWeight": weight} for name, weight in wanted.items()]
        return self._changed(ProductionVariants=variants)

    def _delete_endpoint(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self.endpoint_course = self.endpoint_course or [{}]
        return {}

    def _changed(self, **outcome: Any) -> dict[str, Any]:
        self.endpoint_course = self.endpoint_course or [outcome]
        return {"EndpointArn": self.endpoint["EndpointArn"]}

    def _describe_endpoint(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if self.endpoint_course:
            change = self.endpoint_course.pop(0)
            self.endpoint = {**self.endpoint, **change} if change else {}
        if not self.endpoint:
            raise Refused("ValidationException", "Could not find endpoint")
        times = {"CreationTime": time.time(), "LastModifiedTime": time.time()}
        return {"EndpointStatus": "InService", **times, **self.endpoint}

    # SageMaker model registry

    def _describe_model_package_group(self, arguments: dict[str, Any]) -> dict[str, Any]:
        name = arguments["ModelPackageGroupName"]
        if name not in self.groups:
            raise Refused("ValidationException", "ModelPackageGroup does not exist.")
        return {"ModelPackageGroupName": name, "ModelPackageGroupDescription": self.groups[name]}

    def _create_model_package_group(self, arguments: dict[str, Any]) -> dict[str, Any]:
        name = arguments["ModelPackageGroupName"]
        if name in self.groups:
            raise Refused("ValidationException", "Model Package Group already exists")
        self.groups[name] = arguments.get("ModelPackageGroupDescription", "")
        return {"ModelPackageGroupArn": f"{ARN}:model-package-group/{name}"}

    def _create_model_package(self, arguments: dict[str, Any]) -> dict[str, Any]:
        group = arguments["ModelPackageGroupName"]
        version = 1 + sum(package["ModelPackageGroupName"] == group for package in self.packages)
        arn = f"{ARN}:model-package/{group}/{version}"
        package = {
            **arguments,
            "ModelPackageArn": arn,
            "ModelPackageVersion": version,
            "CreationTime": time.time(),
        }
        self.packages.append(package)
        return {"ModelPackageArn": arn}

    def _describe_model_package(self, arguments: dict[str, Any]) -> dict[str, Any]:
        for package in self.packages:
            if package["ModelPackageArn"] == arguments["ModelPackageName"]:
                return package
        raise Refused("ValidationException", "ModelPackage does not exist.")

    def _update_model_package(self, arguments: dict[str, Any]) -> dict[str, Any]:
        package = self._describe_model_package({"ModelPackageName": arguments["ModelPackageArn"]})
        package.update(arguments)
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def _list_model_packages(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self._describe_model_package_group(arguments)  # refuses a group that there is not
        wanted = arguments.get("ModelApprovalStatus")
        since = arguments.get("CreationTimeAfter", 0)
        found = [
            package
            for package in reversed(self.packages)
            if package["ModelPackageGroupName"] == arguments["ModelPackageGroupName"]
            and wanted in (None, package["ModelApprovalStatus"])
            and package["CreationTime"] >= since
        ]
        return {"ModelPackageSummaryList": [{"ModelPackageArn": p["ModelPackageArn"]} for p in found]}

    # CloudWatch Logs

    def _describe_log_streams(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if not self.logs:
            raise Refused("ResourceNotFoundException", "The specified log group does not exist.")
        prefix = arguments["logStreamNamePrefix"]
        return {"logStreams": [{"logStreamName": name} for name in self.logs if name.startswith(prefix)]}

    def _get_log_events(self, arguments: dict[str, Any]) -> dict[str, Any]:
        events = [
            {"timestamp": timestamp, "message": message, "ingestionTime": timestamp}
            for timestamp, message in self.logs[arguments["logStreamName"]]
            if timestamp >= arguments.get("startTime", 0)
        ]
        seen = int(arguments.get("nextToken", "0"))
        return {"events": events[seen:], "nextForwardToken": str(len(events)), "nextBackwardToken": "0"}

    # CloudWatch and SNS

    def _publish(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _get_metric_statistics(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """One of every metric in every period."""
        begin, end, period = (int(arguments[name]) for name in ("StartTime", "EndTime", "Period"))
        values = dict.fromkeys(("Sum", "Average", "SampleCount"), 1.0)
        points = [{"Timestamp": at, **values} for at in range(begin, end, period)]
        if len(points) > 1440:
            raise Refused("InvalidParameterCombination", f"You have requested up to {len(points)} datapoints")
        return {"Datapoints": points}

    def _put_metric_data(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {}

    # S3

    def _get_object(self, arguments: dict[str, Any]) -> bytes:
        if arguments["name"] not in self.objects:
            raise Refused("NoSuchKey", status=404)
        return self.objects[arguments["name"]]

    def _put_object(self, arguments: dict[str, Any]) -> bytes:
        name, matching = arguments["name"], arguments["matching"]
        if arguments["condition"] == "*" and name in self.objects:
            raise Refused("PreconditionFailed", status=412)
        if matching and (name not in self.objects or matching != etag(self.objects[name])):
            raise Refused("PreconditionFailed", status=412)
        self.objects[arguments["name"]] = arguments["body"]
        return b""

    def _head_object(self, arguments: dict[str, Any]) -> bytes:
        content: bytes = self._get_object(arguments)
        return self._matching(content, arguments["matching"])

    def _copy_object(self, arguments: dict[str, Any]) -> bytes:
        headers = arguments["headers"]
        source = unquote(headers["x-amz-copy-source"]).lstrip("/")
        content = self._matching(self._get_object({"name": source}), headers.get("x-amz-copy-source-if-match", ""))
        self.objects[arguments["name"]] = content
        return b"<CopyObjectResult><ETag>0</ETag></CopyObjectResult>"

    def _delete_object(self, arguments: dict[str, Any]) -> bytes:
        self._matching(self._get_object(arguments), arguments["matching"])
        del self.objects[arguments["name"]]
        return b""

    def _matching(self, content: bytes, matching: str) -> bytes:
        if matching and matching != etag(content):
            raise Refused("PreconditionFailed", status=412)
        return content

    def _list_objects(self, arguments: dict[str, Any]) -> bytes:
        written = {name: BEGINNING + timedelta(seconds=order) for order, name in enumerate(self.objects)}
        names = sorted(name for name in self.objects if name.startswith(arguments["name"]))
        entries = "".join(
            f"<Contents><Key>{escape(name.partition('/')[2])}</Key><Size>{len(self.objects[name])}</Size>"
            f"<ETag>&quot;{hashlib.md5(self.objects[name]).hexdigest()}&quot;</ETag>"
            f"<LastModified>{written[name]:%Y-%m-%dT%H:%M:%SZ}</LastModified></Contents>"
            for name in names
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>".encode()


def etag(content: bytes) -> str:
    """What S3 calls a content."""
    return f'"{hashlib.md5(content).hexdigest()}"'


class _Handler(BaseHTTPRequestHandler):
    """JSON APIs are POSTed with their operation in a header, S3's is in method and path."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: of two, the second waits 40 ms for the first to be acknowledged
    aws: ClassVar[FakeAws]

    def handle_expect_100(self) -> bool:
        """Go on, said at once: without that, botocore waits a second before it sends the body of an object."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def do_POST(self) -> None:
        if self.path.endswith("/invocations"):
            self._answer(200, b"echo " + self._body(), self.headers["Accept"])
            return
        if "X-Amz-Target" not in self.headers:  # SNS speaks the query protocol
            self._publish(dict(parse_qsl(self._body().decode())))
            return
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        try:
            answer, status = self._ask(operation, json.loads(self._body() or b"{}")), 200
        except Refused as error:
            answer, status = {"__type": error.code, "message": str(error)}, error.status
        self._answer(status, json.dumps(answer).encode(), "application/x-amz-json-1.1")

    def _publish(self, arguments: dict[str, str]) -> None:
        self._ask(arguments["Action"], arguments)
        answer = b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
        self._answer(200, answer, "text/xml")

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        name = unquote(url.path).lstrip("/")
        if "list-type" in query:
            self._answer_s3("ListObjects", {"name": f"{name}/{query['prefix'][0]}"})
        else:
            self._answer_s3("GetObject", {"name": name})

    def do_HEAD(self) -> None:
        arguments = {"name": unquote(self.path).lstrip("/"), "matching": self.headers.get("If-Match", "")}
        self._answer_s3("HeadObject", arguments)

    def do_DELETE(self) -> None:
        arguments = {"name": unquote(self.path).lstrip("/"), "matching": self.headers.get("If-Match", "")}
        self._answer_s3("DeleteObject", arguments)

    def do_PUT(self) -> None:
        if self.headers["x-amz-copy-source"]:
            self._answer_s3("CopyObject", {"name": unquote(self.path).lstrip("/"), "headers": dict(self.headers)})
            return
        condition = self.headers.get("If-None-Match", "")
        name = unquote(self.path).lstrip("/")
        conditions = {"condition": condition, "matching": self.headers.get("If-Match", "")}
        self._answer_s3("PutObject", {"name": name, "body": self._body(), **conditions})

    def _answer_s3(self, operation: str, arguments: dict[str, Any]) -> None:
        try:
            content, status = self._ask(operation, arguments), 200
        except Refused as error:
            content, status = f"<Error><Code>{error.code}</Code></Error>".encode(), error.status
        self._answer(status, content, "application/xml")

    def _ask(self, operation: str, arguments: dict[str, Any]) -> Any:
        """Note where the request was signed for, and pass it on."""
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", self.headers.get("Authorization", ""))
        if scope:
            self.aws.regions[scope[2]] = scope[1]
        return self.aws.call(operation, arguments)

    def _body(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "aws-chunked":
            size, _, rest = body.partition(b"\r\n")
            return rest[: int(size.split(b";")[0], 16)]
        return body

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", etag(body))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test output free of access logs."""
