"""The process executor: runs one job's program through the launcher, isolated as far as the system allows."""

from __future__ import annotations

import json
import logging
import os
import pwd
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sagemaker_local.execution import overlay
from sagemaker_local.execution.images import Image
from sagemaker_local.execution.metrics import MetricSource
from sagemaker_local.execution.network import SYSTEM_PATH, Network, launch, private_network
from sagemaker_local.execution.usage import Usage

log = logging.getLogger(__name__)

NAMESPACES, NO_ISOLATION = "namespaces", "none"
OPT_ML = "/opt/ml"
# CloudWatch Logs takes no longer event: a longer line becomes several.
_LINE_BYTES = 256 * 1024 - 26
# How long to read on after the end for what a left-behind process, holding the pipe open, might still print.
_DRAIN_SECONDS = 5


@dataclass(frozen=True)
class Program:
    """What to run in the image, as the job's request says."""

    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    network_isolation: bool = False
    mounts: dict[str, Path] = field(default_factory=dict)
    """folders of this machine that it sees, read-only, at paths below /opt/ml"""
    measured_as: MetricSource | None = None
    """whose metrics tell what it uses of the machine"""


@dataclass(frozen=True)
class Sandbox:
    """One instance of a job: its folders on this machine, and its name; ``opt_ml`` is what it sees as /opt/ml."""

    root: Path
    host: str

    @property
    def opt_ml(self) -> Path:
        return self.root / "opt_ml"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    @property
    def hosts_file(self) -> Path:
        """What the instance sees as /etc/hosts."""
        return self.root / "hosts"

    def create(self) -> None:
        """Make the folders."""
        self.opt_ml.mkdir(parents=True)
        self.tmp.mkdir()


class Running:
    """A started job; its output goes line by line to the function it was started with."""

    def __init__(self, process: subprocess.Popen[bytes], on_line: Callable[[str], None]) -> None:
        self._process = process
        self._lock = threading.Lock()
        self._pump = threading.Thread(target=self._read, args=(on_line,), daemon=True)
        self._pump.start()

    @property
    def pid(self) -> int:
        """The process that everything of the job comes from."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it has been seen to end."""
        return self._process.returncode is not None

    def wait(self) -> int:
        """The exit status, once the job has ended and its output is read."""
        code = self._process.wait()
        self._pump.join(_DRAIN_SECONDS)
        with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.close()
        return code

    def stop(self, grace_seconds: float) -> None:
        """SIGTERM now, SIGKILL after *grace_seconds*; returns at once."""
        self._tell(f"STOP {grace_seconds}\n")

    def kill(self) -> None:
        """SIGKILL now, with everything that the job started."""
        self._tell("KILL\n")

    def end(self) -> None:
        """Kill it, if it still runs, and wait until it is gone."""
        self.kill()
        self.wait()

    def _tell(self, line: str) -> None:
        with self._lock:
            stdin = self._process.stdin
            assert stdin is not None
            if stdin.closed:
                return  # it has ended
            try:
                # Past the buffer: what it would keep of a line that nobody reads, it would fail on again at its close.
                os.write(stdin.fileno(), line.encode())
            except BrokenPipeError:
                log.debug("process %s ended before it was told %s", self._process.pid, line.strip())

    def _read(self, on_line: Callable[[str], None]) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in iter(lambda: output.readline(_LINE_BYTES), b""):
                on_line(line.decode(errors="replace").rstrip("\r\n"))


class ProcessExecutor:
    """Starts programs as processes of this machine.

    ``isolation`` is ``namespaces`` where the kernel grants them to this user (a private mount tree with the job's own
    /opt/ml and /tmp, PID, IPC and, where asked for, network namespaces), else ``none``: then paths below /opt/ml in
    the program's arguments and environment are rewritten to the job's folder and ``SAGEMAKER_BASE_DIR`` names it.
    """

    def __init__(self, isolation: str, hidden: list[Path]) -> None:
        self._hidden = hidden
        self.usage = Usage()
        self.isolation = NAMESPACES if isolation == "auto" and _namespaces_work() else NO_ISOLATION

    @property
    def isolated(self) -> bool:
        """Whether jobs run in namespaces of their own."""
        return self.isolation == NAMESPACES

    @contextmanager
    def network(self, program: Program) -> Iterator[Network | None]:
        """What the instances of *program* share: the host's network (``None``), or one of theirs alone."""
        if not program.network_isolation:
            yield None
            return
        with private_network() as network:
            yield network

    def start(
        self,
        image: Image,
        program: Program,
        sandbox: Sandbox,
        on_line: Callable[[str], None],
        network: Network | None = None,
    ) -> Running:
        """Start *program* in *image*; *on_line* is called from another thread with every line of its output."""
        base = str(sandbox.opt_ml)
        isolated = self.isolated

        def place(text: str) -> str:
            return text if isolated else text.replace(OPT_ML, base)

        tmp = "/tmp" if isolated else str(sandbox.tmp)
        path = f"{image.programs}:{image.bin}:{SYSTEM_PATH}"
        if image.managed:
            overlay.lay(image, sandbox.tmp / overlay.FOLDER)
            path = f"{tmp}/{overlay.FOLDER}/bin:{path}"
        environment = {
            "PATH": path,
            "HOME": tmp,
            "TMPDIR": tmp,
            "LANG": "C.UTF-8",
            # Without it a Python program's output would reach the log only at its end.
            "PYTHONUNBUFFERED": "1",
            # The image is read-only where namespaces work, and shared where they do not.
            "PYTHONDONTWRITEBYTECODE": "1",
            **{name: place(value) for name, value in {**image.variables, **program.environment}.items()},
        }
        if not isolated:
            environment.setdefault("SAGEMAKER_BASE_DIR", base)
            for target, source in program.mounts.items():
                Path(place(target)).symlink_to(source, target_is_directory=True)
        spec = {
            "isolation": self.isolation,
            "network": network and network.holder,
            "argv": [place(argument) for argument in program.argv],
            "environment": environment,
            "cwd": "/" if isolated else str(sandbox.opt_ml),
            "opt_ml": base,
            "tmp": str(sandbox.tmp),
            "host": sandbox.host,
            "hosts_file": str(sandbox.hosts_file),
            "hidden": _outermost(self._hidden),
            "visible": _visible(image),
            "mounts": [{"source": str(source), "target": target} for target, source in program.mounts.items()],
        }
        spec_file = sandbox.root / "spec.json"
        spec_file.write_text(json.dumps(spec))
        running = Running(launch(str(spec_file), descriptors=[]), on_line)
        if program.measured_as is not None:
            self.usage.watch(program.measured_as, running.pid, sandbox.root, lambda: running.ended)
        return running


def _outermost(folders: list[Path]) -> list[str]:
    """*folders* without those inside another of them, and without the root: that one cannot be hidden."""
    resolved = sorted({folder.resolve() for folder in folders} - {Path("/")})
    return [str(path) for path in resolved if not any(other in path.parents for other in resolved)]


def _visible(image: Image) -> list[str]:
    """What the image's programs need, wherever it lies: its environment, its folder and its interpreter."""
    interpreter = (image.bin / "python").resolve()
    needed = [image.environment.resolve(), image.folder.resolve(), interpreter.parent.parent]
    return [str(path) for path in (*needed, *([overlay.TOOLKIT] if image.managed else []))]


def _namespaces_work() -> bool:
    """Try it: some systems forbid unprivileged namespaces (AppArmor, Docker's default seccomp profile)."""
    try:
        with private_network() as network:
            code, output = _probe(network)
    except OSError as error:
        code, output = 1, [str(error)]
    if code != 0:
        log.warning("jobs run without namespaces: %s", " ".join(output))
    return code == 0


def _probe(network: Network) -> tuple[int, list[str]]:
    """How a program that does nothing ends in namespaces, and what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder) / "probe", "probe")
        sandbox.create()
        sandbox.hosts_file.touch()
        spec = {
            "isolation": NAMESPACES, "network": network.holder, "argv": ["/bin/true"], "environment": {},
            "cwd": "/", "opt_ml": str(sandbox.opt_ml), "tmp": str(sandbox.tmp), "hidden": [], "visible": [],
            "host": sandbox.host, "hosts_file": str(sandbox.hosts_file), "mounts": [],
        }  # fmt: skip
        spec_file = sandbox.root / "spec.json"
        spec_file.write_text(json.dumps(spec))
        output: list[str] = []
        return Running(launch(str(spec_file), descriptors=[]), output.append).wait(), output


def hidden_folders(state: list[Path]) -> list[Path]:
    """What a job must not see: the state of the server and of what uses it, and the user's home."""
    homes = {os.path.expanduser("~"), pwd.getpwuid(os.getuid()).pw_dir}
    return [*state, *map(Path, sorted(homes))]
