"""The benchmark's load, which runs in the environment of the image that serves: what counts as a failure."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bench.load import Asking, Load


@pytest.mark.parametrize(("seconds", "failures"), [(60, 1), (0, 0)], ids=["in time", "when the load is over"])
def test_a_connection_that_ends_unanswered_is_a_failure_if_it_was_asked(
    seconds: float, failures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Load(1, "text/csv", b"M", seconds)
    monkeypatch.setattr(load, "connect", lambda: None)
    asking = Asking(load)
    asking.connection_made(SimpleNamespace(abort=lambda: None, write=lambda _: None))  # type: ignore[arg-type]
    asking.connection_lost(None)
    assert len(load.failures) == failures
