"""The server of models beside the stack of AWS's samples (gunicorn, Flask, pandas) and MLflow's server.

All serve one model, of abalone with the parameters of AWS's example, on two workers. The classic stack gets ready-made
features, while the server here gets raw rows. It runs behind nginx if the machine has one; no package index of Python's
has it, and where it is missing `NGINX` makes up for that. The load takes its share of the same machine, which costs the
fastest server the most.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.preparing import measure
from bench.servers import ROOT, environ, free_port
from deploy.environments.catalogue import RIVALS, TOOL
from deploy.environments.install import Installer
from deploy.errors import Failure
from deploy.progress import Progress

CONNECTIONS, ROUNDS, SECONDS, WARM_UP = 16, 3, 3.0, 2.0
STARTS = 3
START_SECONDS = 120.0
SIZES = (1, 1000)
PARAMETERS = {"num_round": 50, "max_depth": 5, "eta": 0.2, "gamma": 4, "min_child_weight": 6, "subsample": 0.7}
NGINX = 1.2
"""How many times as fast gunicorn's sync workers are behind nginx, which keeps connections and buffers answers: with
nginx 1.22 it was 614 requests of one row a second against 553, and 361 of 1000 rows against 301."""
DRIFT = {"DRIFT_BASELINE": json.dumps({"edges": list(range(6, 15)), "counts": [100] * 10}), "DRIFT_MODEL": "bench"}
"""As in production, the server also tells of the drift of its predictions."""
FASTER, FASTER_AT_1000, P99_MS, START, MEGABYTES = 25, 4, 5.0, 1.0, 130.0
OWN, CLASSIC, MLFLOW = "this server", "classic", "MLflow"


@dataclass(frozen=True)
class Round:
    """Requests a second, milliseconds at the median and at the 99th percentile, and microseconds of processors."""

    rate: float
    p50: float
    p99: float
    cpu: float

    @classmethod
    def middle(cls, rounds: Sequence[Round]) -> Round:
        """The median of each."""
        return cls(*(statistics.median(getattr(each, name) for each in rounds) for name in cls.__dataclass_fields__))


@dataclass(frozen=True)
class Subject:
    """A server: how to start it, given a port; what it is asked, by number of rows; and what was found."""

    name: str
    command: Sequence[str]
    variables: Mapping[str, str]
    bodies: Mapping[int, Path]
    rounds: dict[int, Round] = field(default_factory=dict)
    measured: dict[str, float] = field(default_factory=dict)


def run(progress: Progress) -> None:
    """Measure and print. Raises Failure if a server does not start, or a promise is broken."""
    installer = Installer(ROOT, progress, os.environ)
    with installer.alone():
        installer.ensure(TOOL)
        installer.ensure(RIVALS)
        images = installer.images()
    with tempfile.TemporaryDirectory() as name:
        with progress.phase("Training a model"):
            nginx = shutil.which("nginx")
            subjects = _subjects(Path(name), images, nginx)
        with progress.phase("Starting each server anew"):
            for subject in subjects:
                _starts(subject, Path(name))
        with progress.phase("Asking them in turn"):
            _ask(subjects, images["inference"], Path(name))
    print(table(subjects))
    print(f"\nThe classic stack ran {'behind' if nginx else 'without'} nginx.")
    if broken := verdict(subjects[0], subjects[1], 1.0 if nginx else NGINX):
        raise Failure(f"not {', not '.join(broken)}")


def _subjects(folder: Path, images: Mapping[str, Path], nginx: str | None) -> list[Subject]:
    python, data = str(images["training"] / "bin" / "python"), ROOT / "include" / "data" / "abalone.csv"
    model, parts = folder / "opt" / "model", folder / "parts"
    step = [python, "-m", "abalone"]
    scripts = {"PYTHONPATH": str(ROOT / "include" / "scripts")}
    measure([*step, "preprocess", "--data", str(data), "--output", str(parts)], folder, **scripts)
    options = [text for part in ("train", "validation", "preprocessing") for text in (f"--{part}", str(parts / part))]
    options += [text for name, value in PARAMETERS.items() for text in ("--set", f"{name}={value}")]
    measure([*step, "train", "--model", str(model), *options], folder, **scripts)
    rivals = ROOT / ".venv" / RIVALS.name / "bin"
    save = [str(rivals / "python"), str(ROOT / "bench" / "rivals" / "mlflow_model.py")]
    measure([*save, str(model / "model.ubj"), str(folder / "mlflow")], folder)
    bodies = _bodies(data, model, folder)
    classic = [str(ROOT / "bench" / "rivals" / "classic_serve.py"), "{port}", str(folder), *([nginx] if nginx else [])]
    serve = ["-m", "mlflow", "models", "serve", "--env-manager", "local", "-m", str(folder / "mlflow"), "-w", "2"]
    own = {"SAGEMAKER_BASE_DIR": str(folder / "opt"), "SAGEMAKER_MODEL_SERVER_WORKERS": "2", **DRIFT}
    paths = {"PATH": f"{images['inference'] / 'bin'}:{os.environ['PATH']}"}
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    rival = {"PATH": f"{rivals}:{os.environ['PATH']}", "MODEL": str(model / "model.ubj"), **single}
    image = ROOT / "include" / "containers" / "inference"
    return [
        Subject(
            OWN, [str(image / "bin" / "serve")], {**paths, **own, "SAGEMAKER_BIND_TO_PORT": "{port}"}, bodies["raw"]
        ),
        Subject(CLASSIC, [str(rivals / "python"), *classic], rival, bodies["ready"]),
        Subject(
            MLFLOW, [str(rivals / "python"), *serve, "-h", "127.0.0.1", "-p", "{port}"], rival, bodies["ready, header"]
        ),
    ]


def _bodies(data: Path, model: Path, folder: Path) -> dict[str, dict[int, Path]]:
    """The first rows of the data: raw; as features; the same below their names."""
    columns = json.loads((model / "preprocessing.json").read_text())["columns"]
    with data.open(newline="") as stream:
        rows = [row for row, _ in zip(csv.DictReader(stream), range(max(SIZES)), strict=False)]
    raw = [",".join(row[column["name"]] for column in columns) for row in rows]
    ready = [",".join(cell for column in columns for cell in _features(column, row)) for row in rows]
    header = ",".join(
        name
        for column in columns
        for name in ([f"{column['name']}={value}" for value in column.get("values", ())] or [column["name"]])
    )
    kinds = {"raw": ([], raw), "ready": ([], ready), "ready, header": ([header], ready)}
    found: dict[str, dict[int, Path]] = {kind: {} for kind in kinds}
    for kind, (above, lines) in kinds.items():
        for size in SIZES:
            found[kind][size] = folder / f"{kind}-{size}.csv"
            found[kind][size].write_text("\n".join([*above, *lines[:size]]))
    return found


def _features(column: Mapping[str, object], row: Mapping[str, str]) -> list[str]:
    cell = row[str(column["name"])]
    values = column.get("values")
    return [str(int(cell == value)) for value in values] if isinstance(values, list) else [cell]


@contextmanager
def _running(subject: Subject, folder: Path) -> Iterator[tuple[int, int]]:
    """The port and the process of a server that answers its ping."""
    port = free_port()
    command = [part.replace("{port}", str(port)) for part in subject.command]
    variables = {name: value.replace("{port}", str(port)) for name, value in subject.variables.items()}
    log = folder / f"{subject.name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env={**environ(folder), **variables}, stdout=output, stderr=output, start_new_session=True
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failure(f"{subject.name} does not answer:\n{log.read_text()}")
            time.sleep(0.005)
        yield port, process.pid
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):  # MLflow's server leaves its workers behind
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            process.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _starts(subject: Subject, folder: Path) -> None:
    """Seconds from the start of the process to its first healthy ping."""
    seconds = []
    for _ in range(STARTS):
        begin = time.monotonic()
        with _running(subject, folder):
            seconds.append(time.monotonic() - begin)
    subject.measured["start"] = statistics.median(seconds)


def _ask(subjects: Sequence[Subject], image: Path, folder: Path) -> None:
    """Rounds take turns, so that what else the machine does strikes all alike."""
    with ExitStack() as stack:
        servers = [(subject, *stack.enter_context(_running(subject, folder))) for subject in subjects]
        rounds: dict[tuple[str, int], list[Round]] = {}
        for size in SIZES:
            for number in range(ROUNDS + 1):
                for subject, port, pid in servers:
                    found = _round(subject, port, pid, size, image, SECONDS if number else WARM_UP)
                    if number:
                        rounds.setdefault((subject.name, size), []).append(found)
        for subject, _, pid in servers:
            subject.measured["megabytes"] = sum(map(_pss, _tree(pid)))
            subject.rounds.update({size: Round.middle(rounds[subject.name, size]) for size in SIZES})


def _round(subject: Subject, port: int, pid: int, size: int, image: Path, seconds: float) -> Round:
    before = sum(map(_processor_seconds, _tree(pid)))
    load = [str(image / "bin" / "python"), str(ROOT / "bench" / "load.py")]
    asked = [*load, str(port), "text/csv", str(subject.bodies[size]), str(CONNECTIONS), str(seconds)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout:
        raise Failure(f"the load of {size} rows on {subject.name} failed:\n{done.stderr}")
    took = json.loads(done.stdout)["seconds"]
    if not took:
        raise Failure(f"{subject.name} answered no request of {size} rows within {seconds:g} s")
    cpu = (sum(map(_processor_seconds, _tree(pid))) - before) / len(took)
    return Round(len(took) / seconds, took[len(took) // 2] * 1e3, took[int(len(took) * 0.99)] * 1e3, cpu * 1e6)


def _tree(pid: int) -> list[int]:
    """The process and those below it. Linux only."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _tree(int(child)))]


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pss(pid: int) -> float:
    """Megabytes of memory, what is shared being shared out among those that share it."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def table(subjects: Sequence[Subject]) -> str:
    """What was measured."""
    lines = []
    for size in SIZES:
        lines.append(f"\n{size} row{'s' if size > 1 else ''}, {CONNECTIONS} connections")
        lines.append(f"{'':14}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'CPU µs/request':>16}")
        for subject in subjects:
            found = subject.rounds[size]
            lines.append(f"{subject.name:14}{found.rate:12.0f}{found.p50:10.2f}{found.p99:10.2f}{found.cpu:16.0f}")
    lines.append(f"\n{'':14}{'cold start s':>12}{'PSS MB':>10}")
    lines += [f"{each.name:14}{each.measured['start']:12.2f}{each.measured['megabytes']:10.0f}" for each in subjects]
    return "\n".join(lines)


def verdict(own: Subject, classic: Subject, allowance: float) -> list[str]:
    """What was promised and does not hold, if the classic stack were ``allowance`` times as fast as it was."""
    one, thousand = SIZES
    promises = {
        f"{FASTER} times the classic stack's requests of one row": own.rounds[one].rate
        >= FASTER * allowance * classic.rounds[one].rate,
        f"a {FASTER}th of its processor time": own.rounds[one].cpu * FASTER * allowance <= classic.rounds[one].cpu,
        f"{FASTER_AT_1000} times its requests of {thousand} rows": own.rounds[thousand].rate
        >= FASTER_AT_1000 * allowance * classic.rounds[thousand].rate,
        f"a p99 under {P99_MS:g} ms": own.rounds[one].p99 < P99_MS,
        f"a start in {START:g} s": own.measured["start"] < START,
        f"under {MEGABYTES:g} MB": own.measured["megabytes"] < MEGABYTES,
    }
    return [promise for promise, kept in promises.items() if not kept]
