"""The runner of the checks: it counts right, and nothing that fails or hangs passes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.environments.catalogue import CLIENTS, Environment
from deploy.environments.install import Installer
from deploy.errors import Failure
from deploy.progress import Progress
from tests import __main__ as runner
from tests.checks import SOAKS, Check

REPORT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


@pytest.fixture(autouse=True)
def own_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.checks.REPORTS", tmp_path)


def python(name: str, program: str) -> Check:
    return Check(name, (sys.executable, "-c", program))


def test_counts_of_all_suites_are_added_and_an_error_is_a_failure() -> None:
    one, other = python("one", ""), python("other", "")
    one.report.write_text(REPORT.format(10, 1, 2, 3))
    other.report.write_text(REPORT.format(5, 0, 0, 0))
    assert runner.counts([one, other, python("static", "")]) == {"passed": 9, "failed": 3, "skipped": 3}


def test_a_check_passes_by_its_exit_status_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.run(python("good", "print('well')"), Progress(), alone=False)
    assert not runner.run(python("bad", "print('ill'); raise SystemExit(3)"), Progress(), alone=False)
    told = capsys.readouterr().out
    assert "good passed\nwell" in told
    assert "bad FAILED with exit status 3\nill" in told


def test_an_old_report_does_not_count_for_a_suite_that_could_not_start() -> None:
    check = python("suite", "raise SystemExit(4)")
    check.report.write_text(REPORT.format(10, 0, 0, 0))
    runner.run(check, Progress(), alone=False)
    assert runner.counts([check]) == {}


def test_a_check_that_hangs_is_ended_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LIMIT_SECONDS", 0.5)
    status, output = runner.outcome(
        python("hangs", "import time; print('here', flush=True); time.sleep(600)"), subprocess.PIPE
    )
    assert (status, output) == ("none within 0.5 s", "here\n")


def test_one_failed_check_fails_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    checks = [python("good", ""), python("bad", "")]
    assert runner.report(checks, [True, True], Progress()) == 0
    assert runner.report(checks, [True, False], Progress()) == 1
    assert capsys.readouterr().out.endswith("Failed: bad\n")


def test_a_suite_that_could_not_start_leaves_a_count_of_none_passed(capsys: pytest.CaptureFixture[str]) -> None:
    suite = Check("suite", (sys.executable, "-m", "pytest"))
    assert runner.report([suite], [False], Progress()) == 1
    assert capsys.readouterr().out.endswith("Failed: suite\n0 passed, 0 failed, 0 skipped\n")


class Prepared(Installer):
    """Installs nothing, and remembers which environments were asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, Progress(), {})
        self.asked: list[str] = []

    def ensure(self, environment: Environment) -> None:
        self.asked.append(environment.name)

    def images(self) -> dict[str, Path]:
        return {name: self.folder / "images" / name for name in ("training", "inference")}

    def managed_images(self, names: Sequence[str], containers: str, folder: Path) -> None:
        """Images are no environments: `asked` is without them."""


@pytest.fixture
def installer(tmp_path: Path) -> Prepared:
    return Prepared(tmp_path)


def test_the_whole_is_every_check_and_no_soak(installer: Prepared) -> None:
    names = {check.name for check in runner.prepared(installer, False, [])}
    assert {"lint", "format", "imports", "types-own", "airflow", "provider", "jobs", "server", "local", "e2e"} <= names
    assert not names & set(SOAKS)
    assert not set(installer.asked) & set(CLIENTS)


def test_soaking_is_every_soak_with_the_environments_of_all_clients(installer: Prepared) -> None:
    assert [check.name for check in runner.prepared(installer, True, [])] == list(SOAKS)
    assert set(CLIENTS) <= set(installer.asked)


def test_one_soak_needs_its_own_client_only(installer: Prepared) -> None:
    assert [check.name for check in runner.prepared(installer, True, ["airflow-3.2.1"])] == ["airflow-3.2.1"]
    assert set(installer.asked) & set(CLIENTS) == {"airflow-3.2.1"}


def test_a_check_that_does_not_exist_is_refused(installer: Prepared) -> None:
    with pytest.raises(Failure, match="no check is named speling"):
        runner.prepared(installer, False, ["lint", "speling"])
