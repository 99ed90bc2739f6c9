"""Whether Airflow has taken over what was deployed, by its own word."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from deploy.errors import Failure
from deploy.release.mwaa import Environment

PAGE = 100
POLL_SECONDS = 15.0
# MWAA copies files every 30 s, and Airflow looks for new ones every 300 s.
COPIED_WITHIN = datetime.timedelta(seconds=60)
LIMIT_SECONDS = 900.0


def verify(
    environment: Environment,
    dags: Sequence[str],
    written: datetime.datetime,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until Airflow has read every DAG anew after its files were `written`, and can import every file.

    Raises Failure with what is still wrong after a quarter of an hour.
    """
    waited = 0.0
    while problems := list(_problems(environment, dags, written + COPIED_WITHIN)):
        if waited >= LIMIT_SECONDS:
            raise Failure("\n".join([f"Airflow does not run what was deployed to {environment.name}:", *problems]))
        sleep(POLL_SECONDS)
        waited += POLL_SECONDS


def _problems(environment: Environment, dags: Sequence[str], since: datetime.datetime) -> Iterator[str]:
    for error in _all(environment, "/importErrors", "import_errors"):
        yield f"- {error['filename']} cannot be imported:\n{error['stack_trace'].strip()}"
    found = {dag["dag_id"]: dag for dag in _all(environment, "/dags", "dags")}
    for dag_id in sorted(dags):
        if dag_id not in found:
            yield f"- the DAG {dag_id} is not there"
        elif not _read_since(found[dag_id]["last_parsed_time"], since):
            yield f"- the DAG {dag_id} was last read at {found[dag_id]['last_parsed_time']}, before its files were new"


def _read_since(time_read: str | None, since: datetime.datetime) -> bool:
    return time_read is not None and datetime.datetime.fromisoformat(time_read) >= since


def _all(environment: Environment, path: str, name: str) -> Iterator[Any]:
    offset = 0
    while True:
        page = environment.api("GET", path, {"limit": PAGE, "offset": offset})
        yield from page[name]
        offset += PAGE
        if offset >= page["total_entries"]:
            return
