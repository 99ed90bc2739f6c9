"""Files of JSON lines, a block of whole lines at a time."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from common.errors import UserError

BLOCK_BYTES = 1 << 20  # what is taken out of the text passes through the processor's caches
LINE_BYTES = 1 << 26  # more than a record of the largest payload needs; what goes on without an end is several lines
SUFFIX = ".jsonl"


def below(folder: Path) -> list[Path]:
    """The files below a folder, in the order of their names, which is that of time; none where it is absent."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: no folder; name the one below which the *{SUFFIX} files lie")
    return sorted(file for file in folder.rglob("*") if file.is_file())


def blocks(files: Iterable[Path], counts: Counter[str]) -> Iterator[tuple[Path, bytes]]:
    """Each file's blocks. Counts ``files``; one without a line as ``empty``, one of another kind as ``foreign``."""
    for file in files:
        counts["files"] += 1
        if file.suffix != SUFFIX:
            counts["foreign"] += 1
            continue
        with file.open("rb") as stream:
            if not stream.peek(1):
                counts["empty"] += 1
            while block := stream.read(BLOCK_BYTES):
                yield file, block if block.endswith(b"\n") else block + stream.readline(LINE_BYTES)
