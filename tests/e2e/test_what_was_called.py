"""What was asked of AWS until here is on record. That roles allow all of it is looked at when the stack goes down."""

from __future__ import annotations

import pytest

from tests.support.least_privilege import wanted
from tests.support.permissions import RECORD, on_record
from tests.support.stack import LocalStack

pytestmark = pytest.mark.local_only


def test_something_was_asked_in_the_name_of_each_role(stack: LocalStack) -> None:
    found = wanted(stack.calls)
    assert found.keys() == {"Airflow", "Jobs", "Endpoints"}
    assert len(found["Airflow"]) > 50


def test_what_was_called_is_on_record(stack: LocalStack) -> None:
    called = {each.action for each in wanted(stack.calls)["Airflow"]}
    assert called - on_record() == set(), f"`make calls` renews {RECORD}"
