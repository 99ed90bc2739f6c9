"""The command: what it tells, and how it ends."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from deploy.packaging.build import replace
from deploy.packaging.package import Package
from deploy.release.__main__ import main
from deploy.settings import Settings, read
from deploy.stacks import TEMPLATES
from tests.support.local_aws import ROOT, LocalAws

PACKAGE = Package(
    {"dags/a.py": b"", "plugins.zip": b"z", "requirements.txt": b"", "startup.sh": b""},
    ["a"],
    {},
    {"training": "1" * 64},
)


@pytest.fixture
def dev(aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The account of the environment dev in the local AWS, and a package."""
    settings = read("dev")
    replace(PACKAGE, tmp_path / "dist")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    # The local AWS takes a key of twelve digits for the account's number.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", settings.account)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it would keep these keys for other tests, or theirs for this
    return settings


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["release", *words])
    return main()


def test_a_dry_run_prints_the_plan(
    dev: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for bucket in (dev.airflow_bucket, dev.data_bucket):
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=bucket)
    assert run(monkeypatch, "deploy", "dev", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines()[0] == "write   plugins.zip"


def test_an_environment_that_is_none_is_told(
    dev: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "deploy", "nowhere") == 1
    assert "there are dev, staging, prod" in capsys.readouterr().err


def test_stacks_that_are_not_this_commits_are_told_before_anything_is_deployed(
    dev: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("deploy.stacks.TEMPLATES", ROOT / TEMPLATES)
    assert run(monkeypatch, "deploy", "dev") == 1
    assert 'make stacks ENV=dev STACKS="nightshift-dev-network ' in capsys.readouterr().err


def test_what_aws_refuses_is_told_with_the_environment(
    dev: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "rollback", "dev") == 1
    assert capsys.readouterr().err.startswith("error: dev: ")
