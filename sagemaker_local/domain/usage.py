"""What programs take of the machine, from what the kernel says of its processes (proc(5))."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Process(NamedTuple):
    """One process, as /proc/<pid>/stat has it."""

    parent: int
    ticks: int
    """of processor time, its own and that of its children that have ended"""
    pages: int
    """in memory"""


def parse(stat: str) -> Process:
    """A line of /proc/<pid>/stat; a program's name in it may hold anything."""
    fields = stat.rpartition(")")[2].split()
    return Process(int(fields[1]), sum(map(int, fields[11:15])), int(fields[21]))


class Taken(NamedTuple):
    """What a program and everything that it has started take."""

    ticks: int
    pages: int


def taken(processes: dict[int, Process], root: int) -> Taken | None:
    """What the process *root* and its descendants take; ``None`` if it is not there."""
    if root not in processes:
        return None
    children: dict[int, list[int]] = {}
    for pid, process in processes.items():
        children.setdefault(process.parent, []).append(pid)
    tree = [processes[pid] for pid in _descendants(children, root)]
    return Taken(sum(each.ticks for each in tree), sum(each.pages for each in tree))


def _descendants(children: dict[int, list[int]], root: int) -> Iterator[int]:
    yield root
    for child in children.get(root, ()):
        yield from _descendants(children, child)
