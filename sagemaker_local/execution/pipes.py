"""Input mode Pipe: a channel's objects as one stream, through a FIFO for each epoch.

The program opens ``<channel>_0``, reads to its end, closes it and may go on with ``<channel>_1`` for the next pass over
the data. Closing early ends the epoch. Source: the guide's page your-algorithms-training-algo-running-container.
"""

from __future__ import annotations

import errno
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from sagemaker_local.execution.dataset import Dataset, TransferError, contents

_POLL_SECONDS = 0.02
# MXNet's RecordIO, which SageMaker wraps whole objects in: a magic number, the length, the data padded to 4 bytes.
_RECORD_MAGIC = 0xCED7230A
_RECORD_LIMIT = 1 << 29


@dataclass(frozen=True)
class Pipe:
    """One channel of one instance; ``path`` is that of its FIFOs without ``_<epoch>``."""

    path: Path
    dataset: Dataset
    record_io: bool = False


@contextmanager
def piped(s3: Any, pipes: list[Pipe]) -> Iterator[None]:
    """Serve *pipes* during the block, each from a thread. Raises ``TransferError`` at its end if one failed."""
    stop = threading.Event()
    feeders = [_Feeder(s3, pipe, stop) for pipe in pipes]
    for feeder in feeders:
        feeder.start()
    try:
        yield
    finally:
        stop.set()
        for feeder in feeders:
            feeder.join()
    for feeder in feeders:
        if feeder.problem is not None:
            raise feeder.problem


class _Feeder(threading.Thread):
    def __init__(self, s3: Any, pipe: Pipe, ended: threading.Event) -> None:
        super().__init__(daemon=True)
        self._s3, self._pipe, self._ended = s3, pipe, ended
        self.problem: TransferError | None = None
        # Held open: the job may put something else in the folder's place.
        self._folder = os.open(pipe.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        # There before the program starts: it may look for its first epoch at once.
        self._make_fifo(0)

    def _fifo(self, epoch: int) -> str:
        return f"{self._pipe.path.name}_{epoch}"

    def _make_fifo(self, epoch: int) -> None:
        os.mkfifo(self._fifo(epoch), dir_fd=self._folder)

    def run(self) -> None:
        epoch = 0
        while (descriptor := self._opened_by_reader(epoch)) is not None:
            # The next one is there before this one ends, so that a reader never looks too early.
            self._make_fifo(epoch + 1)
            with open(descriptor, "wb", buffering=0) as stream:
                self._feed(stream, epoch)
            epoch += 1
        os.close(self._folder)

    def _opened_by_reader(self, epoch: int) -> int | None:
        """The FIFO's writing end once the program has opened it, or ``None`` when the program has ended."""
        while not self._ended.wait(_POLL_SECONDS):
            try:
                flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW
                descriptor = os.open(self._fifo(epoch), flags, dir_fd=self._folder)
            except OSError as error:
                if error.errno == errno.ENXIO:  # nobody reads yet
                    continue
                self.problem = TransferError(f"the FIFO {self._fifo(epoch)} is not as it was made: {error.strerror}")
                return None
            os.set_blocking(descriptor, True)
            return descriptor
        return None

    def _feed(self, stream: FileIO, epoch: int) -> None:
        try:
            for content in contents(self._s3, self._pipe.dataset, epoch):
                _write(stream, _record(content) if self._pipe.record_io else content)
        except BrokenPipeError:
            return  # the reader has enough of this epoch
        except TransferError as error:
            self.problem = error


def _write(stream: FileIO, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[stream.write(left) or 0 :]


def _record(content: bytes) -> bytes:
    if len(content) >= _RECORD_LIMIT:
        raise TransferError(f"an object of {len(content)} bytes is too large for one RecordIO record")
    return struct.pack("<II", _RECORD_MAGIC, len(content)) + content + b"\0" * (-len(content) % 4)
