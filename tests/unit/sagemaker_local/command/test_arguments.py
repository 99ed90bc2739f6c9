"""The command line: defaults that need no option, mistakes that are told, and help for every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from sagemaker_local import __version__
from sagemaker_local.__main__ import COMMANDS, main
from sagemaker_local.command.arguments import parser

pytestmark = pytest.mark.local_only


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home that nothing in the environment leads away from."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def misuse(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_no_option_has_to_be_given(home: Path) -> None:
    given = parser().parse_args(["start"])
    assert (given.host, given.port, given.stop_grace, given.isolation) == ("127.0.0.1", 4566, 120.0, "auto")
    assert given.state_dir == home / ".local" / "state" / "sagemaker-local"
    assert given.environments == home / ".cache" / "sagemaker-local" / "images"
    assert (given.containers, given.s3_endpoint, given.hide, given.foreground) == (None, None, [], False)
    assert given.max_jobs >= 1


def test_relative_folders_and_the_home_are_understood(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    given = parser().parse_args(["start", "--state-dir", "here", "--hide", "~/secrets", "--hide", "/x"])
    assert given.state_dir == home / "here"
    assert given.hide == [home / "secrets", Path("/x")]


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--port", "0", "above 0"),
        ("--port", "65536", "1 to 65535"),
        ("--port", "http", "whole number"),
        ("--max-jobs", "0", "above 0"),
        ("--stop-grace", "-1", "no time in seconds"),
        ("--stop-grace", "inf", "no time in seconds"),
        ("--stop-grace", "soon", "no time in seconds"),
        ("--containers", "/does/not/exist", "/does/not/exist is no folder"),
        ("--s3-endpoint", "127.0.0.1:9000", "http://host:port"),
        ("--s3-endpoint", "s3://bucket", "http://host:port"),
        ("--isolation", "docker", "invalid choice"),
        ("--host", "192.0.2.1", "invalid choice"),
        ("--faults", "/does/not/exist", "/does/not/exist is no file"),
    ],
)
def test_a_value_that_makes_no_sense_is_misuse(
    option: str, value: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = misuse(capsys, "start", option, value)
    assert told in error
    assert option in error


def test_a_command_is_needed_and_has_to_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert "COMMAND" in misuse(capsys)
    assert "serve" in misuse(capsys, "serve")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: sagemaker-local {command}" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"sagemaker-local {__version__}\n"


def test_half_of_the_keys_to_s3_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAGEMAKER_LOCAL_S3_ACCESS_KEY_ID", "key")
    assert main(["start", "--state-dir", str(tmp_path / "s"), "--s3-endpoint", "http://127.0.0.1:9000"]) == 1
    assert "SAGEMAKER_LOCAL_S3_SECRET_ACCESS_KEY belong together" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()
