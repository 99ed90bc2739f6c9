"""Stands for the interpreters of a stack: what each service does, as far as the stack can see it.

Started as `python -m airflow api-server` or the like. A service named in the file `broken` beside the state
folder says so and ends with status 1.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = ("scheduler", "triggerer", "dag_processor")
        now = datetime.now(UTC).isoformat()
        beats = {part: {"status": "healthy", f"latest_{part}_heartbeat": now} for part in parts}
        body = json.dumps({"status": "ok", "metadatabase": {"status": "healthy"}, **beats}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


def main(arguments: list[str]) -> None:
    broken = Path(os.environ["HOME"]).parent.with_name("broken")
    if broken.exists() and broken.read_text() in arguments:
        sys.exit(f"{broken.read_text()} is broken")
    if "--port" in arguments:
        HTTPServer(("127.0.0.1", int(arguments[arguments.index("--port") + 1])), Handler).serve_forever()
    if "api-server" in arguments:
        HTTPServer(("127.0.0.1", int(os.environ["AIRFLOW__API__PORT"])), Handler).serve_forever()
    if "deploy.local.provision" in arguments:
        print(f"provisioned {os.environ['AWS_ENDPOINT_URL']}")
    elif "migrate" not in arguments:
        time.sleep(600)


if __name__ == "__main__":
    main(sys.argv)
