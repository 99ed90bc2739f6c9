from __future__ import annotations

import re
from pathlib import Path

import pytest

from sagemaker_local.toolkit.xgboost_algorithm.errors import UserError
from sagemaker_local.toolkit.xgboost_algorithm.formats import check, data_files, delimiter_of

pytestmark = pytest.mark.documented("sagemaker-xgboost-container: data_utils")


def test_hidden_files_and_those_that_start_with_an_underscore_are_no_data(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("b.csv", "deep/er/a.csv", ".hidden", "_SUCCESS"):
        (tmp_path / name).touch()
    assert [str(path.relative_to(tmp_path)) for path in data_files(tmp_path)] == ["b.csv", "deep/er/a.csv"]


def test_a_file_too_deep_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/b/c/d.csv").touch()
    with pytest.raises(UserError, match="Folder depth exceed the limit: 3"):
        data_files(tmp_path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    assert delimiter_of(delimiter.join(["1.5", "2", "3.25", "4"])) == delimiter


def test_a_file_whose_first_line_has_no_delimiter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n1,2\n")
    with pytest.raises(UserError, match="Could not determine delimiter on line \n:\n"):
        check("csv", [tmp_path / "a.csv"])


@pytest.mark.parametrize(
    ("text", "line"),
    [("1 1:2 x\n", "1 1:2 x"), ("a 1:2\n", "a 1:2"), ("1:2:3 1:2\n", "1:2:3 1:2"), ("1,2,3\n", "1,2,3")],
)
def test_what_is_not_libsvm_is_refused_with_its_line_and_file(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(
        UserError, match=rf"First line '{re.escape(line)}\n\.\.\.' of file 'a.txt' is not 'LIBSVM' format"
    ):
        check("libsvm", [tmp_path / "a.txt"])


@pytest.mark.parametrize("text", ["1 1:2 2:3\nrubbish", "0.5:2 1:1 7:1\n", "1\n0\n"])
def test_libsvm_has_labels_weights_and_features(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").write_text(text)
    check("libsvm", [tmp_path / "a"])


def test_binary_formats_are_left_to_their_readers(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff")
    check("parquet", [tmp_path / "a"])
