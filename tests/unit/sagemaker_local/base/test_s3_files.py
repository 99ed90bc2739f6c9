"""S3's objects on disk are whole at any moment: a kill after any step leaves the old object or the new one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sagemaker_local.base import s3_files
from sagemaker_local.base.s3_files import Writer, recover

pytestmark = pytest.mark.local_only

OLD, NEW = (b"old content", {"etag": "old"}), (b"new content", {"etag": "new"})


class Killed(BaseException):
    """The process ends here; nothing after it is done."""


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let *step* changes of the file system happen, and be killed at the next; yields those that happened."""
    done: list[str] = []

    def counted(name: str, change: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            if len(done) == step:
                raise Killed
            done.append(name)
            return change(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", counted("replace", os.replace))
        patch.setattr(s3_files, "_write", counted("write", s3_files._write))
        try:
            yield done
        except Killed:
            return


def put(root: Path, name: str, content: bytes, description: dict[str, str]) -> None:
    """What ministack does for a PUT."""
    writer = Writer(root)
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.write(str(path), content)
    writer.write(f"{path}.meta.json", json.dumps(description), text=True)


def found(root: Path, name: str) -> tuple[bytes, dict[str, str]] | None:
    """What ministack finds at its start."""
    path = root / name
    if not path.exists():
        return None
    return path.read_bytes(), json.loads(Path(f"{path}.meta.json").read_text())


def test_an_object_is_its_content_and_its_description(tmp_path: Path) -> None:
    put(tmp_path, "b/k", *OLD)
    put(tmp_path, "b/k", *NEW)
    assert found(tmp_path, "b/k") == NEW
    assert sorted(os.listdir(tmp_path / "b")) == ["k", "k.meta.json"]
    assert os.stat(tmp_path / "b" / "k").st_mode & 0o777 == 0o600


@pytest.mark.parametrize("before", [None, OLD])
def test_a_kill_after_any_step_leaves_the_old_object_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: tuple[bytes, dict[str, str]] | None
) -> None:
    outcomes = []
    for step in range(6):
        root = tmp_path / str(step)
        root.mkdir()
        if before is not None:
            put(root, "b/k", *before)
        with killed_at(step, monkeypatch) as done:
            put(root, "b/k", *NEW)
        outcomes.append(len(done))
        recover(root)
        assert found(root, "b/k") in (before, NEW), done
        assert [name for _, _, names in os.walk(root) for name in names if name.endswith(".tmp")] == [], done
    assert outcomes == [0, 1, 2, 3, 4, 5], "not every step was interrupted"
    assert found(tmp_path / "2", "b/k") == before, "decided too early"
    assert found(tmp_path / "3", "b/k") == NEW, "undone although it was decided"


def test_a_kill_during_the_recovery_is_recovered_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "b/k", *OLD)
    with killed_at(3, monkeypatch):
        put(tmp_path, "b/k", *NEW)
    with killed_at(1, monkeypatch):
        recover(tmp_path)
    recover(tmp_path)
    assert found(tmp_path, "b/k") == NEW


def test_a_description_alone_is_replaced_at_once(tmp_path: Path) -> None:
    put(tmp_path, "b/k", *OLD)
    Writer(tmp_path).write(str(tmp_path / "b" / "k.meta.json"), json.dumps(NEW[1]), text=True)
    assert found(tmp_path, "b/k") == (OLD[0], NEW[1])


def test_content_of_an_earlier_version_has_no_description_to_wait_for(tmp_path: Path) -> None:
    path = tmp_path / ".versions" / "000000000000" / "b" / "v1" / "k"
    path.parent.mkdir(parents=True)
    Writer(tmp_path).write(str(path), b"earlier")
    assert path.read_bytes() == b"earlier"


def test_a_put_that_failed_half_way_has_no_part_in_the_next_one(tmp_path: Path) -> None:
    put(tmp_path, "b/k", *OLD)
    writer = Writer(tmp_path)
    writer.write(str(tmp_path / "b" / "k"), b"never described")
    writer.write(str(tmp_path / "b" / "other"), b"1")
    writer.write(str(tmp_path / "b" / "other.meta.json"), "{}", text=True)
    assert found(tmp_path, "b/k") == OLD
    assert found(tmp_path, "b/other") == (b"1", {})


def test_without_a_folder_there_is_nothing_to_recover(tmp_path: Path) -> None:
    recover(tmp_path / "absent")
