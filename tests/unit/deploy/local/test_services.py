from __future__ import annotations

from pathlib import Path

import pytest

from deploy.environments.install import STAMP
from deploy.local.credentials import Credentials
from deploy.local.services import AIRFLOW, AWS, Service, catalogue
from deploy.local.settings import Settings

CREDENTIALS = Credentials("fernet", "api", "jwt", "password")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    clone = tmp_path / "a clone"
    for name in ("airflow", "sagemaker_local"):
        (clone / ".venv" / name).mkdir(parents=True)
        (clone / ".venv" / name / STAMP).write_text("installed")
    for name in ("plugins", "sagemaker_local"):
        (clone / name).mkdir()
        (clone / name / "code.py").write_text("")
    return clone


def services(root: Path) -> dict[str, Service]:
    settings = Settings(root, root / ".local", 9080, 9566)
    return {service.name: service for service in catalogue(settings, CREDENTIALS, {"PATH": "/bin"})}


def test_the_aws_endpoint_comes_before_airflow_that_uses_it(root: Path) -> None:
    assert list(services(root)) == [AWS, *AIRFLOW]


def test_no_service_opens_a_fixed_port_of_its_own(root: Path) -> None:
    # Both would serve their logs, on 8793 and 8794, whatever other stack is there.
    for name in ("scheduler", "triggerer"):
        assert "--skip-serve-logs" in services(root)[name].command


def test_each_service_runs_in_the_environment_made_for_it(root: Path) -> None:
    for name, service in services(root).items():
        environment = "sagemaker_local" if name == AWS else "airflow"
        assert service.command[0] == str(root / ".venv" / environment / "bin" / "python")


def test_the_endpoint_keeps_its_state_in_the_state_folder_and_never_learns_the_stacks_secrets(root: Path) -> None:
    aws = services(root)[AWS]
    given = aws.command[aws.command.index("--foreground") + 1 :]
    options = dict(zip(given[::2], given[1::2], strict=True))
    assert options["--port"] == "9566"
    assert options["--state-dir"] == str(root / ".local" / "aws")
    assert options["--hide"] == str(root / ".local"), "jobs can read the stack's secrets"
    assert not [name for name in aws.environ if name.startswith("AIRFLOW")]


@pytest.mark.parametrize(
    ("changed", "restarted"),
    [
        ("plugins/code.py", set(AIRFLOW)),
        (f".venv/airflow/{STAMP}", set(AIRFLOW)),
        ("sagemaker_local/code.py", {AWS}),
        (f".venv/sagemaker_local/{STAMP}", {AWS}),
    ],
)
def test_changed_code_is_another_version_of_what_has_loaded_it(root: Path, changed: str, restarted: set[str]) -> None:
    before = services(root)
    (root / changed).write_text("changed")
    after = services(root)
    assert {name for name in after if after[name].version != before[name].version} == restarted
