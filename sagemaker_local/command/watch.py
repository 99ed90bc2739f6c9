"""``status`` and ``logs``: how the server is, and what it says."""

from __future__ import annotations

import argparse
import json
import time
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

from sagemaker_local import clock, state
from sagemaker_local.config import HEALTH_PATH
from sagemaker_local.errors import CannotGoOn
from sagemaker_local.state import Announcement

NOT_RUNNING = 3
"""``status``: what service managers expect of a program that is not running (LSB)"""
_ANSWER_SECONDS = 10.0
_FOLLOW_SECONDS = 0.2
_CHUNK_BYTES = 1 << 16
# A proxy of the user's has no way to this machine's loopback.
_HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def status(arguments: argparse.Namespace) -> int:
    """Print where the server is and how; 0 if it answers, 3 if none runs, 1 if it is starting or hangs."""
    running = state.holder(arguments.state_dir)
    if running is None:
        print(f"not running (state: {arguments.state_dir})")
        return NOT_RUNNING
    if running.announcement is None:
        raise CannotGoOn(f"process {running.pid} is starting: see `sagemaker-local logs` should it take long")
    print(f"running at {running.announcement.endpoint}")
    for name, text in _facts(running.pid, running.announcement, arguments.state_dir).items():
        print(f"  {name:9} {text}")
    return 0


def _facts(pid: int, server: Announcement, folder: Path) -> dict[str, str]:
    health = _ask(f"{server.endpoint}{HEALTH_PATH}", pid)
    return {
        "process": f"{pid}, up {timedelta(seconds=round(clock.now() - server.started))}",
        "state": str(folder),
        "isolation": f"of jobs: {health['isolation']}",
        "images": ", ".join(health["images"]) or "none",
        "options": " ".join(f"{name} {value}" for name, value in server.options.items()),
    }


def _ask(url: str, pid: int) -> dict[str, Any]:
    try:
        with _HTTP.open(url, timeout=_ANSWER_SECONDS) as answer:
            return dict(json.load(answer))
    except (OSError, ValueError) as error:
        raise CannotGoOn(f"process {pid} does not answer at {url} ({error}): see `sagemaker-local logs`") from error


def logs(arguments: argparse.Namespace) -> int:
    """Print the log of servers in the background; with ``--follow`` also what comes, until Ctrl+C."""
    log = arguments.state_dir / state.LOG
    if not log.exists():
        raise CannotGoOn(f"there is no log {log}: no server has run there in the background")
    with log.open(encoding="utf-8", errors="replace") as file:
        while True:
            text = file.read(_CHUNK_BYTES)
            print(text, end="", flush=True)
            if not text and not arguments.follow:
                return 0
            if not text:
                time.sleep(_FOLLOW_SECONDS)
