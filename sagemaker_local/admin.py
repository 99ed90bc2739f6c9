"""The addresses below ``/_local/`` that are the server's own and no part of AWS: its health, its fault plan, and pages
for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sagemaker_local.config import LOCAL_PATH
from sagemaker_local.domain.faults.document import InvalidPlan
from sagemaker_local.faults import Faults


class Page(NamedTuple):
    """What people read."""

    media_type: str
    text: str


Answer = tuple[int, dict[str, Any] | Page]


class Admin:
    """Answers what is asked of the server itself, in JSON, and with *pages*: each by a function of the rest of the
    address, which raises ``ServiceError``."""

    def __init__(
        self, health: Callable[[], dict[str, Any]], faults: Faults, pages: Mapping[str, Callable[[str], Page]]
    ) -> None:
        self._faults, self._pages = faults, pages
        self._handlers: dict[tuple[str, str], Callable[[bytes], Answer]] = {
            ("GET", "health"): lambda _: (200, health()),
            ("GET", "faults"): lambda _: (200, faults.state()),
            ("PUT", "faults"): self._put_faults,
            ("DELETE", "faults"): self._delete_faults,
        }

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """The HTTP status and the document for a request to *path*, which starts with ``LOCAL_PATH``."""
        name = path.removeprefix(LOCAL_PATH)
        page, _, what = name.partition("/")
        if page in self._pages:
            return (200, self._pages[page](what)) if method == "GET" else (405, {"error": f"{path} takes GET"})
        handler = self._handlers.get((method, name))
        if handler is not None:
            return handler(body)
        methods = [known for known, other in self._handlers if other == name]
        if methods:
            return 405, {"error": f"{path} takes {', '.join(methods)}"}
        places = {*(other for _, other in self._handlers), *(f"{page}/..." for page in self._pages)}
        known = ", ".join(sorted(f"{LOCAL_PATH}{place}" for place in places))
        return 404, {"error": f"there is no {path}; there are {known}"}

    def _put_faults(self, body: bytes) -> Answer:
        try:
            self._faults.put(json.loads(body))
        except ValueError as error:  # InvalidPlan is one, as is what is no JSON
            kind = "no fault plan" if isinstance(error, InvalidPlan) else "no JSON"
            return 400, {"error": f"{kind}: {error}"}
        return 200, self._faults.state()

    def _delete_faults(self, _body: bytes) -> Answer:
        self._faults.clear()
        return 200, self._faults.state()
