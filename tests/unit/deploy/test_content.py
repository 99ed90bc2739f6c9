from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.content import digest, read_folder

ROOT = Path(__file__).resolve().parents[3]
FILES = st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1), st.binary())


@given(FILES, FILES)
def test_two_sets_of_files_have_one_digest_only_if_they_are_equal(
    one: dict[str, bytes], other: dict[str, bytes]
) -> None:
    assert (digest(one) == digest(other)) == (one == other)


@given(FILES)
def test_the_order_in_which_files_are_met_does_not_matter(files: dict[str, bytes]) -> None:
    assert digest(dict(reversed(files.items()))) == digest(files)


def test_the_digest_is_the_same_on_every_machine() -> None:
    expected = "f26ea3868b7476faddaebb4ab6a3e603"
    assert digest({"common/a.py": b"x = 1\n", "abalone/b.py": b""})[:32] == expected


@pytest.mark.parametrize("image", ["training", "inference", "monitoring"])
def test_an_image_is_made_of_nothing_beyond_its_folder(image: str) -> None:
    """The local SageMaker shows a container its image's folder alone, and so does ``docker build``."""
    folder = ROOT / "include" / "containers" / image
    assert all(file.resolve().is_relative_to(folder) for file in folder.rglob("*"))


def test_job_code_is_published_with_what_its_links_point_to() -> None:
    reader = ROOT / "include" / "containers" / "inference" / "serving" / "bulk.py"
    assert read_folder(ROOT / "include" / "scripts" / "tabular")["bulk.py"] == reader.read_bytes()


def test_a_folder_is_read_whole_but_for_pythons_caches(tmp_path: Path) -> None:
    for path in ("a.py", "deep/er/b.json", "__pycache__/a.cpython-312.pyc", "deep/__pycache__/b.pyc"):
        tmp_path.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(path).write_text(path)
    assert read_folder(tmp_path) == {"a.py": b"a.py", "deep/er/b.json": b"deep/er/b.json"}
