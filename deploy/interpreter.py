"""Goes on with a Python that this project supports: `python3 deploy/interpreter.py -m deploy.local run`.

Make starts this file with whatever `python3` is (3.7 reads it), everything else runs in the Python found
here: CPython 3.12, which is what the MWAA image has, before 3.11.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

MINORS = (12, 11)
SUPPORTED = "CPython 3.12 or 3.11"
PROBE = """
import platform, sys
try:
    import ensurepip, venv
    has_venv = 1
except ImportError:
    has_venv = 0
print(platform.python_implementation(), sys.version_info[0], sys.version_info[1], has_venv)
print(getattr(sys, "_base_executable", sys.executable))
"""


class Interpreter(NamedTuple):
    """A Python that runs: its path (a shim resolved), minor version, and whether it makes environments."""

    path: str
    minor: int
    has_venv: bool


class NoInterpreter(Exception):
    """No Python on this machine can be used; the message says what to install or to set."""


def probe(command: str) -> Interpreter | None:
    """The supported CPython behind `command`, or None. It is run: a pyenv shim may exist and yet not work."""
    try:
        answer = subprocess.run([command, "-c", PROBE], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if answer.returncode != 0:
        return None
    facts, path = answer.stdout.splitlines()
    implementation, major, minor, has_venv = facts.split()
    if implementation != "CPython" or major != "3" or int(minor) not in MINORS:
        return None
    return Interpreter(path, int(minor), has_venv == "1")


def _numbers(path: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path)]


def candidates(environ: dict[str, str], current: str) -> list[str]:
    """Commands worth trying, best first: 3.12 on PATH, 3.12 of pyenv, the same for 3.11, then `current`."""
    pyenv = environ.get("PYENV_ROOT") or os.path.join(os.path.expanduser("~"), ".pyenv")
    found = []
    for minor in MINORS:
        name = f"python3.{minor}"
        on_path = shutil.which(name, path=environ.get("PATH"))
        installed = glob.glob(os.path.join(glob.escape(pyenv), "versions", f"3.{minor}.*", "bin", name))
        found += [on_path] if on_path else []
        found += sorted(installed, key=_numbers, reverse=True)
    return [*found, current]


def find(environ: dict[str, str], current: str) -> Interpreter:
    """The Python to use: $PYTHON where set, else the best candidate that can make environments.

    Raises NoInterpreter where there is none.
    """
    asked = environ.get("PYTHON")
    working = [one for one in map(probe, [asked] if asked else candidates(environ, current)) if one]
    if asked and not working:
        raise NoInterpreter(f"PYTHON={asked} is not a working {SUPPORTED}.")
    if not working:
        raise NoInterpreter(
            f"this project needs {SUPPORTED}; found only Python {sys.version.split()[0]} ({current}).\n"
            "Install one of them, or name it: make PYTHON=/path/to/python3.12 ..."
        )
    best = max(working, key=lambda one: (one.has_venv, one.minor))
    if not best.has_venv:
        raise NoInterpreter(
            f"{best.path} cannot make virtual environments. On Debian and Ubuntu:\n"
            f"    sudo apt install python3.{best.minor}-venv\n"
            "(python3-venv brings it for the system's default python3.) "
            "Or name another Python: make PYTHON=/path/to/python3.12 ..."
        )
    return best


def main() -> None:
    """Become the Python found, with the arguments given."""
    try:
        chosen = find(dict(os.environ), sys.executable)
    except NoInterpreter as error:
        sys.exit(f"error: {error}")
    os.execv(chosen.path, [chosen.path, *sys.argv[1:]])


if __name__ == "__main__":
    main()
