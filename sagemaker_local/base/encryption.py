"""S3's encryption by KMS without a key of one's own, which ministack refuses."""

from __future__ import annotations

from typing import Any

from sagemaker_local.base.interface import AsgiApp

_ALGORITHM = b"x-amz-server-side-encryption"
_KEY = b"x-amz-server-side-encryption-aws-kms-key-id"
# The key that AWS keeps in every account for the objects whose writer names none.
_MANAGED_KEY = b"alias/aws/s3"


def with_managed_key(app: AsgiApp) -> AsgiApp:
    """*app*, told that a request for ``aws:kms`` which names no key means AWS's own one: the S3 guide, "SSE-KMS"."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await app(_with_key(scope), receive, send)

    return wrapped


def _with_key(scope: dict[str, Any]) -> dict[str, Any]:
    headers = dict(scope.get("headers", ()))
    if headers.get(_ALGORITHM) != b"aws:kms" or _KEY in headers:
        return scope
    return {**scope, "headers": [*scope["headers"], (_KEY, _MANAGED_KEY)]}
