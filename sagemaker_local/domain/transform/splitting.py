"""Objects into records, and records into the payloads of requests."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sagemaker_local.domain.transform.errors import BadData

_RECORD_IO_MAGIC = 0xCED7230A
_RECORD_IO_LENGTH = (1 << 29) - 1


@dataclass(frozen=True)
class Record:
    """A record as it stands in its object, and what it holds without its frame."""

    framed: bytes
    content: bytes


def split(data: bytes, split_type: str) -> Iterator[Record]:
    """The records of an object, by ``SplitType``. Raises ``BadData``."""
    return _SPLITTERS[split_type](data)


def _whole(data: bytes) -> Iterator[Record]:
    yield Record(data, data)


def _lines(data: bytes) -> Iterator[Record]:
    for line in io.BytesIO(data):
        yield Record(line, line.rstrip(b"\r\n"))


def _record_io(data: bytes) -> Iterator[Record]:
    """MXNet's RecordIO: a magic number, the length in its low 29 bits, the content, padding to four bytes."""
    position = 0
    while position < len(data):
        magic, word = _unpacked("<II", data, position)
        length = word & _RECORD_IO_LENGTH
        end = position + 8 + length + -length % 4
        if magic != _RECORD_IO_MAGIC or end > len(data):
            raise BadData(f"byte {position} does not begin a whole RecordIO record")
        yield Record(data[position:end], data[position + 8 : position + 8 + length])
        position = end


def _tf_record(data: bytes) -> Iterator[Record]:
    """TensorFlow's TFRecord: the length, its checksum, the content, its checksum."""
    position = 0
    while position < len(data):
        (length,) = _unpacked("<Q", data, position)
        end = position + 12 + length + 4
        if end > len(data):
            raise BadData(f"byte {position} does not begin a whole TFRecord record")
        yield Record(data[position:end], data[position + 12 : position + 12 + length])
        position = end


def _unpacked(layout: str, data: bytes, position: int) -> tuple[int, ...]:
    if position + struct.calcsize(layout) > len(data):
        raise BadData(f"the object ends within the record that begins at byte {position}")
    return struct.unpack_from(layout, data, position)


_SPLITTERS: dict[str, Callable[[bytes], Iterator[Record]]] = {
    "None": _whole,
    "Line": _lines,
    "RecordIO": _record_io,
    "TFRecord": _tf_record,
}


def batches(records: Iterable[Record], strategy: str, max_bytes: int | None) -> Iterator[list[Record]]:
    """The records of each request: one, or as many whole ones as fit. Raises ``BadData`` for one that does not fit.

    *max_bytes* is ``MaxPayloadInMB`` in bytes, ``None`` for no limit.
    """
    batch: list[Record] = []
    size = 0
    for record in records:
        length = len(record.framed)
        if max_bytes is not None and length > max_bytes:
            raise BadData(f"a record of {length} bytes is larger than MaxPayloadInMB allows ({max_bytes} bytes)")
        if batch and (strategy == "SingleRecord" or (max_bytes is not None and size + length > max_bytes)):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch


def payload(batch: list[Record], strategy: str, split_type: str) -> bytes:
    """The body of a request. Frames of binary records stay with MultiRecord and go with SingleRecord, as documented."""
    if strategy == "SingleRecord" and split_type in ("RecordIO", "TFRecord"):
        return batch[0].content
    return b"".join(record.framed for record in batch)
