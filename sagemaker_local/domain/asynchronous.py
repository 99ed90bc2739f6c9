"""Asynchronous inference: what a request asks for, where its result goes, how long it may wait, what its end is called.

Sources: the API reference of InvokeEndpointAsync and AsyncInferenceConfig, the guide's page
async-inference-check-predictions, and notifications of real endpoints that were published.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

LARGEST_INPUT_BYTES = 1 << 30
_TTL_SECONDS, _TIMEOUT_SECONDS = 21_600, 900
# AWS says that it chooses an optimal value; this is ours.
_CONCURRENT = 4
_LARGEST_IN_NOTIFICATION_BYTES = 128 << 10
_SEE_ALSO = "Check S3 path location(if configured) or Cloudwatch for additional details."

Config = dict[str, Any]
"""an ``AsyncInferenceConfig``"""


@dataclass(frozen=True)
class AsyncRequest:
    """A request that was acknowledged, with what was in force when it was."""

    id: str
    """the server's own"""
    endpoint_name: str
    inference_id: str
    received: float
    """epoch seconds"""
    config: Config
    members: dict[str, Any]
    """by the model's names, without endpoint and body"""
    inline: str | None
    """the payload in base64, if it came with the request"""

    @classmethod
    def of(
        cls, id: str, endpoint_name: str, config: Config, members: dict[str, Any], body: bytes, now: float
    ) -> AsyncRequest:
        """A request that came now; its inference id is the client's, or else *id*."""
        own = {name: value for name, value in members.items() if name != "EndpointName"}
        inline = base64.b64encode(body).decode() if body else None
        return cls(id, endpoint_name, members.get("InferenceId", id), now, config, own, inline)

    @classmethod
    def read(cls, record: dict[str, Any]) -> AsyncRequest:
        """The request that ``record`` has written."""
        return cls(**record)

    def record(self) -> dict[str, Any]:
        """The request as JSON can hold it."""
        return asdict(self)

    @property
    def payload(self) -> bytes | None:
        """What came with the request; ``None`` if it lies at ``InputLocation``."""
        return None if self.inline is None else base64.b64decode(self.inline)

    @property
    def output_location(self) -> str | None:
        """The URI of the response; ``None`` if no ``S3OutputPath`` is configured."""
        folder = self.config["OutputConfig"].get("S3OutputPath")
        name = self.members.get("Filename", f"{self.id}.out")
        return None if folder is None else _joined(folder, self.members.get("S3OutputPathExtension", ""), name)

    @property
    def failure_location(self) -> str | None:
        """The URI of the response to a failed request; ``None`` if no ``S3FailurePath`` is configured."""
        folder = self.config["OutputConfig"].get("S3FailurePath")
        return None if folder is None else _joined(folder, f"{self.id}-error.out")

    @property
    def ttl_seconds(self) -> int:
        """How long it may wait for its turn."""
        return int(self.members.get("RequestTTLSeconds", _TTL_SECONDS))

    @property
    def timeout_seconds(self) -> int:
        """How long the container may take to answer it."""
        return int(self.members.get("InvocationTimeoutSeconds", _TIMEOUT_SECONDS))


def _joined(*parts: str) -> str:
    return "/".join(filter(None, (part.strip("/") for part in parts)))


def concurrency(endpoint_config: dict[str, Any]) -> int:
    """How many requests an instance is sent at a time (``MaxConcurrentInvocationsPerInstance``)."""
    client = endpoint_config.get("AsyncInferenceConfig", {}).get("ClientConfig", {})
    return int(client.get("MaxConcurrentInvocationsPerInstance", _CONCURRENT))


@dataclass(frozen=True)
class Result:
    """How a request has ended."""

    payload: bytes
    """what is stored: the container's answer, or where there is none what went wrong"""
    content_type: str
    failure_reason: str | None = None

    @classmethod
    def failed(cls, reason: str) -> Result:
        """A failure without an answer of the container's."""
        return cls(reason.encode(), "text/plain", reason)


def model_failure(status: int) -> str:
    """The ``failureReason`` of a request that the container answered with *status*, 0 if it did not answer."""
    whose = "client" if 400 <= status < 500 else "server"
    return (
        f"ClientError: Received {whose} error ({status}) from model. See the SageMaker Endpoint logs in your account "
        "for more information."
    )


def expiry(request: AsyncRequest) -> str:
    """The ``failureReason`` of a request whose turn did not come in time."""
    return f"ClientError: The request has expired: it was in the queue for longer than {request.ttl_seconds} seconds."


def topic(request: AsyncRequest, result: Result) -> str | None:
    """The ARN of the SNS topic that is told of the end, if one is configured."""
    name = "SuccessTopic" if result.failure_reason is None else "ErrorTopic"
    arn: str | None = request.config["OutputConfig"].get("NotificationConfig", {}).get(name)
    return arn


def notification(region: str, request: AsyncRequest, result: Result, now: float) -> dict[str, Any]:
    """What the topic is told."""
    failed = result.failure_reason is not None
    location = request.failure_location if failed else request.output_location
    found: dict[str, Any] = {
        "awsRegion": region,
        "eventTime": _time(now),
        "receivedTime": _time(request.received),
        "invocationStatus": "Failed" if failed else "Completed",
    }
    if failed:
        found["failureReason"] = result.failure_reason
    found["requestParameters"] = _parameters(request)
    if location is not None:
        found["responseParameters"] = {"contentType": result.content_type, "outputLocation": location}
    if _wants_response(request, failed) and len(result.payload) <= _LARGEST_IN_NOTIFICATION_BYTES:
        content = base64.b64encode(result.payload).decode()
        found["responseBody"] = {"content": content, "message": _SEE_ALSO, "encoding": "BASE64"}
    named = {"inferenceId": request.inference_id, "eventVersion": "1.0", "eventSource": "aws:sagemaker"}
    return {**found, **named, "eventName": "InferenceResult"}


def _wants_response(request: AsyncRequest, failed: bool) -> bool:
    wanted = request.config["OutputConfig"].get("NotificationConfig", {}).get("IncludeInferenceResponseIn", [])
    return ("ERROR_NOTIFICATION_TOPIC" if failed else "SUCCESS_NOTIFICATION_TOPIC") in wanted


def _parameters(request: AsyncRequest) -> dict[str, str]:
    shown = {
        "accept": request.members.get("Accept"),
        "contentType": request.members.get("ContentType"),
        "customAttributes": request.members.get("CustomAttributes"),
        "endpointName": request.endpoint_name,
        "inputLocation": request.members.get("InputLocation"),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Backlog:
    """What waits or is being processed at an endpoint."""

    size: int
    instances: int
    """behind the endpoint"""
    oldest_seconds: float
    """the age of the oldest request; 0 if there is none"""

    def metrics(self) -> dict[str, float]:
        """The metrics that the guide's page async-inference-monitor lists with the dimension ``EndpointName``."""
        found = {
            "ApproximateBacklogSize": float(self.size),
            "ApproximateAgeOfOldestRequest": self.oldest_seconds,
            "HasBacklogWithoutCapacity": float(self.size > 0 and self.instances == 0),
        }
        if self.instances:
            found["ApproximateBacklogSizePerInstance"] = self.size / self.instances
        return found
