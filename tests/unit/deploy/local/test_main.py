from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.__main__ import parse

ROOT = Path(__file__).parents[4]


def command(local: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", *arguments], cwd=ROOT, text=True, capture_output=True,
        env={"LOCAL_DIR": str(local), "PATH": "/usr/bin:/bin", **environ},
    )  # fmt: skip


def test_a_failure_is_one_message_and_status_1(tmp_path: Path) -> None:
    result = command(tmp_path, "status", AIRFLOW_PORT="web")
    assert result.returncode == 1
    assert result.stderr == "\nerror: AIRFLOW_PORT=web is not a port number from 1024 to 65535.\n"


def test_a_use_case_that_is_none_is_refused_before_anything_starts(tmp_path: Path) -> None:
    result = command(tmp_path, "run", "--use-case", "chrun")
    assert result.returncode == 1
    assert result.stderr == "\nerror: chrun is no use case; dags/ has abalone, churn.\n"
    assert list(tmp_path.iterdir()) == []


def test_looking_at_a_stack_that_never_ran_is_no_error_and_starts_nothing(tmp_path: Path) -> None:
    result = command(tmp_path, "status")
    assert result.returncode == 0
    assert result.stdout.count("down") == 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["destroy"], ["logs", "nobody"]])
def test_what_is_no_command_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        parse(arguments)
    assert refusal.value.code == 2
    assert "usage: python -m deploy.local" in capsys.readouterr().err
