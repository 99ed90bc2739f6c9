"""What a step's result follows from, by content: what is equal here need not be run again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlops_sagemaker import naming

VERSION = 1
"""Grows when keys change their meaning, so that nothing recorded before is taken for something else."""
NO_CAUSE = frozenset({"RoleArn", "StoppingCondition", "S3OutputPath", "Tags"})
"""Members of a request that its outputs do not follow from: who may, for how long, and where they go."""


@dataclass(frozen=True)
class StoredObject:
    """An object in S3; ``key`` is relative to where it was looked for. Equal tags and sizes mean equal bytes: what S3
    tags otherwise (parts, KMS) only ever makes equal bytes look different."""

    key: str
    etag: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Source:
    """An input of a job: all objects below a prefix, or those that a manifest lists."""

    uri: str
    manifest: bool


def sources(request: Mapping[str, Any]) -> list[Source]:
    """Every input of a job's request."""
    return [Source(each["S3Uri"], each["S3DataType"] == "ManifestFile") for each in _inputs(request)]


def step_key(kind: str, request: Mapping[str, Any], contents: Mapping[str, Any]) -> str:
    """64 hex digits that stand for everything a job's outputs follow from: its request, with the ``contents`` of its
    inputs in place of their URIs."""
    return naming.digest([VERSION, kind, _cause(request, contents)])


def _inputs(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if "S3DataType" in value:
            yield value
        for each in value.values():
            yield from _inputs(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _inputs(each)


def _cause(value: Any, contents: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        kept = {name: each for name, each in value.items() if name not in NO_CAUSE}
        if "S3DataType" in value:
            kept["S3Uri"] = contents[value["S3Uri"]]
        elif "S3UploadMode" in value:
            del kept["S3Uri"]
        return {name: _cause(each, contents) for name, each in kept.items()}
    if isinstance(value, list | tuple):
        return [_cause(each, contents) for each in value]
    return value
