"""Several instances that train one model: XGBoost's own collective between those that have data."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from xgboost import collective
from xgboost.tracker import RabitTracker

log = logging.getLogger(__name__)

FIRST_PORT = 9099
NEXT_PORT = FIRST_PORT + 2
"""of a second collective: latecomers to the end of the first must not meet it"""
_SECONDS = 600.0
_GIVE_WAY_SECONDS = 20.0
# Sources of XGBoost that its errors name when another member is gone.
_OF_THE_COLLECTIVE = ("/collective/", "/rabit/")


@contextmanager
def member(hosts: list[str], host: str, port: int = FIRST_PORT) -> Iterator[bool]:
    """Take part in the collective of *hosts*, and know whether *host* is its first; alone there is none to join.

    Its tracker, on the first host, listens on *port*, and on the next one tells that it does.
    """
    hosts = sorted(hosts)
    if len(hosts) == 1:
        yield True
        return
    address = socket.gethostbyname(hosts[0])
    tracker = None
    with ExitStack() as stack:
        if host == hosts[0]:
            tracker = _start_tracker(address, len(hosts), port)
            stack.enter_context(socket.create_server((address, port + 1), backlog=len(hosts)))
        else:
            _wait_for(address, port + 1)
        # The names in capitals are those that all versions know.
        settings = {
            "DMLC_TRACKER_URI": address,
            "DMLC_TRACKER_PORT": port,
            "DMLC_TASK_ID": str(hosts.index(host)),
        }
        with _giving_way(), collective.CommunicatorContext(**settings):
            yield host == hosts[0]
    # Not after an error: who fails must not wait for those that wait for it.
    if tracker:
        tracker.join()


@contextmanager
def _giving_way() -> Iterator[None]:
    """Fail later than a member that has failed by itself: the job ends with the first failure, whose reason is told."""
    try:
        yield
    except Exception as error:
        if any(place in str(error) for place in _OF_THE_COLLECTIVE):
            time.sleep(_GIVE_WAY_SECONDS)
        raise


def hosts_with_data(hosts: list[str], host: str, has_data: bool, port: int = FIRST_PORT) -> list[str]:
    """The hosts that have data to train on: every one tells every other."""
    with member(hosts, host, port):
        if len(hosts) == 1:
            return [host] if has_data else []
        told = [_heard(rank, {"host": host, "has_data": has_data}) for rank in range(collective.get_world_size())]
    return sorted(one["host"] for one in told if one["has_data"])


def _heard(rank: int, own: dict[str, Any]) -> dict[str, Any]:
    """What the member of that rank says."""
    text = json.dumps(own) if collective.get_rank() == rank else ""
    return dict(json.loads(collective.broadcast(text, rank)))


def _start_tracker(address: str, workers: int, port: int) -> threading.Thread:
    """The tracker of the collective, which ends with it."""
    if hasattr(RabitTracker, "wait_for"):
        tracker = RabitTracker(n_workers=workers, host_ip=address, port=port, sortby="task")
        tracker.start()
        wait = tracker.wait_for
    else:  # XGBoost before 2.1
        tracker = RabitTracker(host_ip=address, n_workers=workers, port=port, sortby="task")
        tracker.start(workers)
        wait = tracker.join
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def _wait_for(address: str, port: int) -> None:
    """Until there is one who listens. A tracker itself takes whoever connects for a worker."""
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            socket.create_connection((address, port), timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
