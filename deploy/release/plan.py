"""What has to change in a bucket, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.release.record import INSTALLED, Deployment


@dataclass(frozen=True)
class Plan:
    """Keys: `installed` and `dags` to write, in this order, then `removed` to remove, in this order."""

    installed: Sequence[str]
    dags: Sequence[str]
    removed: Sequence[str]

    def lines(self) -> list[str]:
        """The plan for a reader."""
        written = [f"write   {key}" for key in (*self.installed, *self.dags)]
        return [*written, *(f"remove  {key}" for key in self.removed)]


def plan(wanted: Deployment, live: Mapping[str, str | None]) -> Plan:
    """From the live objects, by key their SHA-256 or None where that is unknown, to those of a deployment.

    What is removed goes last, and of that what lies highest first: DAG files before what they import.
    """
    changed = [key for key, sha in wanted.objects.items() if live.get(key) != sha]
    surplus = sorted(live.keys() - wanted.objects.keys(), key=lambda key: (key.count("/"), key))
    return Plan(
        installed=[key for key in changed if key in INSTALLED],
        dags=[key for key in changed if key not in INSTALLED],
        removed=[key for key in surplus if key not in INSTALLED],
    )
