"""CloudWatch Logs' search by the beginning of streams' names, which ministack leaves out: it searches all streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
Search = Callable[[dict[str, Any]], Answer]


def search_by_prefix(logs: Any) -> None:
    """Have ministack's module *logs* honour ``logStreamNamePrefix``. Contract: API_FilterLogEvents."""
    search: Search = logs._filter_log_events

    def filter_log_events(request: dict[str, Any]) -> Answer:
        prefix = request.get("logStreamNamePrefix")
        if prefix is None:
            return search(request)
        if "logStreamNames" in request:
            message = "logStreamNamePrefix and logStreamNames cannot both be given"
            refused: Answer = logs.error_response_json("InvalidParameterException", message, 400)
            return refused
        group = logs._log_groups.get(logs._resolve_log_group_name(request), {"streams": ()})
        names = [name for name in [*group["streams"]] if name.startswith(prefix)]
        # Of no names it would search all streams, and one that is not there it leaves out.
        return search({**request, "logStreamNames": names or [prefix]})

    logs._filter_log_events = filter_log_events
