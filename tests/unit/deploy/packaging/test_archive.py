from __future__ import annotations

import io
import zipfile
from pathlib import Path

from deploy.packaging.archive import archive, names, unpack, unpacked

FILES = {"b/program": b"#!/bin/sh\n", "a.txt": b"text", ".hidden": b""}


def test_the_same_files_are_the_same_bytes_in_whatever_order_they_come() -> None:
    assert archive(FILES) == archive(dict(reversed(FILES.items())))


def test_other_content_is_other_bytes() -> None:
    assert archive(FILES) != archive({**FILES, "a.txt": b"other"})


def test_what_was_archived_comes_back() -> None:
    assert unpacked(archive(FILES)) == FILES
    assert names(archive(FILES)) == sorted(FILES)


def test_scripts_may_be_executed_and_nothing_else() -> None:
    with zipfile.ZipFile(io.BytesIO(archive(FILES))) as opened:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in opened.infolist()}
    assert modes == {"b/program": 0o755, "a.txt": 0o644, ".hidden": 0o644}


def test_no_clock_and_no_compression_leaves_its_mark() -> None:
    with zipfile.ZipFile(io.BytesIO(archive(FILES))) as opened:
        assert {(entry.date_time, entry.compress_type) for entry in opened.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED)
        }


def test_a_script_can_be_executed_where_it_was_unpacked(tmp_path: Path) -> None:
    unpack(archive(FILES), tmp_path)
    assert (tmp_path / "b" / "program").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "a.txt").read_bytes() == b"text"
