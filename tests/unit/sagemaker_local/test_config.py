"""The server's separation from the user's AWS set-up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sagemaker_local.config import Settings, detach_from_users_aws

THEIRS = {
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
    "AWS_CONFIG_FILE": "/home/user/.aws/config",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/",
    "HTTP_PROXY": "http://proxy:1",
    "https_proxy": "http://proxy:1",
    "ALL_PROXY": "socks://proxy:1",
    "NO_PROXY": "corp.example",
}


@pytest.fixture
def detached(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a process that had the user's variables and was detached."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/home/user", "MY_AWS_NOTE": "kept", **THEIRS}
    monkeypatch.setattr(os, "environ", os.environ.copy())
    for name in list(os.environ):
        del os.environ[name]
    os.environ.update(environment)
    detach_from_users_aws()
    return dict(os.environ)


def test_nothing_of_the_users_aws_or_proxies_is_left(detached: dict[str, str]) -> None:
    assert not set(THEIRS.values()) & set(detached.values())
    ours = {name for name in detached if name.startswith("AWS_") or name.lower().endswith("_proxy")}
    assert ours == {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED", "NO_PROXY"}


def test_the_users_files_and_the_machines_role_are_out_of_reach(detached: dict[str, str]) -> None:
    assert detached["AWS_CONFIG_FILE"] == detached["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert detached["AWS_EC2_METADATA_DISABLED"] == "true"
    assert detached["NO_PROXY"] == "*"


def test_other_variables_stay(detached: dict[str, str]) -> None:
    assert (detached["HOME"], detached["MY_AWS_NOTE"]) == ("/home/user", "kept")


def test_the_endpoint_is_on_this_machine_only() -> None:
    path = Path("x")
    settings = Settings(
        port=4567, state_dir=path, containers=path, environments=path, max_jobs=2, hidden=(),
        isolation="auto", stop_grace_seconds=120, speed_up=1,
    )  # fmt: skip
    assert settings.endpoint == "http://127.0.0.1:4567"
