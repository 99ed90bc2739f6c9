"""Checks of JSON values, put together as a JSON schema is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Check = Callable[[Any, str], Iterator[str]]
"""of a value and its path: what is wrong with it"""


def text(longest: int | None = None, shortest: int = 0) -> Check:
    """Text of so many characters."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{path} must be text"
        elif longest is not None and len(value) > longest:
            yield f"{path} must have at most {longest} characters"
        elif len(value) < shortest:
            yield f"{path} must have at least {shortest} characters"

    return check


def number(least: float | None = None) -> Check:
    """A number, which true and false are not."""

    def check(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"{path} must be a number"
        elif least is not None and value < least:
            yield f"{path} must be at least {least}"

    return check


def boolean(value: Any, path: str) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield f"{path} must be true or false"


def one_of(*values: str) -> Check:
    """One of these texts."""

    def check(value: Any, path: str) -> Iterator[str]:
        if value not in values:
            yield f"{path} must be one of {', '.join(values)}"

    return check


def any_of(*checks: Check) -> Check:
    """What one of the checks finds nothing wrong with."""

    def check(value: Any, path: str) -> Iterator[str]:
        found = [list(one(value, path)) for one in checks]
        if all(found):
            yield " or ".join(faults[0] for faults in found)

    return check


def array(item: Check, least: int = 0, most: int | None = None) -> Check:
    """A list of so many such elements."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path} must be a list"
            return
        if len(value) < least:
            yield f"{path} must have at least {least} elements"
        if most is not None and len(value) > most:
            yield f"{path} must have at most {most} elements"
        for index, element in enumerate(value):
            yield from item(element, f"{path}[{index}]")

    return check


def mapping(item: Check) -> Check:
    """An object whose members, of any name, are such."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path} must be an object"
            return
        for name, element in value.items():
            yield from item(element, _join(path, name))

    return check


def structure(members: dict[str, Check], required: tuple[str, ...] = (), closed: bool = True) -> Check:
    """An object of these members, and if *closed* no others."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path or 'it'} must be an object"
            return
        for name in required:
            if name not in value:
                yield f"{_join(path, name)} is missing"
        for name, element in value.items():
            if name in members:
                yield from members[name](element, _join(path, name))
            elif closed:
                yield f"{_join(path, name)} is unknown"

    return check


def anything(_value: Any, _path: str) -> Iterator[str]:
    """What the schema says nothing of."""
    return iter(())


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
