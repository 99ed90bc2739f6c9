"""The local SageMaker with ten thousand jobs: how long a job that does nothing takes, and reads, beside moto's."""

from __future__ import annotations

import os
import random
import statistics
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import jobs, servers
from bench.client import Client
from bench.servers import ROOT
from deploy.environments.catalogue import MOTO, SAGEMAKER_LOCAL, TOOL
from deploy.environments.install import Installer
from deploy.progress import Progress

STORED, NOOPS, WARM_UP = 10_000, 50, 5
ROUNDS, PER_ROUND = 40, 25


@dataclass
class Read:
    """An operation, a request of it, and the milliseconds that answers took, by server."""

    title: str
    operation: str
    request: Callable[[random.Random], dict[str, Any]]
    took: dict[str, list[float]] = field(default_factory=dict)

    def measure(self, server: str, client: Client, chance: random.Random) -> None:
        """One call."""
        _, seconds = client.call(self.operation, self.request(chance))
        self.took.setdefault(server, []).append(seconds * 1000)


def reads() -> list[Read]:
    """What is read; every request but those of the first page names something at random."""

    def some_job(chance: random.Random) -> str:
        return jobs.name(chance.randrange(STORED))

    def found_by_name(chance: random.Random) -> dict[str, Any]:
        condition = {"Name": "TrainingJobName", "Operator": "Equals", "Value": some_job(chance)}
        return {"Resource": "TrainingJob", "SearchExpression": {"Filters": [condition]}}

    return [
        Read("Describe", "DescribeTrainingJob", lambda chance: {"TrainingJobName": some_job(chance)}),
        Read("List, a page of 10", "ListTrainingJobs", lambda _: {"MaxResults": 10}),
        Read("List, a page of 100", "ListTrainingJobs", lambda _: {"MaxResults": 100}),
        Read("List, by a part of the name", "ListTrainingJobs", lambda chance: {"NameContains": some_job(chance)[6:]}),
        Read("Search, by name", "Search", found_by_name),
    ]


def run(progress: Progress) -> None:
    """Measure and print. Raises Failure if a server does not start, or a job fails."""
    installer = Installer(ROOT, progress, os.environ)
    with installer.alone():
        for environment in (TOOL, SAGEMAKER_LOCAL, MOTO):
            installer.ensure(environment)
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        with progress.phase(f"Filling both servers with {STORED} training jobs"):
            # The slow one first: a connection that waits for long is closed.
            moto = stack.enter_context(servers.moto(folders[1], STORED))
            own = stack.enter_context(servers.sagemaker_local(folders[0], STORED))
        with progress.phase("Reading"):
            measured = reads()
            compare(measured, {"sagemaker-local": own, "moto": moto})
        with progress.phase("Running jobs"):
            took = [jobs.run(own, f"noop-{number}") * 1000 for number in range(WARM_UP + NOOPS)][WARM_UP:]
    print(f"\nWith {STORED} training jobs stored; milliseconds at the client, {ROUNDS * PER_ROUND} calls each")
    print_reads(measured)
    print_noops(took)


def compare(measured: list[Read], clients: dict[str, Client]) -> None:
    """Call the servers in turn, so that whatever else the machine does meets both."""
    chances = {server: random.Random(0) for server in clients}
    for number in range(ROUNDS + 1):
        for read in measured:
            for server, client in clients.items():
                for _ in range(PER_ROUND):
                    read.measure(server, client, chances[server])
        if number == 0:  # what is made at the first call is made
            for read in measured:
                read.took.clear()


def print_reads(measured: list[Read]) -> None:
    """A row for each operation."""
    print(f"{'':30}{'sagemaker-local':>20}{'moto':>20}{'moto takes':>16}")
    print(f"{'':30}" + f"{'median':>10}{'p99':>10}" * 2 + f"{'median':>8}{'p99':>8}")
    for read in measured:
        (median, tail), (other, others_tail) = (
            (statistics.median(read.took[server]), percentile(read.took[server], 99)) for server in read.took
        )
        row = f"{median:10.2f}{tail:10.2f}{other:10.2f}{others_tail:10.2f}"
        print(f"{read.title:30}{row}{other / median:7.1f}x{others_tail / tail:7.1f}x")


def print_noops(took: list[float]) -> None:
    """The jobs' times."""
    median, tail = statistics.median(took), percentile(took, 99)
    print(
        f"\nA training job that does nothing, {len(took)} one after the other, from Create to Completed:\n"
        f"median {median:.0f} ms, p99 {tail:.0f} ms, min {min(took):.0f} ms"
    )


def percentile(values: list[float], percent: int) -> float:
    """The value that *percent* of the values do not exceed (nearest rank)."""
    return sorted(values)[-(-len(values) * percent // 100) - 1]
