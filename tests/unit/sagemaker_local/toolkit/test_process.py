from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sagemaker_local.toolkit import process
from sagemaker_local.toolkit.errors import ExecuteUserScriptError

pytestmark = pytest.mark.documented("sagemaker-training-toolkit: process.check_error")


def failure(source: str) -> str:
    """The error text of a Python program that fails."""
    with pytest.raises(ExecuteUserScriptError) as caught:
        process.run([sys.executable, "-c", source], Path(), ExecuteUserScriptError)
    return str(caught.value)


def test_both_streams_go_on_unchanged(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    source = r"import sys; sys.stdout.buffer.write(b'out \xff\n'); sys.stderr.buffer.write(b'err\n')"
    process.run([sys.executable, "-c", source], Path(), ExecuteUserScriptError)
    assert capfdbinary.readouterr() == (b"out \xff\n", b"err\n")


def test_the_error_starts_at_the_first_line_that_names_one() -> None:
    text = failure("import sys; sys.stderr.write('ready\\nValueError: bad\\nmore\\n'); sys.exit(3)")
    assert text.startswith('ExecuteUserScriptError:\nExitCode 3\nErrorMessage "ValueError: bad\n more"\nCommand "')


def test_a_line_that_comes_twice_is_told_once() -> None:
    text = failure("import sys; sys.stderr.write('OSError: x\\nOSError: x\\n'); sys.exit(1)")
    assert 'ErrorMessage "OSError: x"' in text


def test_without_an_error_line_the_message_is_empty() -> None:
    assert failure("raise SystemExit(7)").startswith('ExecuteUserScriptError:\nExitCode 7\nErrorMessage ""\nCommand "')


def test_a_killed_program_is_taken_to_be_out_of_memory() -> None:
    text = failure("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert "ExitCode 137\n" in text
    assert 'ExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"\nCommand "' in text


def test_another_signal_is_an_exit_code_of_its_own() -> None:
    assert "ExitCode 143\n" in failure("import os; os.kill(os.getpid(), 15)")
