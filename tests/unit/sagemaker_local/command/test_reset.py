"""``reset`` asks first, and deletes nothing that is not a server's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sagemaker_local import state
from sagemaker_local.__main__ import main

pytestmark = pytest.mark.local_only


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """State that a server has left, with a link in it to something of the user's."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").touch()
    folder = tmp_path / "state"
    state.prepare(folder)
    (folder / state.DATABASE).touch()
    (folder / state.BASE).mkdir()
    (folder / state.BASE / "link").symlink_to(mine)
    (folder / state.JOBS).symlink_to(mine)
    return folder


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A user at a terminal who gives these answers."""
    answers: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _prompt: answers.pop(0))
    return answers


def reset(folder: Path, *options: str) -> int:
    return main(["reset", "--state-dir", str(folder), *options])


@pytest.mark.parametrize("answer", ["", "n", "what?"])
def test_without_a_yes_nothing_is_deleted(folder: Path, terminal: list[str], answer: str) -> None:
    before = sorted(os.listdir(folder))
    terminal.append(answer)
    assert reset(folder) == 1
    assert sorted(os.listdir(folder)) == before


def test_what_will_go_is_listed_before_the_question(
    folder: Path, terminal: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.append("y")
    assert reset(folder) == 0
    told = capsys.readouterr().out.splitlines()
    assert str(folder) in told[0]
    assert [line.strip() for line in told[1:]] == [state.DATABASE, f"{state.BASE}/", f"{state.JOBS}/", "deleted"]
    assert os.listdir(folder) == [state.LOCK]


def test_links_are_deleted_and_not_followed(folder: Path) -> None:
    assert reset(folder, "--yes") == 0
    assert os.listdir(folder.parent / "mine") == ["thesis.txt"]


def test_a_folder_that_is_no_state_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / state.BASE).mkdir()
    (tmp_path / state.JOBS).mkdir()
    assert reset(tmp_path, "--yes") == 0
    assert "nothing to delete" in capsys.readouterr().out
    assert sorted(os.listdir(tmp_path)) == [state.BASE, state.JOBS]
