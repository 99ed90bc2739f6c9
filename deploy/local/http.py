"""JSON over HTTP to this machine, past any proxy."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from deploy.errors import Failure

# The API server may take most of a minute for its first answers on a loaded machine.
TIMEOUT_SECONDS = 60.0
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class HttpError(Failure):
    """An answer other than 2xx: `status`, and what the server says."""

    def __init__(self, method: str, url: str, status: int, body: str) -> None:
        super().__init__(f"{method} {url} answered {status}: {body[:500]}")
        self.status = status


def call(method: str, url: str, body: Any = None, token: str | None = None, timeout: float = TIMEOUT_SECONDS) -> Any:
    """Send a request and return the decoded answer. Raises HttpError, or OSError where nobody answers."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with _opener.open(request, timeout=timeout) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise HttpError(method, url, error.code, error.read().decode(errors="replace")) from error
