"""The state folder: one server at a time holds it, and nobody mistakes a dead one, or a stranger, for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sagemaker_local import state
from sagemaker_local.errors import CannotGoOn
from tests.support.local_aws import ROOT

pytestmark = pytest.mark.local_only

HOLD = """
import sys
from pathlib import Path
from sagemaker_local import state
with state.claimed(Path(sys.argv[1])) as claim:
    if len(sys.argv) > 2:
        claim.announce(state.Announcement(4567, 12.5, {"--port": "4567"}))
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def server(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds *folder* until its standard input ends; with an argument it announces itself."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), *arguments],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_the_default_is_the_users_folder_for_state() -> None:
    assert state.default_folder({"XDG_STATE_HOME": "/s"}) == Path("/s/sagemaker-local")
    assert state.default_folder({}) == Path.home() / ".local" / "state" / "sagemaker-local"


def test_a_folder_that_is_missing_is_made_and_held_by_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "state"
    assert state.holder(folder) is None
    state.prepare(folder)
    assert state.is_state(folder)
    assert state.holder(folder) is None


def test_the_holder_is_the_process_and_what_it_announced(tmp_path: Path) -> None:
    with server(tmp_path / "state", "announce") as process:
        announcement = state.Announcement(4567, 12.5, {"--port": "4567"})
        assert state.holder(tmp_path / "state") == state.Holder(process.pid, announcement)
        assert announcement.endpoint == "http://127.0.0.1:4567"


def test_a_server_that_is_starting_has_not_announced_itself(tmp_path: Path) -> None:
    with server(tmp_path / "state") as process:
        assert state.holder(tmp_path / "state") == state.Holder(process.pid, None)


def test_a_second_server_is_refused(tmp_path: Path) -> None:
    with (
        server(tmp_path / "state"),
        pytest.raises(CannotGoOn, match=f"a server is running on {tmp_path}/state"),
        state.claimed(tmp_path / "state"),
    ):
        raise AssertionError("two servers hold it")


def test_a_killed_server_holds_nothing_and_its_word_is_not_taken_for_the_next_ones(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with server(folder, "announce") as process:
        process.kill()
    assert "4567" in (folder / state.LOCK).read_text()
    assert state.holder(folder) is None
    with server(folder) as process:
        assert state.holder(folder) == state.Holder(process.pid, None)


@pytest.mark.parametrize("left", ["", "{", '{"pid": 1, "port": 1, "started": 1.0, "options": {}}'])
def test_what_another_process_wrote_is_no_announcement(tmp_path: Path, left: str) -> None:
    with server(tmp_path) as process:
        (tmp_path / state.LOCK).write_text(left)
        assert state.holder(tmp_path) == state.Holder(process.pid, None)


@pytest.mark.parametrize("pid", [0, -1])
def test_a_holder_in_another_container_is_never_taken_for_a_process_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pid: int
) -> None:
    """The kernel has no number for it, and a signal to 0 or -1 goes to many."""
    state.prepare(tmp_path)
    monkeypatch.setattr(state, "_locking_process", lambda file: pid)
    with pytest.raises(CannotGoOn, match="another container"):
        state.holder(tmp_path)


def test_a_folder_with_other_content_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(CannotGoOn, match=f"{tmp_path} holds other files"):
        state.prepare(tmp_path)
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_state_of_before_there_was_a_lock_is_taken(tmp_path: Path) -> None:
    (tmp_path / state.DATABASE).touch()
    state.prepare(tmp_path)


def test_a_file_is_no_state_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        with pytest.raises(CannotGoOn, match=r"file.* is not a folder"):
            state.prepare(folder)
        with pytest.raises(CannotGoOn, match=r"file.* is not a folder"):
            state.holder(folder)


def test_a_folder_of_another_user_is_named_with_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by a stand-in: who runs these tests may be root, whom no file refuses anything."""

    def refused(self: Path, *_arguments: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(CannotGoOn, match=rf"cannot be used by this user \({tmp_path} belongs to {tmp_path.owner()}\)"):
        state.holder(tmp_path)
