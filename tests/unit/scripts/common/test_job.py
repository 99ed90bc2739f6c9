from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from common import job
from common.errors import UserError


def failing(error: Exception) -> Callable[[], NoReturn]:
    def work() -> NoReturn:
        raise error

    return work


def test_work_that_ends_is_status_0_and_leaves_no_message(base_dir: Path) -> None:
    assert job.run(lambda: None, base_dir / "output" / "message") == 0
    assert list(base_dir.iterdir()) == []


def test_a_user_error_is_told_as_it_is_and_without_a_traceback(
    base_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = base_dir / "output" / "message"
    assert job.run(failing(UserError("a.csv, line 2: correct it")), message) == 1
    assert message.read_text() == "a.csv, line 2: correct it"
    assert capsys.readouterr().err == "error: a.csv, line 2: correct it\n"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ZeroDivisionError("by zero"), "bug in the job: ZeroDivisionError: by zero; the log has the traceback"),
        (OSError(28, "No space left on device"), "fault of the machine: OSError: [Errno 28] No space left on device"),
    ],
)
def test_what_is_not_the_users_fault_is_told_as_such_with_a_traceback(
    base_dir: Path, capsys: pytest.CaptureFixture[str], error: Exception, told: str
) -> None:
    message = base_dir / "output" / "failure"
    assert job.run(failing(error), message) == 1
    assert message.read_text() == told
    log = capsys.readouterr().err
    assert "Traceback (most recent call last)" in log
    assert log.endswith(f"error: {told}\n")


@pytest.mark.parametrize("text", ["x" * 5000, "é" * 5000, "€" * 5000])
def test_a_long_message_is_cut_to_1024_bytes_of_whole_characters(base_dir: Path, text: str) -> None:
    message = base_dir / "output" / "message"
    job.run(failing(UserError(text)), message)
    kept = message.read_bytes()
    assert 1021 < len(kept) <= 1024
    assert text.startswith(kept.decode())


def test_a_message_that_is_not_unicode_text_is_still_written_as_utf_8(base_dir: Path) -> None:
    message = base_dir / "output" / "message"
    job.run(failing(UserError("data-\udcff.csv is missing")), message)
    assert message.read_bytes().decode() == "data-?.csv is missing"


def test_where_no_platform_listens_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path / "absent"))
    assert job.run(failing(UserError("no")), tmp_path / "absent" / "output" / "message") == 1
    assert not (tmp_path / "absent").exists()


def test_a_message_file_that_cannot_be_written_does_not_hide_the_failure(
    base_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (base_dir / "output").write_text("a file where a folder belongs")
    assert job.run(failing(UserError("first failure")), base_dir / "output" / "message") == 1
    log = capsys.readouterr().err
    assert "error: first failure" in log
    assert f"{base_dir / 'output' / 'message'} could not be written" in log


def test_wrong_arguments_are_reported_like_any_failure(base_dir: Path) -> None:
    parser = job.ArgumentParser("abalone.step", "what it does")
    parser.path("data", Path("data"), "where it is")
    message = base_dir / "output" / "message"
    assert job.run(lambda: print(parser.parse_args(["--dta", "x"])), message) == 1
    assert message.read_text().startswith("abalone.step: unrecognized arguments: --dta x; ")


def test_sigterm_ends_the_work_at_once_with_its_own_status() -> None:
    def work() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()

    with pytest.raises(SystemExit) as ended:
        job.run(work, Path("message"))
    assert ended.value.code == 128 + signal.SIGTERM


def test_the_signal_handler_is_gone_after_the_work() -> None:
    before = signal.getsignal(signal.SIGTERM)
    job.run(lambda: None, Path("message"))
    assert signal.getsignal(signal.SIGTERM) is before
