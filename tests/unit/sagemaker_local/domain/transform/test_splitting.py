from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.domain.transform.errors import BadData
from sagemaker_local.domain.transform.splitting import Record, batches, payload, split

MAGIC = 0xCED7230A


def record_io(content: bytes) -> bytes:
    return struct.pack("<II", MAGIC, len(content)) + content + bytes(-len(content) % 4)


def tf_record(content: bytes) -> bytes:
    return struct.pack("<QI", len(content), 0) + content + struct.pack("<I", 0)


FRAMES = {"RecordIO": record_io, "TFRecord": tf_record}


def lines(*texts: bytes) -> list[Record]:
    return [Record(text, text.rstrip(b"\n")) for text in texts]


def test_an_object_that_is_not_split_is_one_record() -> None:
    assert list(split(b"a\nb", "None")) == [Record(b"a\nb", b"a\nb")]


@pytest.mark.parametrize(
    ("data", "contents"),
    [(b"", []), (b"a", [b"a"]), (b"a\nb\n", [b"a", b"b"]), (b"a\r\nb", [b"a", b"b"]), (b"a\n\nb", [b"a", b"", b"b"])],
)
def test_lines_are_records_and_keep_their_ends(data: bytes, contents: list[bytes]) -> None:
    records = list(split(data, "Line"))
    assert [record.content for record in records] == contents
    assert b"".join(record.framed for record in records) == data


@pytest.mark.parametrize("kind", FRAMES)
@given(contents=st.lists(st.binary(max_size=20), max_size=5))
def test_binary_records_are_found_in_their_frames(kind: str, contents: list[bytes]) -> None:
    data = b"".join(map(FRAMES[kind], contents))
    records = list(split(data, kind))
    assert [record.content for record in records] == contents
    assert b"".join(record.framed for record in records) == data


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("cut", [1, 7, 9, 14])
def test_a_binary_record_that_is_cut_off_is_told(kind: str, cut: int) -> None:
    with pytest.raises(BadData, match="record"):
        list(split(FRAMES[kind](b"0123456789")[:cut], kind))


def test_what_does_not_begin_like_record_io_is_told() -> None:
    with pytest.raises(BadData, match="byte 12 does not begin a whole RecordIO record"):
        list(split(record_io(b"abcd") + b"\0" * 8, "RecordIO"))


def test_single_record_sends_each_alone() -> None:
    records = lines(b"a\n", b"b\n")
    assert list(batches(records, "SingleRecord", 100)) == [[records[0]], [records[1]]]


def test_multi_record_sends_as_many_whole_ones_as_fit() -> None:
    records = lines(b"aa\n", b"bb\n", b"cc\n")
    assert list(batches(records, "MultiRecord", 8)) == [records[:2], records[2:]]
    assert list(batches(records, "MultiRecord", 9)) == [records]
    assert list(batches(records, "MultiRecord", None)) == [records]


@pytest.mark.parametrize("strategy", ["SingleRecord", "MultiRecord"])
def test_a_record_that_does_not_fit_is_told(strategy: str) -> None:
    with pytest.raises(BadData, match="a record of 4 bytes is larger than MaxPayloadInMB allows"):
        list(batches(lines(b"a\n", b"abc\n"), strategy, 3))


def test_nothing_is_sent_of_nothing() -> None:
    assert list(batches([], "MultiRecord", 3)) == []


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_go_with_single_record_and_stay_with_multi_record(kind: str) -> None:
    """As the API reference says of BatchStrategy and SplitType."""
    (record,) = split(FRAMES[kind](b"abc"), kind)
    assert payload([record], "SingleRecord", kind) == b"abc"
    assert payload([record, record], "MultiRecord", kind) == record.framed * 2


def test_a_line_is_sent_with_its_end() -> None:
    assert payload(lines(b"a\n"), "SingleRecord", "Line") == b"a\n"
