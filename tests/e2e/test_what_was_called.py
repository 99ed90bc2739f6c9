"""All that was asked of AWS until here is what the templates' roles allow, and is on record."""

from __future__ import annotations

from collections import defaultdict

import pytest

from deploy.local.environment import AIRFLOWS_KEY
from tests.support.calls import Asked, asked, lines, of_role
from tests.support.permissions import RECORD, on_record, refusals
from tests.support.stack import LocalStack

pytestmark = pytest.mark.local_only


def test_the_roles_allow_what_was_called(stack: LocalStack) -> None:
    wanted: dict[str, set[Asked]] = defaultdict(set)
    for line in lines(stack.calls, AIRFLOWS_KEY):
        wanted["Airflow"].update(asked(line))
        role, data = of_role(line)
        wanted[role].update(data)
    del wanted[""]
    assert len(wanted["Airflow"]) > 50
    assert "Jobs" in wanted
    assert [reason for role, actions in wanted.items() for reason in refusals(role, actions)] == []


def test_what_was_called_is_on_record(stack: LocalStack) -> None:
    called = {each.action for line in lines(stack.calls, AIRFLOWS_KEY) for each in asked(line)}
    assert called - on_record() == set(), f"`make calls` renews {RECORD}"
