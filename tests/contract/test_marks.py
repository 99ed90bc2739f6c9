"""No contract test runs that does not say where its expectation comes from."""

from __future__ import annotations

import pytest

from tests.contract.marks import fault

pytestmark = pytest.mark.local_only
DOCUMENTED, LOCAL = pytest.mark.documented("page"), pytest.mark.local_only


class Item:
    """A collected test with these marks."""

    def __init__(self, *marks: pytest.MarkDecorator) -> None:
        self._marks = [decorator.mark for decorator in marks]

    def iter_markers(self, name: str) -> list[pytest.Mark]:
        return [mark for mark in self._marks if mark.name == name]


@pytest.mark.parametrize("marks", [(DOCUMENTED,), (LOCAL,)])
def test_one_mark_is_right(marks: tuple[pytest.MarkDecorator, ...]) -> None:
    assert fault(Item(*marks)) is None


@pytest.mark.parametrize("marks", [(), (DOCUMENTED, LOCAL), (DOCUMENTED, DOCUMENTED), (LOCAL, LOCAL)])
def test_none_or_several_are_wrong(marks: tuple[pytest.MarkDecorator, ...]) -> None:
    assert fault(Item(*marks)) == f"{len(marks)} marks documented or local_only instead of one"


@pytest.mark.parametrize("arguments", [(), (7,), ("page", "another")])
def test_documented_names_one_page(arguments: tuple[object, ...]) -> None:
    assert fault(Item(pytest.mark.documented(*arguments))) == "documented takes one argument, the page"
