"""What MWAA installs on top of its image, and the versions that it may have there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.errors import Failure

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[.*?\])?==(?P<version>[^\s;]+)")
OWN_CONSTRAINTS = re.compile(r"-c |--constraint ")
FOLDER = Path("requirements")


def image_list(root: Path, version: str) -> Path:
    """What is installed in the image of an Airflow."""
    return root / FOLDER / f"mwaa-{version}-bom.txt"


def constraints(root: Path, version: str) -> Path:
    """What that image allows to be installed besides: the constraints of its Airflow."""
    return root / FOLDER / f"mwaa-{version}-constraints.txt"


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """The exact versions in a requirement file, by name."""
    found = (PIN.match(line) for line in text.splitlines())
    return {normal(pin["name"]): pin["version"] for pin in found if pin}


def wanted(text: str) -> list[str]:
    """The lines of a requirement file that ask for something."""
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def problems(text: str, allowed: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What is wrong with requirements.txt; `allowed` has by Airflow's version its image's pins."""
    if OWN_CONSTRAINTS.search(text):
        yield (
            "requirements.txt names constraints of its own (even in a comment), and so MWAA leaves out those of its "
            "image: take that line out"
        )
    for line in wanted(text):
        yield from _problems(line, allowed)


def _problems(line: str, allowed: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    name = NAME.match(line)
    if not name or "@" in line or "://" in line:
        yield f"requirements.txt: {line!r} is no package of an index: name a package, with `==` where it must be"
        return
    asked = PIN.match(line)
    for version, image in allowed.items():
        pinned = image.get(normal(name[0]))
        if pinned is None and not asked:
            yield (
                f"requirements.txt: {line!r} is outside the pins of MWAA's Airflow {version}, which has no {name[0]}: "
                f"say which version, as {name[0]}==..."
            )
        elif pinned is not None and asked and asked["version"] != pinned:
            yield (
                f"requirements.txt: {line!r} is outside the pins of MWAA's Airflow {version}, which allows "
                f"{name[0]}=={pinned}: ask for {name[0]} without a version, or do that work in a SageMaker job"
            )


def private_text(installed: Mapping[str, str]) -> str:
    """requirements.txt for a web server without a package index: these versions, from the wheels in plugins.zip."""
    lines = [f"{name}=={version}" for name, version in sorted(installed.items())]
    return "\n".join(["--find-links /usr/local/airflow/plugins", "--no-index", *lines, ""])


def allowed(root: Path, version: str) -> dict[str, str]:
    """Name to version of everything that the image of an Airflow holds or allows. Raises Failure for one unknown."""
    files = (constraints(root, version), image_list(root, version))
    missing = [str(file) for file in files if not file.exists()]
    if missing:
        raise Failure(f"Airflow {version} is no image that is known here: {', '.join(missing)} is missing")
    return {name: pin for file in files for name, pin in pins(file.read_text()).items()}
