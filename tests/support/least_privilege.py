"""What was really asked of a local AWS, held to what the templates' roles allow."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from deploy.local.environment import AIRFLOWS_KEY
from tests.support.calls import Asked, asked, lines, of_role
from tests.support.permissions import refusals


def wanted(calls: Path) -> dict[str, set[Asked]]:
    """What Airflow asked for, and what is asked in the name of the roles of what it made, by the role."""
    found: dict[str, set[Asked]] = defaultdict(set)
    for line in lines(calls, AIRFLOWS_KEY):
        found["Airflow"].update(asked(line))
        role, data = of_role(line)
        if role:
            found[role].update(data)
    return found


def refused(calls: Path) -> list[str]:
    """Why the roles would not have let that happen, and what would."""
    return [reason for role, actions in wanted(calls).items() for reason in refusals(role, actions)]
