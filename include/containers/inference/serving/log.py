"""Log lines, one JSON object each, on standard output: that is what CloudWatch gets."""

import sys
from datetime import UTC, datetime
from typing import Any

import orjson


def tell(level: str, message: str, **more: Any) -> None:
    """Print a line; members that are None are left out."""
    facts = {name: value for name, value in more.items() if value is not None}
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "message": message, **facts}
    sys.stdout.write(orjson.dumps(line, default=str).decode() + "\n")
    sys.stdout.flush()
