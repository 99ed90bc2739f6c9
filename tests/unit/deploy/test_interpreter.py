"""Which Python is chosen, tried with commands that answer as Pythons do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from deploy import interpreter
from deploy.interpreter import NoInterpreter


def fake_python(path: Path, minor: int, *, implementation: str = "CPython", has_venv: bool = True) -> str:
    """A command that answers the probe as Python 3.<minor> would."""
    return script(path, f"echo {implementation} 3 {minor} {int(has_venv)}\necho {path}")


def broken_shim(path: Path) -> str:
    """What pyenv leaves on PATH for a version that is not selected."""
    return script(path, "echo 'pyenv: python3.12: command not found' >&2\nexit 127")


def script(path: Path, body: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"PATH": str(tmp_path / "bin"), "PYENV_ROOT": str(tmp_path / "pyenv"), **more}


def test_3_12_from_path_comes_before_an_older_python3(tmp_path: Path) -> None:
    best = fake_python(tmp_path / "bin" / "python3.12", 12)
    current = fake_python(tmp_path / "python3", 11)
    assert interpreter.find(environ(tmp_path), current).path == best


def test_a_shim_that_does_not_work_is_passed_over_for_the_newest_pyenv_version(tmp_path: Path) -> None:
    broken_shim(tmp_path / "bin" / "python3.12")
    for version in ("3.12.9", "3.12.10"):
        fake_python(tmp_path / "pyenv" / "versions" / version / "bin" / "python3.12", 12)
    current = fake_python(tmp_path / "python3", 11)
    assert "3.12.10" in interpreter.find(environ(tmp_path), current).path


def test_python3_itself_will_do_where_it_is_3_11(tmp_path: Path) -> None:
    current = fake_python(tmp_path / "python3", 11)
    assert interpreter.find(environ(tmp_path), current) == (current, 11, True)


def test_a_python_with_venv_comes_before_a_newer_one_without(tmp_path: Path) -> None:
    fake_python(tmp_path / "bin" / "python3.12", 12, has_venv=False)
    current = fake_python(tmp_path / "python3", 11)
    assert interpreter.find(environ(tmp_path), current).path == current


def test_a_bare_debian_python_is_told_which_package_to_install(tmp_path: Path) -> None:
    current = fake_python(tmp_path / "python3", 11, has_venv=False)
    with pytest.raises(NoInterpreter, match=r"sudo apt install python3\.11-venv"):
        interpreter.find(environ(tmp_path), current)


@pytest.mark.parametrize(("minor", "implementation"), [(10, "CPython"), (13, "CPython"), (12, "PyPy")])
def test_other_versions_and_implementations_are_refused(tmp_path: Path, minor: int, implementation: str) -> None:
    current = fake_python(tmp_path / "python3", minor, implementation=implementation)
    with pytest.raises(NoInterpreter, match=r"needs CPython 3\.12 or 3\.11"):
        interpreter.find(environ(tmp_path), current)


def test_the_python_asked_for_is_taken_whatever_else_there_is(tmp_path: Path) -> None:
    fake_python(tmp_path / "bin" / "python3.12", 12)
    asked = fake_python(tmp_path / "own python", 11)
    assert interpreter.find(environ(tmp_path, PYTHON=asked), sys.executable).path == asked


def test_a_python_asked_for_that_does_not_work_is_named_in_the_message(tmp_path: Path) -> None:
    fake_python(tmp_path / "bin" / "python3.12", 12)
    asked = broken_shim(tmp_path / "broken")
    with pytest.raises(NoInterpreter, match=f"PYTHON={asked} is not a working CPython"):
        interpreter.find(environ(tmp_path, PYTHON=asked), sys.executable)


def test_the_python_that_runs_this_is_recognised_by_the_real_probe() -> None:
    found = interpreter.probe(sys.executable)
    assert found is not None
    assert found.minor == sys.version_info.minor
    assert os.access(found.path, os.X_OK)
