"""A folder's files to S3 while the job that writes them is still running: checkpoints, and outputs of mode Continuous.

What changed since the last look goes up as it is at that moment; a file that is still being written goes up again. AWS
does not document the interval.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_local.execution.dataset import TransferError
from sagemaker_local.execution.opt_ml import leads_to
from sagemaker_local.execution.transfer import remove, upload_file, walk

log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 1.0

Seen = tuple[int, int]
"""size and time of modification of a file, by which a change is recognised"""


@dataclass(frozen=True)
class Target:
    """A folder and where its files go; with ``mirror`` an object goes when its file goes."""

    folder: Path
    uri: str
    mirror: bool


class _Synchroniser:
    def __init__(self, s3: Any, target: Target) -> None:
        self._s3, self._target = s3, target
        # What lies there already came from S3, or is none of the job's.
        self._sent = self._look()

    def _look(self) -> dict[str, Seen]:
        folder = self._target.folder
        if leads_to(folder) != folder:
            raise TransferError(f"the folder for {self._target.uri} has become a link to somewhere else")
        return {path.relative_to(folder).as_posix(): seen for path, seen in _files(folder)}

    def synchronise(self) -> None:
        """Bring S3 up to the folder's present state. Raises ``TransferError``."""
        present = self._look()
        for name, seen in present.items():
            if self._sent.get(name) != seen:
                upload_file(self._s3, self._target.folder / name, self._target.uri, name)
                self._sent[name] = seen
        for name in sorted(self._sent.keys() - present.keys()):
            if self._target.mirror:
                remove(self._s3, self._target.uri, name)
            del self._sent[name]


def _files(folder: Path) -> Iterator[tuple[Path, Seen]]:
    for path in walk(folder):
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue  # it went between the two looks
        yield path, (status.st_size, status.st_mtime_ns)


@contextmanager
def synchronised(s3: Any, targets: list[Target]) -> Iterator[None]:
    """Keep S3 up with *targets* during the block, and bring it up to date at its end.

    Raises ``TransferError`` at the end if that fails then; a failure before is tried again.
    """
    with ExitStack() as stack:
        for target in targets:
            stack.enter_context(_in_background(_Synchroniser(s3, target)))
        yield


@contextmanager
def _in_background(synchroniser: _Synchroniser) -> Iterator[None]:
    ended = threading.Event()

    def loop() -> None:
        while not ended.wait(_INTERVAL_SECONDS):
            try:
                synchroniser.synchronise()
            except (TransferError, OSError) as error:
                log.warning("trying again: %s", error)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    synchroniser.synchronise()
