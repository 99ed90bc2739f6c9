"""The state folder: whose it is, which server holds it, and what in it is the server's.

A server locks a file of the folder for as long as it lives. The kernel releases the lock of a killed one and knows the
process id of a living one, so nothing is ever stale: an id written to a file could by now be a stranger's. (The lock is
of POSIX's kind: a server that opened the file a second time and closed it would lose it.)
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from sagemaker_local.errors import CannotGoOn

LOCK = "sagemaker-local.lock"
LOG = "server.log"
DATABASE, BASE, JOBS, HOSTING, TEMPORARY = "sagemaker.db", "base", "jobs", "hosting", "tmp"
ENTRIES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", BASE, JOBS, HOSTING, TEMPORARY, LOG)
"""all that a server makes in the folder, beside the lock"""

# struct flock of fcntl(2) on 64-bit Linux: type, whence, start, length, process id.
_FLOCK = struct.Struct("hhqqi4x")


@dataclass(frozen=True)
class Announcement:
    """What a server that is ready says of itself."""

    port: int
    started: float
    """epoch seconds"""
    options: dict[str, str]
    """what it was started with"""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Holder:
    """The server that holds a state folder; while it is starting it has not announced itself."""

    pid: int
    announcement: Announcement | None


class Claim:
    """A folder held by this process."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def announce(self, announcement: Announcement) -> None:
        """Tell other processes that this server is ready."""
        self._file.write(json.dumps({"pid": os.getpid(), **asdict(announcement)}))
        self._file.flush()


def default_folder(environ: Mapping[str, str]) -> Path:
    """``sagemaker-local`` in the user's folder for state (XDG base directory specification)."""
    base = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "sagemaker-local"


def prepare(folder: Path) -> None:
    """Make *folder* a state folder. Raises ``CannotGoOn``.

    A folder with other content is not taken: what is in a state folder may be deleted by a reset.
    """
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(folder.iterdir()) and not is_state(folder):
            raise CannotGoOn(f"{folder} holds other files and no state of sagemaker-local: give another --state-dir")
        (folder / LOCK).touch()


@contextmanager
def claimed(folder: Path) -> Iterator[Claim]:
    """Hold *folder*, made if it is missing, during the block: two servers would undo each other's work.

    Raises ``CannotGoOn``.
    """
    prepare(folder)
    with (folder / LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotGoOn(f"a server is running on {folder}: stop it first, or give another --state-dir") from error
        file.truncate(0)
        yield Claim(file)
        file.truncate(0)


def is_state(folder: Path) -> bool:
    """Whether a server has ever used *folder*."""
    return (folder / LOCK).exists() or (folder / DATABASE).exists()


def holder(folder: Path) -> Holder | None:
    """The server that holds *folder* now, if any. Raises ``CannotGoOn`` if that cannot be known."""
    with _explained(folder):
        try:
            file = (folder / LOCK).open(encoding="utf-8")
        except FileNotFoundError:
            return None
    with file:
        pid = _locking_process(file)
        if pid is None:
            return None
        if pid <= 0:  # and to signal such a number would be to signal many
            raise CannotGoOn(f"{folder} is held by a process that cannot be seen from here: in another container?")
        return Holder(pid, _announced(file.read(), pid))


def _locking_process(file: IO[str]) -> int | None:
    query = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    kind, _, _, _, pid = _FLOCK.unpack(fcntl.fcntl(file, fcntl.F_GETLK, query))
    return None if kind == fcntl.F_UNLCK else pid


def _announced(text: str, pid: int) -> Announcement | None:
    """What the process has announced; a text that is another's, or half there, is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return Announcement(**found) if found.pop("pid") == pid else None


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise CannotGoOn(
            f"{error.filename} cannot be used by this user{_owner(folder)}: give another --state-dir"
        ) from error
    except (FileExistsError, NotADirectoryError) as error:
        raise CannotGoOn(f"{error.filename} is not a folder: give another --state-dir") from error


def _owner(folder: Path) -> str:
    try:
        return f" ({folder} belongs to {folder.owner()})"
    except (OSError, KeyError):
        return ""
