"""Whether a container's service is well: `python -m deploy.compose.health SERVICE`, exit status 1 where it is not.

The parts of Airflow that serve nothing are known by the heartbeats that the API server sees, the worker by its
connection to the broker: to import Airflow for every question, as its own commands do, would cost seconds each time.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploy.errors import Failure
from deploy.local.health import HEARTBEATS
from deploy.local.http import call

SECONDS = 10.0


def aws() -> bool:
    """Whether the local AWS says that it is ready."""
    return bool(call("GET", f"{os.environ['AWS_ENDPOINT_URL']}/_local/health", timeout=SECONDS)["status"] == "ok")


def airflow(part: str, report: Mapping[str, Any]) -> bool:
    """Whether a part of Airflow is well by the API server's report; the API server is if its database is."""
    key = HEARTBEATS.get(part, "metadatabase")
    return bool((report.get(key) or {}).get("status") == "healthy")


def worker(broker: str) -> bool:
    """Whether this container holds a connection to the broker beside the one that asks. Raises OSError."""
    url = urlsplit(broker)
    with socket.create_connection((str(url.hostname), url.port or 6379), SECONDS) as asking:
        own = asking.getsockname()[0]
        return connections(_clients(asking, url.password or ""), own) > 1


def connections(clients: str, address: str) -> int:
    """How many of Redis's clients, one a line as CLIENT LIST tells them, are at an address."""
    return sum(f" addr={address}:" in line for line in clients.splitlines())


def _clients(connection: socket.socket, password: str) -> str:
    """Redis's list of its clients. Raises Failure where it gives none."""
    with connection.makefile("rwb") as stream:
        stream.write(f"AUTH {password}\r\nCLIENT LIST\r\n".encode())
        stream.flush()
        answers = stream.readline(), stream.readline()
        if answers[0] != b"+OK\r\n" or not answers[1].startswith(b"$"):
            raise Failure(f"Redis refuses to list its clients: {answers}")
        return stream.read(int(answers[1][1:])).decode()


def healthy(service: str) -> bool:
    """Whether the service of this container is well. Raises Failure or OSError where nobody answers."""
    checks: dict[str, Callable[[], bool]] = {
        "aws": aws,
        "worker": lambda: worker(Path(os.environ["SECRETS"], "broker_url").read_text()),
    }
    report = f"{os.environ.get('API_SERVER_URL', 'http://127.0.0.1:8080')}/api/v2/monitor/health"
    return checks.get(service, lambda: airflow(service, call("GET", report, timeout=SECONDS)))()


def main() -> int:
    """0 if it is well, else 1 and why."""
    try:
        return 0 if healthy(sys.argv[1]) else 1
    except (Failure, OSError, ValueError) as error:
        print(error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
