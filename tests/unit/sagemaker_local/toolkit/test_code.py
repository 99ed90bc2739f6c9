from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from sagemaker_local.toolkit import code

pytestmark = pytest.mark.documented("sagemaker-training-toolkit: files.download_and_extract")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "pkg").mkdir(parents=True)
    (folder / "train.py").write_text("print()")
    (folder / "pkg" / "__init__.py").touch()
    return folder


def fetched(base: Path) -> set[str]:
    return {str(path.relative_to(base / "code")) for path in (base / "code").rglob("*") if path.is_file()}


def test_a_folder_is_copied(source: Path, base: Path) -> None:
    code.fetch(str(source))
    assert fetched(base) == {"train.py", "pkg/__init__.py"}


def test_an_archive_is_unpacked(source: Path, base: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "sourcedir.tar.gz", "w:gz") as tar:
        tar.add(source, arcname=".")
    code.fetch(str(tmp_path / "sourcedir.tar.gz"))
    assert fetched(base) == {"train.py", "pkg/__init__.py"}


def test_a_file_is_copied(source: Path, base: Path) -> None:
    code.fetch(str(source / "train.py"))
    assert fetched(base) == {"train.py"}


def test_code_that_is_there_already_stays_as_it_is(source: Path, base: Path) -> None:
    (base / "code" / "mine.py").touch()
    code.fetch(str(source))
    assert fetched(base) == {"mine.py"}


def test_the_code_folder_itself_is_no_source(base: Path) -> None:
    code.fetch(str(base / "code"))
    assert fetched(base) == set()


def test_a_path_below_opt_ml_is_looked_for_where_that_lies(base: Path) -> None:
    (base / "input" / "data" / "code").mkdir()
    (base / "input" / "data" / "code" / "train.py").touch()
    code.fetch("/opt/ml/input/data/code")
    assert fetched(base) == {"train.py"}


def test_a_place_that_does_not_exist_is_an_error_with_its_name(base: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-place"):
        code.fetch("/no-such-place")
