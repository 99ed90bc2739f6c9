"""Fifty jobs at once: all end, at most as many run at a time as configured, and nothing of them is left."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.load.jobs import described, status_of
from tests.support.load.residue import Usage, left_processes, usage
from tests.support.local_aws import TERMINAL, LocalAws, processing_request, training_request, unique
from tests.support.polling import eventually

JOBS, AT_ONCE = 50, 4
# Each says when it began and ended: only so is it known what ran at the same time.
SCRIPT = "import sys, time; print(time.time()); time.sleep(0.2); print(time.time(), flush=True); sys.exit({code})"
# ministack's pool for requests, the jobs' own, and a few for the server: they are made as they are needed, and kept.
MOST_THREADS = 64 + AT_ONCE + 8
# What is kept, connections of clients and threads, is made as it is needed: after so many rounds no more of it is.
ROUNDS = 8
# The least of many looks: connections and threads of requests come and go.
LOOKS, BETWEEN_LOOKS = 30, 0.2

pytestmark = [pytest.mark.soak, pytest.mark.local_only, pytest.mark.timeout(1200)]


@pytest.fixture
def server(tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    """A server with a temporary folder of its own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    one = LocalAws(tmp_path / "data", environments, "--stop-grace", "1", "--max-jobs", str(AT_ONCE))
    one.start().prepare()
    yield one
    one.terminate()


def create(server: LocalAws, number: int) -> str:
    """A job: training or processing in turn, every fifth fails."""
    argv = ["python3", "-c", SCRIPT.format(code=int(number % 5 == 0))]
    if number % 2:
        name = unique(f"training-{number}")
        server.sagemaker.create_training_job(**training_request(name, "", algorithm={"ContainerEntrypoint": argv}))
    else:
        name = unique(f"processing-{number}")
        request = processing_request(name, "")
        request["AppSpecification"]["ContainerEntrypoint"] = argv
        server.sagemaker.create_processing_job(**request)
    return name


def run(server: LocalAws) -> Counter[str]:
    """Create all jobs at once and wait until they have ended; returns how."""
    with ThreadPoolExecutor(JOBS) as pool:
        names = list(pool.map(lambda number: create(server, number), range(JOBS)))
    ended: Counter[str] = Counter()
    for name in names:
        status = eventually(lambda name=name: ended_as(server, name), f"the end of {name}", 300)
        ended[status] += 1
    assert most_at_a_time(spans(server, names)) <= AT_ONCE
    return ended


def ended_as(server: LocalAws, name: str) -> str | None:
    status = status_of(name, described(server, name) or {})
    return status if status in TERMINAL else None


def spans(server: LocalAws, names: list[str]) -> list[tuple[float, float]]:
    """When each job's program began and ended, by its own log."""
    found = []
    for name in names:
        kind = "TrainingJobs" if name.startswith("training") else "ProcessingJobs"
        begin, end = map(float, server.log_lines(kind, name))
        found.append((begin, end))
    return found


def most_at_a_time(spans: list[tuple[float, float]]) -> int:
    """How many of the spans overlap, where most do."""
    steps = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    return max(itertools.accumulate(step for _, step in steps))


def least_usage(server: LocalAws) -> Usage:
    looks = []
    for _ in range(LOOKS):
        time.sleep(BETWEEN_LOOKS)
        looks.append(usage(server.pid))
    return Usage(*map(min, zip(*(vars(look).values() for look in looks), strict=True)))


def test_fifty_jobs_at_once_end_and_leave_nothing(server: LocalAws) -> None:
    kept: list[Usage] = []
    while len(kept) < 2 or kept[-1].descriptors > kept[-2].descriptors:
        assert len(kept) < ROUNDS, kept
        ended = run(server)
        kept.append(least_usage(server))
        print(f"\n{JOBS} jobs, {AT_ONCE} at a time: {dict(ended)}, then {kept[-1]}")
        assert ended == {"Completed": JOBS * 4 // 5, "Failed": JOBS // 5}
    assert kept[-1].threads <= MOST_THREADS
    assert kept[-1].children == 0
    assert left_processes(str(server.data_dir / "jobs")) == []
    assert os.listdir(server.data_dir / "jobs") == []
    assert os.listdir(os.environ["TMPDIR"]) == []


def test_what_overlaps_is_counted() -> None:
    assert most_at_a_time([(0, 2), (1, 3), (2.5, 4), (1.5, 1.6)]) == 3
