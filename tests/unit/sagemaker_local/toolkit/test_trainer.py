from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.sagemaker_local.toolkit.conftest import Configure

pytestmark = pytest.mark.documented("sagemaker-training-toolkit: trainer")
ROOT = Path(__file__).resolve().parents[4]
MAIN = "import sys; from sagemaker_local.toolkit.__main__ import main; sys.exit(main('train'))"
SCRIPT = {"sagemaker_program": "train.py"}


def train(**variables: str) -> subprocess.CompletedProcess[str]:
    """The program ``train`` as a process."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-P", "-c", MAIN]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_a_success_leaves_an_empty_file(configure: Configure, base: Path) -> None:
    configure(SCRIPT)
    (base / "code" / "train.py").touch()
    assert train().returncode == 0
    assert (base / "output" / "success").read_bytes() == b""
    assert not (base / "output" / "failure").exists()


def test_a_script_that_fails_leaves_why(configure: Configure, base: Path) -> None:
    configure(SCRIPT)
    (base / "code" / "train.py").write_text("raise SystemExit(9)")
    assert train().returncode == 1
    assert (base / "output" / "failure").read_text().startswith("ExecuteUserScriptError:\nExitCode 9\n")
    assert not (base / "output" / "success").exists()


def test_what_the_script_itself_says_of_its_failure_stays(configure: Configure, base: Path) -> None:
    configure(SCRIPT)
    (base / "code" / "train.py").write_text(
        f"open({str(base / 'output/failure')!r}, 'w').write('mine'); raise SystemExit(1)"
    )
    assert train().returncode == 1
    assert (base / "output" / "failure").read_text() == "mine"


def test_a_failure_of_the_frameworks_has_its_traceback_and_its_error_number(configure: Configure, base: Path) -> None:
    configure({**SCRIPT, "sagemaker_submit_directory": "/no-such-place"})
    assert train().returncode == 2
    text = (base / "output" / "failure").read_text()
    assert text.startswith("Framework Error: \nTraceback")
    assert text.endswith("No such file or directory: '/no-such-place'")


@pytest.mark.local_only
def test_an_image_without_an_algorithm_asks_for_a_script(configure: Configure, base: Path) -> None:
    configure()
    assert train().returncode == 1
    assert "sagemaker_program" in (base / "output" / "failure").read_text()


def test_the_script_runs_in_the_code_folder_and_finds_its_modules(configure: Configure, base: Path) -> None:
    configure(SCRIPT)
    (base / "code" / "helper.py").touch()
    (base / "code" / "train.py").write_text("import os, helper; print(os.getcwd(), os.environ['CURRENT_HOST'])")
    assert f"{base}/code algo-1" in train().stdout.splitlines()


def test_sigterm_is_as_without_effect_as_on_the_first_process_of_a_container(configure: Configure, base: Path) -> None:
    configure(SCRIPT)
    (base / "code" / "train.py").write_text("import os; os.kill(os.getppid(), 15); print('survived', flush=True)")
    outcome = train()
    assert (outcome.returncode, outcome.stdout) == (0, "survived\n")


def test_the_log_tells_of_the_environment_and_the_command(configure: Configure, base: Path) -> None:
    configure({**SCRIPT, "eta": "0.1"})
    (base / "code" / "train.py").touch()
    log = train().stderr
    assert "sagemaker-training-toolkit INFO     Invoking user script\n\nTraining Env:\n" in log
    assert "\nSM_HP_ETA=0.1\n" in log
    assert "train.py --eta 0.1\n" in log
    assert "Reporting training SUCCESS" in log
