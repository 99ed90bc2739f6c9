from __future__ import annotations

import math
from pathlib import Path

import pytest

from common import report
from common.errors import UserError


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    document = {"mse": 4.5, "names": ["é", None, True], "nested": {"rows": 3}}
    report.write(tmp_path / "new" / "report.json", document)
    assert report.read(tmp_path / "new" / "report.json") == document


def test_the_same_document_gives_the_same_bytes() -> None:
    assert report.encode({"b": 1.0, "a": [2]}) == b'{\n  "b": 1.0,\n  "a": [\n    2\n  ]\n}\n'


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused_by_its_place(tmp_path: Path, value: float) -> None:
    with pytest.raises(UserError, match=rf"\$\.metrics\.mse\[1\] = {value}"):
        report.write(tmp_path / "report.json", {"metrics": {"mse": [1.0, value]}})
    assert not (tmp_path / "report.json").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent\.json: no such file"):
        report.read(tmp_path / "absent.json")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00"])
def test_a_file_that_is_no_json_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(UserError, match=r"bad\.json: not a JSON file"):
        report.read(tmp_path / "bad.json")
