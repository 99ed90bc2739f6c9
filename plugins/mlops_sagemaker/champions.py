"""The champion on disk: one object, read and moved as a whole."""

import json
from collections.abc import Callable
from typing import Any

from mlops_sagemaker import uris
from mlops_sagemaker.deployments import NOBODY
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.hook import LifecycleHook

Pointer = dict[str, Any]


def uri_of(bucket: str, use_case: str) -> str:
    """Where the champion of a use case is written down; `deployments` says how."""
    return uris.join(f"s3://{bucket}", use_case, "champion.json")


def read(hook: LifecycleHook, uri: str) -> Pointer:
    """Champion and previous champion; `deployments.NOBODY` where none was ever promoted."""
    found = hook.read_version(uri)
    return _parsed(found.content, uri) if found else dict(NOBODY)


def move(hook: LifecycleHook, uri: str, decide: Callable[[Pointer], Pointer]) -> Pointer:
    """Write what ``decide`` makes of the pointer, unless that is what is there; returns it.

    Raises ApiError PreconditionFailed if somebody else moves it meanwhile: then nothing is written.
    """
    found = hook.read_version(uri)
    before = _parsed(found.content, uri) if found else dict(NOBODY)
    after = decide(before)
    if after != before:
        hook.write_json(uri, after, **({"IfMatch": found.etag} if found else {"IfNoneMatch": "*"}))
    return after


def _parsed(content: bytes, uri: str) -> Pointer:
    try:
        pointer: Pointer = json.loads(content)
        left = {"left": pointer["left"]} if "left" in pointer else {}
        return {"champion": pointer["champion"], "previous": pointer["previous"], **left}
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{uri} does not say who the champion is ({error!r}); restore its last version") from error
