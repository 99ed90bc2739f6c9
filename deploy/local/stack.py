"""The local stack as a whole: up, down, what it looks like."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.environments.install import STAMP
from deploy.errors import Failure
from deploy.local import credentials as secrets
from deploy.local import environment, health, ports, processes, services, settings, state
from deploy.local.airflow_api import Airflow
from deploy.local.credentials import Credentials
from deploy.local.processes import Process
from deploy.local.services import Service
from deploy.local.settings import ADMIN
from deploy.local.state import Started
from deploy.locking import exclusive
from deploy.progress import Progress

# The scheduler lets running tasks end, and a task's first seconds are spent in the worker.
GRACE_SECONDS = 20.0


class Stack:
    """One clone's stack. `user` is the user's environment, which also holds the settings; see `settings`.

    Raises InvalidSetting.
    """

    def __init__(self, root: Path, user: Mapping[str, str], progress: Progress) -> None:
        self._user = user
        self._progress = progress
        self._state = state.load(settings.local_folder(root, user))
        self.settings = settings.read(root, user, self._state.running_ports())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other commands from changing the stack, and take in what they have changed until now."""
        wait = "Waiting for another command on this stack to end"
        with exclusive(self.settings.local / "lock", lambda: self._progress.say(wait)):
            self._state = state.load(self.settings.local)
            yield

    @property
    def credentials(self) -> Credentials:
        """The stack's secrets, made on the first use."""
        return secrets.load(self.settings.airflow_home / "secrets.json")

    def airflow(self) -> Airflow:
        """A client for the stack's Airflow."""
        return Airflow(self.settings.airflow_url, ADMIN, self.credentials.admin_password)

    def require_alive(self) -> None:
        """Raise Failure if one of the stack's processes has died."""
        health.require_alive(self.settings, self._state)

    def require_up(self) -> None:
        """Raise Failure unless every service is healthy."""
        down = {services.AWS, *services.AIRFLOW} - health.healthy(self.settings, self._state)
        if down:
            raise Failure(f"not up: {', '.join(sorted(down))}. Bring the stack up first: make up")

    def up(self) -> None:
        """Bring up what is not up, wait until all is healthy, and provision the local AWS. Raises Failure."""
        with self._alone():
            self._up()

    def _up(self) -> None:
        wanted = services.catalogue(self.settings, self.credentials, self._user)
        pending = [service for service in wanted if not self._current(service)]
        if pending:
            with self._progress.phase(f"Starting {', '.join(service.name for service in pending)}"):
                self._start_all(pending)
        with self._progress.phase("Waiting for the local AWS"):
            health.wait(self.settings, self._state, [services.AWS], self._progress.say)
        with self._progress.phase("Loading data and publishing the release"):
            self._provision()
        with self._progress.phase("Waiting for Airflow"):
            health.wait(self.settings, self._state, services.AIRFLOW, self._progress.say)

    def _current(self, service: Service) -> bool:
        started = self._state.services.get(service.name)
        return self._state.alive(service.name) and started is not None and started.version == service.version

    def _start_all(self, pending: list[Service]) -> None:
        """End what is left of the services' earlier lives, then start each."""
        self._stop({service.name for service in pending})
        self._require_free_ports({service.name for service in pending})
        self.settings.home.mkdir(parents=True, exist_ok=True)
        self._state.ports = {"AIRFLOW_PORT": self.settings.airflow_port, "AWS_PORT": self.settings.aws_port}
        aws = [service for service in pending if service.name == services.AWS]
        airflow = [service for service in pending if service.name != services.AWS]
        for service in aws:
            self._start(service)
        if airflow:
            self._prepare_airflow(airflow[0])
        for service in airflow:
            self._start(service)

    def _require_free_ports(self, names: set[str]) -> None:
        if services.AWS in names:
            ports.require_free(self.settings.aws_port, "AWS_PORT", "the local AWS endpoint")
        if services.API_SERVER in names:
            ports.require_free(self.settings.airflow_port, "AIRFLOW_PORT", "Airflow's UI and API")

    def _start(self, service: Service) -> None:
        log = services.log_of(self.settings, service.name)
        # Heartbeats are compared with this time: it must not be later than the start.
        now = time.time()
        process = processes.spawn(service.command, service.environ, self.settings.root, log)
        self._state.services[service.name] = Started(process, service.version, now)
        self._state.save()

    def _prepare_airflow(self, service: Service) -> None:
        """Make what Airflow's processes need to start: the user's password, the database."""
        passwords = f'{{"{ADMIN}": "{self.credentials.admin_password}"}}\n'
        secrets.write_private(environment.passwords_file(self.settings), passwords)
        installed = (self.settings.root / ".venv" / "airflow" / STAMP).read_text()
        mark = self.settings.airflow_home / "migrated"
        if not mark.exists() or mark.read_text() != installed:
            self._call("db-migrate", ["-m", "airflow", "db", "migrate"], service.environ)
            mark.write_text(installed)

    def _provision(self) -> None:
        environ = environment.aws_client(self.settings, self._user)
        for line in self._call("provision", ["-m", "deploy.local.provision"], environ):
            self._progress.say(line)

    def add_days(self, use_case: str, days: int) -> list[str]:
        """Load the next days of a use case's sample data; returns a line for each. Raises Failure."""
        arguments = ["-m", "deploy.samples", use_case, "--bucket", settings.BUCKET, "--add", str(days)]
        return self._call("samples", arguments, environment.aws_client(self.settings, self._user))

    def bring(self, use_case: str, file: Path) -> list[str]:
        """Put a file where files arrive; where it is then. Raises Failure."""
        environ = environment.aws_client(self.settings, self._user)
        return self._call("bring", ["-m", "deploy.local.bring", use_case, str(file)], environ)

    def traffic(self, use_case: str) -> list[str]:
        """Lay hours of drifted traffic; their ends, see `deploy.local.traffic`. Raises Failure."""
        environ = environment.aws_client(self.settings, self._user)
        return self._call("traffic", ["-m", "deploy.local.traffic", use_case], environ)

    def production(self, *arguments: str) -> list[str]:
        """What production says, line by line; see `deploy.local.production`. Raises Failure."""
        environ = environment.aws_client(self.settings, self._user)
        return self._call("production", ["-m", "deploy.local.production", *arguments], environ)

    def airflow_command(self, arguments: list[str]) -> None:
        """Run Airflow's own command against the stack, on this terminal. Raises Failure where it fails."""
        self.require_up()
        environ = environment.airflow(self.settings, self.credentials, self._user)
        command = [self.settings.python("airflow"), "-m", "airflow", *arguments]
        status = subprocess.run(command, env=environ, cwd=self.settings.root, check=False).returncode
        if status != 0:
            raise Failure(f"airflow {' '.join(arguments)} ended with status {status}")

    def _call(self, name: str, arguments: list[str], environ: Mapping[str, str]) -> list[str]:
        """Run a Python command of the airflow environment to its end; returns its lines. Raises Failure."""
        log = services.log_of(self.settings, name)
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [self.settings.python("airflow"), *arguments]
        with log.open("w") as output:
            result = subprocess.run(
                command, env=dict(environ), cwd=self.settings.root,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        if result.returncode != 0:
            raise Failure(f"{name} failed. The end of its log, {log}:\n{health.tail(log)}")
        return log.read_text().splitlines()

    def down(self) -> None:
        """End every process of the stack."""
        with self._alone():
            self._down()

    def _down(self) -> None:
        stopped = [name for name in self._state.services if self._state.alive(name)]
        killed = self._stop(set(self._state.services))
        print(f"Stopped: {', '.join(stopped)}" if stopped else "Nothing was running.")
        if killed:
            print(f"Killed, since they did not end by themselves: {', '.join(str(one.pid) for one in killed)}")

    def _stop(self, names: set[str]) -> list[Process]:
        """End these services, and what is left of those that have died; returns what had to be killed."""
        killed = []
        for group in services.STOPPING:
            known = names & self._state.services.keys() & set(group)
            killed += processes.stop([self._state.services.pop(name).process for name in known], GRACE_SECONDS)
        self._state.save()
        return killed

    def status(self) -> None:
        """Print each service with its process, its health and its log, and where to go with a browser."""
        healthy = health.healthy(self.settings, self._state)
        for name in (services.AWS, *services.AIRFLOW):
            print(self._row(name, healthy))
        if self._state.running_ports():
            print(f"\n{self.addresses()}")

    def _row(self, name: str, healthy: set[str]) -> str:
        started = self._state.services.get(name)
        log = _relative(services.log_of(self.settings, name))
        if started is None:
            return f"{name:14} down"
        if not started.process.alive():
            return f"{name:14} died      log {log}"
        condition = "healthy" if name in healthy else "starting or unwell"
        age = time.time() - started.at
        return f"{name:14} {condition}  process {started.process.pid}, up {age:.0f} s, log {log}"

    def addresses(self) -> str:
        """Where the stack is reached, and with which login."""
        password = self.credentials.admin_password
        return (
            f"Airflow UI     {self.settings.airflow_url}  user {ADMIN}, password {password}\n"
            f"AWS endpoint   {self.settings.aws_url}  (any access key, region us-east-1)"
        )

    def logs(self, only: str | None) -> None:
        """Print the end of every service's log, or the whole log of one."""
        names = [only] if only else [services.AWS, *services.AIRFLOW]
        for name in names:
            log = services.log_of(self.settings, name)
            if not log.exists():
                raise Failure(f"there is no log {log}: has {name} ever been started?")
            print(f"==> {_relative(log)} <==\n{log.read_text(errors='replace') if only else health.tail(log)}\n")


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
