"""``start`` and ``stop``: the server in the foreground, or in the background with a log."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sagemaker_local import state
from sagemaker_local.config import REGION, S3_ACCESS_KEY, S3_SECRET_KEY, S3Endpoint, Settings
from sagemaker_local.errors import CannotGoOn
from sagemaker_local.state import Announcement, Holder

_POLL_SECONDS = 0.05
_START_SECONDS = 120.0
# The server needs a few seconds for open connections and to save; more only where something hangs.
_STOP_SECONDS = 30.0


def start(arguments: argparse.Namespace) -> int:
    """Start the server; one in the background that runs already, as it is wanted, is left as it is."""
    settings = _settings(arguments, os.environ)
    if arguments.foreground:
        _serve(settings)
        return 0
    running = state.holder(settings.state_dir)
    server = _in_background(settings) if running is None else _same(running, settings)
    print(f"{'running' if running is None else 'already running'}: {_place(server, settings.state_dir)}")
    return 0


def stop(arguments: argparse.Namespace) -> int:
    """SIGTERM, and SIGKILL where that does not do; returns once it is gone."""
    running = state.holder(arguments.state_dir)
    if running is None:
        print(f"not running (state: {arguments.state_dir})")
        return 0
    _signal(running, signal.SIGTERM)
    killed = not _until(lambda: _gone(arguments.state_dir, running), _STOP_SECONDS)
    if killed:
        _signal(running, signal.SIGKILL)
        _until(lambda: _gone(arguments.state_dir, running), _STOP_SECONDS)
    manner = f"killed, since it did not end within {_STOP_SECONDS:.0f} s" if killed else "stopped"
    print(f"{manner} (process {running.pid}); its state is kept in {arguments.state_dir}")
    return 0


def _settings(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    return Settings(
        host=arguments.host,
        port=arguments.port,
        state_dir=arguments.state_dir.resolve(),  # so that a link below it is one that a job made
        containers=arguments.containers,
        environments=arguments.environments,
        max_jobs=arguments.max_jobs,
        hidden=tuple(arguments.hide),
        isolation=arguments.isolation,
        stop_grace_seconds=arguments.stop_grace,
        faults=arguments.faults,
        calls=arguments.calls,
        speed_up=arguments.speed_up,
        s3=arguments.s3_endpoint and _s3(arguments.s3_endpoint, environ),
    )


def _s3(url: str, environ: Mapping[str, str]) -> S3Endpoint:
    access_key, secret_key = environ.get(S3_ACCESS_KEY), environ.get(S3_SECRET_KEY)
    if bool(access_key) != bool(secret_key):
        raise CannotGoOn(f"{S3_ACCESS_KEY} and {S3_SECRET_KEY} belong together: set both, or none")
    return S3Endpoint(url, access_key, secret_key)


def _same(running: Holder, settings: Settings) -> Announcement:
    """What the running server has announced. Raises ``CannotGoOn`` if it is not what *settings* ask for."""
    found = running.announcement
    if found is None:
        raise CannotGoOn(
            f"process {running.pid} is just starting on {settings.state_dir}: see `sagemaker-local status`"
        )
    wanted = settings.options()
    other = [f"{name} {found.options.get(name)}" for name in wanted if found.options.get(name) != wanted[name]]
    if other:
        raise CannotGoOn(
            f"process {running.pid} is running on {settings.state_dir} at {found.endpoint} with other options "
            f"({', '.join(other)}): `sagemaker-local stop` it first, or give another --state-dir"
        )
    return found


def _place(server: Announcement, folder: Path) -> str:
    return (
        f"{server.endpoint} (state: {folder})\n"
        f"Clients find it by these variables; any keys will do:\n"
        f"  export AWS_ENDPOINT_URL={server.endpoint} AWS_DEFAULT_REGION={REGION}\n"
        f"  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"
    )


def _serve(settings: Settings) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Imported here: it loads the emulator, which no other command needs.
    from sagemaker_local.server import serve

    serve(settings)


def _in_background(settings: Settings) -> Announcement:
    """Start a server that outlives this command and its terminal; returns once it answers."""
    state.prepare(settings.state_dir)
    log = settings.state_dir / state.LOG
    with log.open("ab") as file:
        begin = file.tell()
        pid = _detached(lambda: _serve(settings), file.fileno())
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        running = state.holder(settings.state_dir)
        if running is not None and running.pid == pid and running.announcement is not None:
            return running.announcement
        if os.waitpid(pid, os.WNOHANG)[0]:
            raise CannotGoOn(f"it did not start:\n{log.read_bytes()[begin:].decode(errors='replace').strip()}")
        time.sleep(_POLL_SECONDS)
    raise CannotGoOn(f"process {pid} is not ready after {_START_SECONDS:.0f} s: see `sagemaker-local logs`")


def _detached(action: Callable[[], None], output: int) -> int:
    """Run *action* in a process with a session of its own, its output in *output*; returns the process id."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setsid()
        os.chdir("/")
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        action()
        status = 0
    except CannotGoOn as error:
        print(error, file=sys.stderr)
    except BaseException:
        logging.getLogger(__name__).exception("the server has failed")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)  # nothing of the command that it was forked from is done twice


def _signal(running: Holder, number: signal.Signals) -> None:
    try:
        os.kill(running.pid, number)
    except ProcessLookupError:
        return  # it has just ended
    except PermissionError as error:
        raise CannotGoOn(f"process {running.pid} belongs to another user, who has to stop it") from error


def _gone(folder: Path, server: Holder) -> bool:
    now = state.holder(folder)
    return now is None or now.pid != server.pid


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether *condition* came true in time."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return met
