"""Waiting for the stack: until every service is healthy, or one of them has died."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.errors import Failure
from deploy.local import services
from deploy.local.http import HttpError, call
from deploy.local.settings import Settings
from deploy.local.state import State

# On two loaded cores Airflow takes two minutes and more to come up.
TIMEOUT_SECONDS = 600.0
ANSWER_SECONDS = 10.0
POLL_SECONDS = 0.25
TAIL_LINES = 30
# What /monitor/health calls the services that report a heartbeat.
HEARTBEATS = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}


def wait(settings: Settings, state: State, names: Iterable[str], say: Callable[[str], None]) -> None:
    """Return once all of `names` are healthy. Raises Failure if any service dies first, or time runs out."""
    waiting = set(names)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while waiting:
        require_alive(settings, state)
        for name in sorted(waiting & healthy(settings, state)):
            say(f"{name} is healthy")
            waiting.discard(name)
        if time.monotonic() > deadline:
            late = ", ".join(sorted(waiting))
            raise Failure(f"not healthy after {TIMEOUT_SECONDS:.0f} s: {late}. Logs: {settings.logs}")
        time.sleep(POLL_SECONDS)


def healthy(settings: Settings, state: State) -> set[str]:
    """The services of the stack that say so of themselves."""
    aws = _ask(f"{settings.aws_url}/_local/health")
    found = {services.AWS} if state.alive(services.AWS) and aws.get("status") == "ok" else set()
    if state.alive(services.API_SERVER):
        found |= _healthy_airflow(_ask(f"{settings.airflow_url}/api/v2/monitor/health"), state)
    return found


def _healthy_airflow(report: dict[str, Any], state: State) -> set[str]:
    if report.get("metadatabase", {}).get("status") != "healthy":
        return set()
    return {services.API_SERVER} | {
        name for name, key in HEARTBEATS.items() if state.alive(name) and _beats(report.get(key), key, state, name)
    }


def _beats(part: dict[str, Any] | None, key: str, state: State, name: str) -> bool:
    """Whether it is healthy by its own heartbeat: the database still holds those of a service that died."""
    beat = (part or {}).get(f"latest_{key}_heartbeat")
    if not part or part["status"] != "healthy" or not beat:
        return False
    return datetime.fromisoformat(beat).timestamp() >= state.services[name].at


def _ask(url: str) -> dict[str, Any]:
    try:
        answer = call("GET", url, timeout=ANSWER_SECONDS)
    except (OSError, HttpError, ValueError):
        return {}  # Nobody there yet, or not ready to answer.
    return answer if isinstance(answer, dict) else {}


def require_alive(settings: Settings, state: State) -> None:
    """Raise Failure if a service that was started does not run any more, with the end of its log."""
    for name in state.services:
        if not state.alive(name):
            log = services.log_of(settings, name)
            raise Failure(f"{name} has died. The end of its log, {log}:\n{tail(log)}")


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log file, indented."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
