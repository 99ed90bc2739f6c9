"""Data capture: what is written of an invocation, and under which key.

Source: the guide's pages model-monitor-data-capture and model-monitor-data-capture-endpoint; the layout of keys and the
order of members are those of captured files.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Config = dict[str, Any]
"""a ``DataCaptureConfig``"""

_MODES = {"Input": ("INPUT",), "Output": ("OUTPUT",), "InputAndOutput": ("INPUT", "OUTPUT")}
_MEMBERS = {"INPUT": "endpointInput", "OUTPUT": "endpointOutput"}


@dataclass(frozen=True)
class Side:
    """What went in, or came out."""

    content_type: str
    body: bytes


def enabled(config: Config | None) -> bool:
    """Whether anything is to be captured."""
    return config is not None and bool(config.get("EnableCapture", True))


def modes(config: Config) -> set[str]:
    """Which sides are captured: ``INPUT``, ``OUTPUT``."""
    return {mode for option in config["CaptureOptions"] for mode in _MODES[option["CaptureMode"]]}


def line(
    config: Config, sides: dict[str, Side], event_id: str, time: float, inference_id: str | None, attributes: str | None
) -> str:
    """The record of one invocation, one line of JSON; *time* is in epoch seconds."""
    metadata: dict[str, Any] = {"eventId": event_id}
    if inference_id is not None:
        metadata["inferenceId"] = inference_id
    if attributes is not None:
        metadata["customAttributes"] = [attributes]
    metadata["inferenceTime"] = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    data = {_MEMBERS[mode]: _side(config, mode, side) for mode, side in sides.items() if mode in modes(config)}
    return json.dumps({"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}, separators=(",", ":"))


def _side(config: Config, mode: str, side: Side) -> dict[str, str]:
    encoding = _encoding(config.get("CaptureContentTypeHeader", {}), side)
    data = base64.b64encode(side.body).decode() if encoding == "BASE64" else side.body.decode()
    return {"observedContentType": side.content_type, "mode": mode, "data": data, "encoding": encoding}


def _encoding(headers: dict[str, list[str]], side: Side) -> str:
    """``CSV`` or ``JSON`` for the types that the configuration lists, whatever their parameters; else ``BASE64``."""
    plain = _plain(side.content_type)
    for encoding, listed in (
        ("CSV", headers.get("CsvContentTypes", ())),
        ("JSON", headers.get("JsonContentTypes", ())),
    ):
        if plain in map(_plain, listed) and _is_text(side.body):
            return encoding
    return "BASE64"


def _plain(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def key(endpoint: str, variant: str, time: float, unique: str) -> str:
    """Where a file goes below ``DestinationS3Uri``: by the hour (UTC) of its first record."""
    return f"{endpoint}/{variant}/{file_key(time, unique)}"


def file_key(time: float, unique: str) -> str:
    """The end of a captured file's key: hour, and the rest of the time (UTC) in the name."""
    moment = datetime.fromtimestamp(time, UTC)
    return f"{moment:%Y/%m/%d/%H}/{moment:%M-%S}-{moment.microsecond // 1000:03}-{unique}.jsonl"
