"""Endpoints of the local SageMaker: what they add to their containers' own latency, throughput and start."""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import jobs, servers
from bench.client import ACCOUNT, REGION, Client, Refused
from bench.local import percentile
from bench.servers import ROOT
from bench.traffic import Connection, per_second
from deploy.environments.catalogue import SAGEMAKER_LOCAL, TOOL
from deploy.environments.install import Installer
from deploy.errors import Failure
from deploy.progress import Progress

ROLE = f"arn:aws:iam::{ACCOUNT}:role/{jobs.ROLE}"
ECHO = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{servers.ECHO_NAME}:1"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
REQUESTS, WARM_UP = 2000, 200
CONNECTIONS, ROUNDS, ROUND_SECONDS = 4, 5, 2.0
STARTS = 5
LONGEST_SECONDS = 300.0


@dataclass(frozen=True)
class Subject:
    """A model, and an invocation of it."""

    title: str
    model: str
    content_type: str
    body: bytes
    works: bool = True
    """whether it does what a model does: of one that does nothing the way to it is most of the time"""


@dataclass(frozen=True)
class Start:
    """Seconds from CreateEndpoint to the first answer, and from the container's start to its first healthy ping."""

    total: float
    own: float


@dataclass(frozen=True)
class Added:
    """What an endpoint adds to its container's own."""

    milliseconds: float
    """at the median"""
    lost: float
    """of the throughput, 0 to 1"""
    start_seconds: float


def verdict(subject: Subject, added: Added) -> list[str]:
    """What was promised and does not hold."""
    promises = {
        "less than 1 ms at the median": added.milliseconds < 1,
        "less than a tenth of the throughput": added.lost < 0.1 or not subject.works,
        "less than 1 s from start to first answer": added.start_seconds < 1,
    }
    return [f"{promise} for {subject.title}" for promise, kept in promises.items() if not kept]


def run(progress: Progress) -> None:
    """Measure and print. Raises Failure if a server does not start, a model does not serve, or a promise is broken."""
    installer = Installer(ROOT, progress, os.environ)
    with installer.alone():
        for environment in (TOOL, SAGEMAKER_LOCAL):
            installer.ensure(environment)
    with progress.phase("Installing the managed XGBoost image"):
        servers.install_managed(XGBOOST.rpartition("/")[2])
    with tempfile.TemporaryDirectory() as folder, servers.serving(Path(folder)) as server:
        with progress.phase("Training a model with the built-in XGBoost"):
            subjects = [echo(server.client), xgboost(server.client)]
        broken = []
        for subject in subjects:
            with progress.phase(f"Invoking {subject.title}"):
                report, added = measure(server, subject)
            print(report, flush=True)
            broken += verdict(subject, added)
    if broken:
        raise Failure(f"an endpoint does not add {', nor '.join(broken)}")


def echo(client: Client) -> Subject:
    """The fastest container that Python has: it answers with what it got."""
    client.call("CreateModel", {"ModelName": "echo", "PrimaryContainer": {"Image": ECHO}, "ExecutionRoleArn": ROLE})
    return Subject("a container that does nothing", "echo", "text/csv", b"1,2,3", works=False)


def xgboost(client: Client) -> Subject:
    """A hundred trees of the managed image's algorithm, asked for one row."""
    chance = random.Random(0)
    rows = [[round(chance.random(), 6) for _ in range(9)] for _ in range(500)]
    content = "\n".join(",".join(map(str, row)) for row in rows).encode()
    client.send("PUT", f"/{jobs.BUCKET}/train/data.csv", "s3", content, {})
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{jobs.BUCKET}/train/"}}
    request = {
        **{key: jobs.request("xgboost")[key] for key in ("RoleArn", "OutputDataConfig", "ResourceConfig")},
        "TrainingJobName": "xgboost",
        "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
        "HyperParameters": {"num_round": "100", "objective": "reg:squarederror"},
        "InputDataConfig": [{"ChannelName": "train", "ContentType": "text/csv", "DataSource": source}],
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }
    client.call("CreateTrainingJob", request)
    described = until(lambda: _ended(client), "the end of the training")
    if described["TrainingJobStatus"] != "Completed":
        raise Failure(f"the training is {described['TrainingJobStatus']}: {described.get('FailureReason')}")
    container = {"Image": XGBOOST, "ModelDataUrl": described["ModelArtifacts"]["S3ModelArtifacts"]}
    client.call("CreateModel", {"ModelName": "xgboost", "PrimaryContainer": container, "ExecutionRoleArn": ROLE})
    return Subject("the managed XGBoost image", "xgboost", "text/csv", ",".join(map(str, rows[0][1:])).encode())


def _ended(client: Client) -> dict[str, Any] | None:
    described, _ = client.call("DescribeTrainingJob", {"TrainingJobName": "xgboost"})
    return None if described["TrainingJobStatus"] == "InProgress" else described


def until(probe: Callable[[], Any], what: str) -> Any:
    """The first true answer of *probe*. Raises Failure."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        answer = probe()
        if answer:
            return answer
        time.sleep(0.002)
    raise Failure(f"{what} did not come within {LONGEST_SECONDS:.0f} s")


def measure(server: servers.Serving, subject: Subject) -> tuple[str, Added]:
    """All that is measured of one model, to be printed, and what it comes to."""
    variant = {"VariantName": "v", "ModelName": subject.model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    config = {"EndpointConfigName": subject.model, "ProductionVariants": [variant]}
    server.client.call("CreateEndpointConfig", config)
    starts = [start(server, subject, f"{subject.model}-{number}") for number in range(STARTS)]
    name = f"{subject.model}-0"
    container = server.container(name)
    assert container is not None, "it was seen to start"
    places = {
        "container": (container.port, "/invocations"),
        "endpoint": (server.port, f"/endpoints/{name}/invocations"),
    }
    took = latencies(places, subject)
    rates, used = throughput(places, subject, {"endpoint": server.process, "container": container.process})
    added = added_by(took, rates, starts)
    return table(subject, took, rates, starts, added) + shares(used), added


def start(server: servers.Serving, subject: Subject, name: str) -> Start:
    """Create an endpoint and wait for its first answer."""
    begin = time.time()
    server.client.call("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": subject.model})
    container = until(lambda: server.container(name), f"the container of {name}")
    until(lambda: server.is_healthy(container.port), f"a healthy container of {name}")
    healthy = time.time()
    path = f"/endpoints/{name}/invocations"
    until(lambda: _answers(server, path, subject), f"an answer of {name}")
    return Start(time.time() - begin, healthy - container.started)


def _answers(server: servers.Serving, path: str, subject: Subject) -> bool:
    try:
        server.client.send("POST", path, "sagemaker", subject.body, {"Content-Type": subject.content_type})
    except Refused:
        return False
    return True


def latencies(places: dict[str, tuple[int, str]], subject: Subject) -> dict[str, list[float]]:
    """Milliseconds by place, asked in turn, so that whatever else the machine does meets both."""
    connections = {place: _connection(*where, subject) for place, where in places.items()}
    took: dict[str, list[float]] = {place: [] for place in places}
    for number in range(WARM_UP + REQUESTS):
        for place, connection in connections.items():
            seconds = connection.ask()
            if number >= WARM_UP:
                took[place].append(seconds * 1000)
    for connection in connections.values():
        connection.close()
    return took


def _connection(port: int, path: str, subject: Subject) -> Connection:
    return Connection(port, path, subject.content_type, subject.body)


def throughput(
    places: dict[str, tuple[int, str]], subject: Subject, processes: dict[str, int]
) -> tuple[dict[str, float], dict[str, float]]:
    """Requests a second by place, the median of rounds that take turns; and the microseconds of a processor that each
    of *processes* takes for a request to the endpoint."""
    rates: dict[str, list[float]] = {place: [] for place in places}
    used, asked = dict.fromkeys(processes, 0.0), 0.0
    for _ in range(ROUNDS):
        for place, where in places.items():
            before = {name: servers.processor_seconds(process) for name, process in processes.items()}
            rates[place].append(_rate(where, subject))
            if place == "endpoint":
                asked += rates[place][-1] * ROUND_SECONDS
                for name, process in processes.items():
                    used[name] += servers.processor_seconds(process) - before[name]
    medians = {place: statistics.median(values) for place, values in rates.items()}
    return medians, {name: seconds / asked * 1e6 for name, seconds in used.items()}


def _rate(where: tuple[int, str], subject: Subject) -> float:
    connections = [_connection(*where, subject) for _ in range(CONNECTIONS)]
    try:
        return per_second(connections, ROUND_SECONDS)
    finally:
        for connection in connections:
            connection.close()


def shares(used: dict[str, float]) -> str:
    """What a request costs whom, and who shares the machine."""
    return (
        f"\nof a processor a request takes {used['endpoint']:.0f} us in the server and {used['container']:.0f} us in "
        f"the container; these two and the load generator are a process each, on {os.cpu_count()} cores together"
    )


def added_by(took: dict[str, list[float]], rates: dict[str, float], starts: list[Start]) -> Added:
    """What the endpoint adds, by what was measured of it and of the container itself."""
    return Added(
        statistics.median(took["endpoint"]) - statistics.median(took["container"]),
        1 - rates["endpoint"] / rates["container"],
        statistics.median(each.total - each.own for each in starts),
    )


def table(
    subject: Subject, took: dict[str, list[float]], rates: dict[str, float], starts: list[Start], added: Added
) -> str:
    """What was measured, and what the endpoint adds or takes."""
    lines = [f"\n{subject.title}: {REQUESTS} requests one by one, then {CONNECTIONS} connections at a time"]
    lines.append(f"{'':12}{'median ms':>12}{'p99 ms':>12}{'requests/s':>12}")
    for place, values in took.items():
        median, tail = statistics.median(values), percentile(values, 99)
        lines.append(f"{place:12}{median:12.3f}{tail:12.3f}{rates[place]:12.0f}")
    own = statistics.median(each.own for each in starts)
    lines.append(
        f"the endpoint adds {added.milliseconds:.3f} ms at the median and takes {100 * added.lost:.0f} % of the "
        "throughput"
    )
    lines.append(
        f"from CreateEndpoint to the first answer: the container's own {own:.2f} s and {added.start_seconds:.2f} s "
        "beyond it"
    )
    return "\n".join(lines)
