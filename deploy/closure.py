"""Which files of job code a step can use: what its modules import, found without running anything.

A step's bundle holds these files and no others, so that a change elsewhere is none of its code. What is left out by
mistake fails at the import, and is never merely overlooked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

PACKAGE = "__init__.py"
BY_NAME = "importlib"


def closure(files: Mapping[str, bytes], roots: Iterable[str]) -> dict[str, bytes]:
    """The `roots` among `files`, both by relative path, and every file that they import, directly or not.

    Whole are packages that import by name: which module that will be, their code does not say. Files that are no Python
    come with the package they lie in.
    """
    modules = {_module(path): path for path in files if path.endswith(".py")}
    found: set[str] = set()
    pending = list(roots)
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += _neighbours(path, files, modules)
    return {path: content for path, content in files.items() if path in found}


def _neighbours(path: str, files: Mapping[str, bytes], modules: Mapping[str, str]) -> Iterator[str]:
    """The files that come with the one at `path`."""
    if not path.endswith(".py"):
        return
    folder, name = PurePosixPath(path).parent, PurePosixPath(path).name
    names = set(_imports(path, files[path]))
    for imported in {_module(path), *names}:
        yield from (modules[each] for each in _with_parents(imported) if each in modules)
    if name == PACKAGE:
        yield from (each for each in files if PurePosixPath(each).parent == folder and not each.endswith(".py"))
        if BY_NAME in names:
            yield from (each for each in files if PurePosixPath(each).is_relative_to(folder))


def _imports(path: str, content: bytes) -> Iterator[str]:
    """Every name that a file imports, of which some are modules and some what modules hold."""
    package = PurePosixPath(path).parent
    for node in ast.walk(ast.parse(content, path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = [*package.parts[: len(package.parts) + 1 - node.level]] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _module(path: str) -> str:
    return ".".join(PurePosixPath(path.removesuffix(f"/{PACKAGE}").removesuffix(".py")).parts)
