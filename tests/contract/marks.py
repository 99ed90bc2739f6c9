"""Whether a test says where its expectation comes from."""

from __future__ import annotations

import pytest


def fault(item: pytest.Item) -> str | None:
    """What is wrong with the test's marks: it must have ``documented(page)`` or ``local_only``, and one of them."""
    documented, local = list(item.iter_markers("documented")), list(item.iter_markers("local_only"))
    if len(documented) + len(local) != 1:
        return f"{len(documented) + len(local)} marks documented or local_only instead of one"
    if documented and not (len(documented[0].args) == 1 and isinstance(documented[0].args[0], str)):
        return "documented takes one argument, the page"
    return None
