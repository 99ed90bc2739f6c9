"""What was asked of the local AWS, by the file in which it writes requests down, as the actions that IAM knows.

Names and resources are the service authorization reference's,
https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.local_aws import ACCOUNT, REGION

# The names of services in IAM, where signatures have others.
PREFIXES = {"monitoring": "cloudwatch"}
# What S3's requests are, by method, by whether they are of an object, and by the first of these that the query has.
S3_QUERIES = ("uploadId", "uploads", "location", "versions")
S3_ACTIONS = {
    ("GET", True, None): "GetObject",
    ("HEAD", True, None): "GetObject",
    ("PUT", True, None): "PutObject",
    ("POST", True, "uploads"): "PutObject",
    ("PUT", True, "uploadId"): "PutObject",
    ("POST", True, "uploadId"): "PutObject",
    ("DELETE", True, "uploadId"): "AbortMultipartUpload",
    ("DELETE", True, None): "DeleteObject",
    ("GET", False, None): "ListBucket",
    ("HEAD", False, None): "ListBucket",
    ("GET", False, "location"): "GetBucketLocation",
    ("GET", False, "versions"): "ListBucketVersions",
}
VERB = re.compile("Create|Delete|Describe|Stop|Update")


class Asked(NamedTuple):
    """An action on a resource, which is ``*`` where the action knows none."""

    action: str
    resource: str


class Line(NamedTuple):
    """A request, as `sagemaker_local.call_log` has written it down."""

    access_key: str
    service: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None

    @property
    def operation(self) -> str:
        """Its name in the service's API. S3's requests, and those to endpoints, have none."""
        named = self.headers.get("x-amz-target", "").rpartition(".")[2] or self.members.get("Action")
        return str(named or self.path.rpartition("/operation/")[2])

    @property
    def members(self) -> dict[str, Any]:
        """Those of its body."""
        if not self.body:
            return {}
        return dict(json.loads(self.body) if self.body.startswith("{") else parse_qsl(self.body))


def lines(path: Path, access_key: str) -> Iterator[Line]:
    """What was asked with an access key. What is not there, or taken, is told only to who may ask for it, too: AWS
    looks at policies first."""
    files = [file for file in (path.with_name(f"{path.name}.1"), path) if file.exists()]
    # A server that runs may be at another line.
    for text in [line for file in files for line in file.read_text().rpartition("\n")[0].splitlines()]:
        said = json.loads(text)
        if said["access_key"] == access_key and said["status"] != 403:
            yield Line(**{name: said[name] for name in Line._fields})


def asked(line: Line) -> list[Asked]:
    """What a policy has to allow for a request."""
    if line.service == "s3":
        return list(_of_s3(line))
    if line.path.startswith("/endpoints/"):
        _, _, name, tail = line.path.split("/", 3)
        action = {"invocations": "InvokeEndpoint", "async-invocations": "InvokeEndpointAsync"}[tail]
        return [Asked(f"sagemaker:{action}", _arn("sagemaker", f"endpoint/{name}"))]
    prefix = PREFIXES.get(line.service, line.service)
    return [Asked(f"{prefix}:{line.operation}", _RESOURCES[prefix](line.operation, line.members))]


def _of_s3(line: Line) -> Iterator[Asked]:
    address = urlsplit(line.path)
    query = dict(parse_qsl(address.query, keep_blank_values=True))
    place = unquote(address.path).lstrip("/")
    kind = next((name for name in S3_QUERIES if name in query), None)
    # What is none of these is told as it was asked, since no role allows it.
    action = S3_ACTIONS.get((line.method, "/" in place.rstrip("/"), kind), f"{line.method} {address.query}".strip())
    yield Asked(f"s3:{action}", f"arn:aws:s3:::{place}")
    if source := line.headers.get("x-amz-copy-source"):
        yield Asked("s3:GetObject", f"arn:aws:s3:::{unquote(source).lstrip('/').partition('?')[0]}")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def _of_sagemaker(operation: str, members: Mapping[str, Any]) -> str:
    """The one ARN that a request names, or that of the thing with its operation's noun for a name."""
    noun = VERB.sub("", operation, count=1).removesuffix("WeightsAndCapacities")
    if operation == noun:
        return "*"  # lists and searches
    given = str(members.get(f"{noun}Arn") or members.get(f"{noun}Name") or f"{members['ModelPackageGroupName']}/1")
    kind = re.sub("(?<!^)(?=[A-Z])", "-", noun).lower()
    return given if given.startswith("arn:") else _arn("sagemaker", f"{kind}/{given}")


def _of_logs(operation: str, members: Mapping[str, Any]) -> str:
    group = f"log-group:{members['logGroupName']}"
    return _arn("logs", f"{group}:log-stream:{members['logStreamName']}" if "logStreamName" in members else group)


def _of_sqs(operation: str, members: Mapping[str, Any]) -> str:
    return _arn("sqs", members.get("QueueName") or members["QueueUrl"].rpartition("/")[2])


_RESOURCES = {
    "application-autoscaling": lambda operation, members: _arn("application-autoscaling", "scalable-target/one"),
    # The names of alarms are in a body that is no text.
    "cloudwatch": lambda operation, members: _arn("cloudwatch", "alarm:one") if "Alarm" in operation else "*",
    "ecr": lambda operation, members: _arn("ecr", f"repository/{members['repositoryName']}"),
    "logs": _of_logs,
    "sagemaker": _of_sagemaker,
    "sns": lambda operation, members: members["TopicArn"],
    "sqs": _of_sqs,
}


# Whose data a request names: it is read and written in the name of the role of what the request makes. Batch transforms
# have none of their own, but their model's.
ROLES = {
    "CreateProcessingJob": "Jobs",
    "CreateTrainingJob": "Jobs",
    "CreateHyperParameterTuningJob": "Jobs",
    "CreateModel": "Endpoints",
    "CreateEndpointConfig": "Endpoints",
    "CreateTransformJob": "Endpoints",
}
WRITTEN = (
    "CheckpointConfig",
    "DataCaptureConfig",
    "DebugHookConfig",
    "OutputConfig",
    "OutputDataConfig",
    "ProcessingOutputConfig",
    "ProfilerConfig",
    "TensorBoardOutputConfig",
    "TransformOutput",
)


def of_role(line: Line) -> tuple[str, list[Asked]]:
    """The role of what a request makes, and what will be asked of S3 in its name; nothing for any other request."""
    role = ROLES.get(line.operation, "") if line.service == "sagemaker" else ""
    return role, [_object(*each) for each in _uris(line.members, "s3:GetObject")] if role else []


def _uris(value: Any, action: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if value.startswith("s3://"):
            yield action, value
    elif isinstance(value, list):
        for each in value:
            yield from _uris(each, action)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _uris(each, "s3:PutObject" if name in WRITTEN else action)


def _object(action: str, uri: str) -> Asked:
    """What is read is an object, or all below a prefix; what is written lies below."""
    return Asked(action, f"arn:aws:s3:::{uri.removeprefix('s3://')}{'/one' if action == 's3:PutObject' else ''}")
