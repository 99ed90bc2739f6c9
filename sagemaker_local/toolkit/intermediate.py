"""/opt/ml/output/intermediate: what a script writes there is on S3 while the job still runs."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import paths
from .code import s3_client

log = logging.getLogger("sagemaker-training-toolkit")

_SECONDS = 1.0
State = tuple[int, int]


@contextmanager
def uploaded(s3_output: str | None, job: str) -> Iterator[None]:
    """Upload files to *s3_output*/*job*/output/intermediate as they are written, and the rest at the end.

    Nothing is done without *s3_output*, nor where the folder is there already: then the platform sees to it.
    """
    folder = paths.intermediate()
    if not s3_output or folder.exists():
        yield
        return
    folder.mkdir(parents=True)
    address = urlsplit(s3_output)
    prefix = "/".join(filter(None, (address.path.strip("/"), job, "output/intermediate")))
    watch = Watch(folder, s3_client(), address.netloc, prefix)
    ended = threading.Event()
    thread = threading.Thread(target=watch.run_until, args=(ended,))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Watch:
    """A file is taken to be written when two looks in a row find it the same; at the end, as it is."""

    def __init__(self, folder: Path, s3: Any, bucket: str, prefix: str) -> None:
        self._folder, self._s3, self._bucket, self._prefix = folder, s3, bucket, prefix
        self._seen: dict[Path, State] = {}
        self._uploaded: dict[Path, State] = {}

    def run_until(self, ended: threading.Event) -> None:
        """Look every second, and once more at the end."""
        while not ended.wait(_SECONDS):
            self.look(at_end=False)
        self.look(at_end=True)

    def look(self, at_end: bool) -> None:
        """Upload what has been written since the last look."""
        for path, state in _files(self._folder).items():
            if self._uploaded.get(path) != state and (at_end or self._seen.get(path) == state):
                self._upload(path)
                self._uploaded[path] = state
            self._seen[path] = state

    def _upload(self, path: Path) -> None:
        key = f"{self._prefix}/{path.relative_to(self._folder).as_posix()}"
        try:
            self._s3.upload_file(str(path), self._bucket, key)
        except Exception:
            # As in AWS's toolkit: a copy that could not be made is told of and fails no training.
            log.exception("Failed to upload %s to s3://%s/%s", path, self._bucket, key)


def _files(folder: Path) -> dict[Path, State]:
    found: dict[Path, State] = {}
    for parent, _, names in os.walk(folder):
        for path in (Path(parent) / name for name in names):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # it has gone, or is a link to nowhere
            found[path] = (status.st_mtime_ns, status.st_size)
    return found
