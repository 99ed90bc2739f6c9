"""Images that share a library hold the same version of it: a model is proven in one image and run in the other."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.errors import Failure

_PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<rest>[^\\\n]+)", re.MULTILINE)


def check(containers: Path) -> None:
    """Raises Failure unless the images below ``containers`` agree in every library that two of them hold."""
    known: dict[str, tuple[str, str]] = {}
    for lock in sorted(containers.glob("*/requirements.txt")):
        for name, version in _pins(lock).items():
            image, other = known.setdefault(name, (lock.parent.name, version))
            if other != version:
                told = f"{name} is {other} in {image} and {version} in {lock.parent.name}"
                raise Failure(f"{containers}: the images' locks disagree: {told}; run `make locks`")


def _pins(lock: Path) -> dict[str, str]:
    """By library its version, or its versions with their markers."""
    found: dict[str, list[str]] = {}
    for pin in _PIN.finditer(lock.read_text()):
        found.setdefault(pin["name"], []).append(pin["rest"].strip())
    return {name: " or ".join(sorted(versions)) for name, versions in found.items()}
