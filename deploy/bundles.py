"""Job code as it travels: of each use case all that there is, and of each of its steps what that step can use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from deploy.closure import closure
from deploy.content import read_folder

ENTRY = "__main__.py"
STEPS = "tabular/steps"
"""The folder with a module for each step."""
WHOLE = ""
"""In place of a step's name: all the job code of a use case."""


def bundles(scripts: Path) -> dict[str, dict[str, bytes]]:
    """The code bundle of each use case: its own folder, which `python -m` can start, and all those that are no use
    case's."""
    folders = {
        folder.name: {f"{folder.name}/{path}": content for path, content in read_folder(folder).items()}
        for folder in sorted(scripts.iterdir())
        if folder.is_dir()
    }
    own = {name: files for name, files in folders.items() if f"{name}/{ENTRY}" in files}
    shared = {path: content for name in folders.keys() - own.keys() for path, content in folders[name].items()}
    return {name: {**shared, **files} for name, files in own.items()}


def step_bundles(use_case: str, bundle: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """What each step needs of its use case's bundle: the use case's own folder, the step's module, what they import."""
    own = [path for path in bundle if path.startswith(f"{use_case}/")]
    modules = {PurePosixPath(path).stem: path for path in bundle if str(PurePosixPath(path).parent) == STEPS}
    return {step: closure(bundle, [*own, path]) for step, path in modules.items() if step != "__init__"}


def job_code(scripts: Path) -> dict[str, dict[str, dict[str, bytes]]]:
    """By use case the files of each step's bundle, and as WHOLE those of all of them."""
    return {name: {WHOLE: files, **step_bundles(name, files)} for name, files in bundles(scripts).items()}
