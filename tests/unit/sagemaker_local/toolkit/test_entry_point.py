from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sagemaker_local.toolkit.entry_point import Kind, command, install, kind
from sagemaker_local.toolkit.errors import ClientError, InstallRequirementsError

pytestmark = pytest.mark.documented("sagemaker-training-toolkit: entry_point")


@pytest.mark.parametrize(
    ("name", "files", "modules", "expected"),
    [
        ("train.py", [], False, Kind.PROGRAM),
        ("train.py", ["setup.py"], False, Kind.PACKAGE),
        ("train", ["setup.py"], False, Kind.PACKAGE),
        ("train.sh", ["setup.py"], False, Kind.COMMAND),
        ("train", [], False, Kind.COMMAND),
        ("train.py", [], True, Kind.PACKAGE),
        ("train.sh", [], True, Kind.COMMAND),
    ],
)
def test_the_kind_of_an_entry_point(base: Path, name: str, files: list[str], modules: bool, expected: Kind) -> None:
    for file in files:
        (base / "code" / file).touch()
    assert kind(base / "code", name, modules) is expected


def test_the_command_of_each_kind() -> None:
    arguments = ["--word", "a b", "-n", "1"]
    assert command(Kind.PROGRAM, "train.py", arguments) == [sys.executable, "train.py", *arguments]
    assert command(Kind.PACKAGE, "train.py", arguments) == [sys.executable, "-m", "train", *arguments]
    assert command(Kind.COMMAND, "train.sh", arguments) == ["/bin/sh", "-c", "./train.sh --word 'a b' -n 1"]


def test_a_command_is_made_executable(base: Path) -> None:
    (base / "code" / "train.sh").touch(mode=0o600)
    install(Kind.COMMAND, base / "code", "train.sh", {})
    assert os.access(base / "code" / "train.sh", os.X_OK)


def test_a_script_without_requirements_installs_nothing(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nothing/may/be/run")
    install(Kind.PROGRAM, base / "code", "train.py", {})
    install(Kind.PACKAGE, base / "code", "train.py", {})


@pytest.mark.local_only
def test_requirements_that_cannot_be_had_tell_where_pip_looked(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (base / "code" / "requirements.txt").write_text("absent==1\n")
    with pytest.raises(InstallRequirementsError) as caught:
        install(Kind.PROGRAM, base / "code", "train.py", {})
    assert str(caught.value) == (
        'InstallRequirementsError:\nExitCode 1\nErrorMessage ""\n'
        'ExtraInfo "pip looks where /etc/pip.conf and the job\'s PIP_* variables tell it to"\n'
        'Command "/bin/false -m pip install --disable-pip-version-check --root-user-action=ignore -r requirements.txt"'
    )


@pytest.mark.local_only
def test_codeartifact_is_refused_with_what_to_do_instead(base: Path) -> None:
    (base / "code" / "requirements.txt").touch()
    with pytest.raises(ClientError, match="PIP_INDEX_URL"):
        install(Kind.PROGRAM, base / "code", "train.py", {"CA_REPOSITORY_ARN": "arn:aws:codeartifact:..."})
