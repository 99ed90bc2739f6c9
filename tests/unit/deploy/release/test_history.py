from __future__ import annotations

from deploy.release.history import History


def test_what_was_done_follows_what_was_done_before() -> None:
    assert History(["a"]).begin("b") == History(["a"], "b")
    assert History(["a"], "b").end() == History(["a", "b"])


def test_the_latest_again_counts_once() -> None:
    assert History(["a", "b"]).begin("b").end() == History(["a", "b"])
    assert History(["a", "b"]).begin("a").end() == History(["a", "b", "a"])


def test_what_was_begun_and_never_done_is_forgotten_by_the_next() -> None:
    assert History(["a"], "b").begin("c").end() == History(["a", "c"])


def test_going_back_leaves_what_was_done_before_the_latest_or_before_what_was_begun() -> None:
    assert History(["a", "b"]).back() == History(["a"])
    assert History(["a", "b"], "c").back() == History(["a", "b"])
    assert History().back() == History()


def test_it_is_read_as_it_was_written() -> None:
    for history in (History([]), History(["a", "b"]), History(["a"], "b")):
        assert History.decode(history.encode()) == history
