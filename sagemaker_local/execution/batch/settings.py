"""How a container is asked: what the request says, else the container itself, else SageMaker's defaults."""

from __future__ import annotations

import json
import uuid
from typing import Any, NamedTuple

from sagemaker_local.domain.jobs import Record
from sagemaker_local.domain.transform.capture import Identified
from sagemaker_local.domain.transform.jsonpath import Path
from sagemaker_local.domain.transform.processing import CSV, Processing, format_of
from sagemaker_local.execution.serving.client import Client
from sagemaker_local.execution.serving.errors import NoAnswer

_MEGABYTE = 1 << 20
_DEFAULTS = {"MaxConcurrentTransforms": 1, "MaxPayloadInMB": 6, "BatchStrategy": "MULTI_RECORD"}
_VARIABLES = {
    "MaxConcurrentTransforms": "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",
    "MaxPayloadInMB": "SAGEMAKER_MAX_PAYLOAD_IN_MB",
    "BatchStrategy": "SAGEMAKER_BATCH_STRATEGY",
}
_STRATEGIES = {"SingleRecord": "SINGLE_RECORD", "MultiRecord": "MULTI_RECORD"}
_PARAMETERS_SECONDS = 2.0


class Settings(NamedTuple):
    """How a container is asked."""

    concurrent: int
    """requests at a time"""
    max_payload_mb: int
    """0: no limit"""
    strategy: str
    """``SINGLE_RECORD`` or ``MULTI_RECORD``"""

    @property
    def max_bytes(self) -> int | None:
        """The largest body of a request, ``None`` for no limit."""
        return self.max_payload_mb * _MEGABYTE or None

    def __str__(self) -> str:
        return (
            f"MaxConcurrentTransforms={self.concurrent}, MaxPayloadInMB={self.max_payload_mb}, "
            f"BatchStrategy={self.strategy}"
        )


def requested(record: Record) -> dict[str, Any]:
    """What the request itself says, in the container's terms."""
    given = {name: record[name] for name in _VARIABLES if name in record}
    if "BatchStrategy" in given:
        given["BatchStrategy"] = _STRATEGIES[given["BatchStrategy"]]
    # Documented: 0 asks the container, as leaving it out does.
    return {name: value for name, value in given.items() if (name, value) != ("MaxConcurrentTransforms", 0)}


def environment(record: Record) -> dict[str, str]:
    """The container's variables: the model's, the job's, and those that tell it of a batch transform."""
    told = {_VARIABLES[name]: str(value) for name, value in requested(record).items()}
    own = record["Resolved"].get("Environment", {})
    return {**own, **record.get("Environment", {}), "SAGEMAKER_BATCH": "true", **told}


async def settings(record: Record, client: Client) -> Settings:
    """The job's settings; the container is asked once, and need not answer."""
    chosen = {**_DEFAULTS, **await _parameters(client), **requested(record)}
    concurrent = max(1, int(chosen["MaxConcurrentTransforms"]))
    return Settings(concurrent, int(chosen["MaxPayloadInMB"]), str(chosen["BatchStrategy"]))


async def _parameters(client: Client) -> dict[str, Any]:
    try:
        answer = await client.request(b"GET", b"/execution-parameters", [], b"", _PARAMETERS_SECONDS)
        found = json.loads(answer.body) if answer.status == 200 else {}
    except (NoAnswer, ValueError):
        return {}
    return {name: found[name] for name in _DEFAULTS if name in found} if isinstance(found, dict) else {}


def identified(record: Record) -> Identified | None:
    """What gives records their inference ids; ``None`` if they are to have none."""
    if not record.get("DataCaptureConfig", {}).get("GenerateInferenceId", False):
        return None
    is_csv = format_of(accepted(record)) is CSV
    return Identified(is_csv, record["TransformStartTime"], lambda: str(uuid.uuid4()))


def accepted(record: Record) -> str:
    """The content type of answers: what is accepted, and without it what was sent."""
    return str(record["TransformOutput"].get("Accept") or record["TransformInput"].get("ContentType", ""))


def processing(record: Record) -> Processing | None:
    """The job's filters and join; ``None`` if data goes in and out as it is."""
    wanted = record.get("DataProcessing", {})
    input_filter = Path(wanted.get("InputFilter") or "$")
    output_filter = Path(wanted.get("OutputFilter") or "$")
    join = wanted.get("JoinSource", "None") == "Input"
    read = format_of(record["TransformInput"].get("ContentType", ""))
    written = format_of(accepted(record))
    if (input_filter.selects_all and output_filter.selects_all and not join) or read is None or written is None:
        return None
    return Processing(input_filter, output_filter, join, read, written)
