"""What this address answers to S3 requests while S3 is elsewhere.

They are not passed on: they would have to be signed anew with keys that are not the caller's, and all data would go
through this process.
"""

from __future__ import annotations

import re
import uuid
from typing import Any
from xml.sax.saxutils import escape

from sagemaker_local.base.interface import AsgiApp

# The scope of signature version 4, in a header or in a presigned URL; version 2 is S3's alone.
_SIGNED_FOR_S3 = re.compile(rb"Credential=[^&]+(/|%2F)s3(/|%2F)aws4_request|^AWS |AWSAccessKeyId=")


def without_s3(app: AsgiApp, url: str) -> AsgiApp:
    """*app*, but a request that is signed for S3 gets an error which tells that S3 is at *url*."""

    async def routed(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and _is_signed_for_s3(scope):
            await _refuse(send, url)
        else:
            await app(scope, receive, send)

    return routed


def _is_signed_for_s3(scope: dict[str, Any]) -> bool:
    authorization = dict(scope["headers"]).get(b"authorization", b"")
    return bool(_SIGNED_FOR_S3.search(authorization) or _SIGNED_FOR_S3.search(scope["query_string"]))


async def _refuse(send: Any, url: str) -> None:
    request_id = str(uuid.uuid4())
    message = (
        f"This server has no S3 of its own: it was started with --s3-endpoint {url}. Set AWS_ENDPOINT_URL_S3={url}"
    )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InvalidRequest</Code>'
        f"<Message>{escape(message)}</Message><RequestId>{request_id}</RequestId></Error>"
    ).encode()
    headers = [
        (b"content-type", b"application/xml"),
        (b"content-length", str(len(body)).encode()),
        (b"x-amz-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})
