"""Many rows at once go through the trees as ONNX Runtime takes them through, to the last bit."""

from __future__ import annotations

import json
import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from serving import trees
from serving.model import Model
from serving.rows import read
from serving.trees import Trees, of_session
from tests.support.served import UseCase

LIMIT = 6 << 20

LARGEST = float(np.finfo(np.float32).max)
THRESHOLDS = (0.0, -0.0, 1e-45, -1e-45, 0.1, 0.5, 1.0, 1.0000001, 7.0, -3.5, 1e10, LARGEST, -LARGEST)


def grown(draw: random.Random, leaves: int, features: int) -> dict[str, list[Any]]:
    """A tree whose leaves are split at random until there are so many."""
    tree: dict[str, list[Any]] = {"left_children": [-1], "right_children": [-1], "split_indices": [0]}
    tree["split_conditions"] = [draw.uniform(-1, 1)]
    for _ in range(leaves - 1):
        node = draw.choice([place for place, child in enumerate(tree["left_children"]) if child == -1])
        for side in ("left_children", "right_children"):
            tree[side][node] = len(tree["left_children"])
            for name, value in (("left_children", -1), ("right_children", -1), ("split_indices", 0)):
                tree[name].append(value)
            tree["split_conditions"].append(draw.uniform(-1, 1))
        tree["split_indices"][node], tree["split_conditions"][node] = draw.randrange(features), draw.choice(THRESHOLDS)
    return tree


def walked(forest: list[dict[str, list[Any]]], row: Any) -> Any:
    """The sum of the leaves that a row comes to, branch by branch."""
    found = np.float32(0)
    for tree in forest:
        node = 0
        while tree["left_children"][node] != -1:
            below = row[tree["split_indices"][node]] < np.float32(tree["split_conditions"][node])
            node = tree["left_children" if below else "right_children"][node]
        found += np.float32(tree["split_conditions"][node])
    return found


@pytest.mark.parametrize("most", [2, 32, 33, 64], ids="{} leaves".format)
@pytest.mark.parametrize("rows", [256, 513, 1025])
@pytest.mark.parametrize("table", [0, 2048, trees.TABLE_BYTES], ids="tables of {} bytes".format)
def test_each_row_has_the_leaves_that_a_walk_finds(
    most: int, rows: int, table: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "TABLE_BYTES", table)
    draw = random.Random(most)
    forest = [grown(draw, most, 3), *(grown(draw, draw.randint(1, most), 3) for _ in range(11))]
    around = [np.nextafter(np.float32(value), np.float32(to)) for value in THRESHOLDS for to in (-LARGEST, LARGEST)]
    values = [np.float32(value) for value in (*THRESHOLDS, *around) if np.isfinite(value)]
    features = np.array([[draw.choice(values) for _ in range(4)] for _ in range(rows)])
    found = Trees(forest, 4).predict(features)
    np.testing.assert_array_equal(found, np.array([walked(forest, row) for row in features]))


def test_a_served_model_uses_them_and_predicts_what_its_graph_does(abalone: UseCase) -> None:
    model = Model.load(abalone.model("xgboost"))
    assert model.trees is not None
    features = np.concatenate([read(abalone.csv(), "text/csv", model.schema, LIMIT), model.trees.samples()])
    assert model.trees.reads(features)
    (wanted,) = model.session.run(None, {"features": features})
    np.testing.assert_array_equal(model.predict(features), wanted[:, 0])


def test_what_is_not_many_rows_of_finite_numbers_is_left_to_the_graph() -> None:
    found = Trees([grown(random.Random(0), 5, 2)], 2)
    rows = np.zeros((trees.LEAST_ROWS, 2), np.float32)
    assert found.reads(rows)
    for odd in (np.nan, np.inf):
        rows[7, 1] = odd
        assert not found.reads(rows)
    for others in (np.zeros_like(rows[1:]), np.zeros((300, 3), np.float32), np.zeros((300, 2)), [[0.0, 0.0]] * 300):
        assert not found.reads(others)


def session(forest: Any, predictions: float) -> Any:
    """A graph of two features that predicts one number for every row."""
    return SimpleNamespace(
        get_modelmeta=lambda: SimpleNamespace(
            custom_metadata_map={} if forest is None else {"trees": json.dumps(forest)}
        ),
        get_inputs=lambda: [SimpleNamespace(name="features", shape=["rows", 2])],
        run=lambda _, given: [np.full((len(given["features"]), 1), predictions, np.float32)],
    )


def constant(value: float) -> dict[str, list[Any]]:
    """A tree whose two leaves are one number."""
    return {
        "left_children": [1, -1, -1], "right_children": [2, -1, -1],
        "split_indices": [1, 0, 0], "split_conditions": [0.5, value, value],
    }  # fmt: skip


def test_trees_that_are_not_the_graph_are_told_and_not_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert of_session(session([constant(0.25)] * 4, 1.0)) is not None
    assert capsys.readouterr().out == ""
    assert of_session(session([constant(0.25)] * 4, 1.5)) is None
    assert "are not its graph's" in json.loads(capsys.readouterr().out)["message"]


def test_features_share_tables_of_a_bounded_size() -> None:
    assert trees._joined([2, 2, 9, 2, 3], 24) == [[2, 0], [4, 1, 3]]
    assert trees._joined([50, 60], 10) == [[1], [0]]


def test_tables_are_not_shared_where_that_takes_more_than_a_cache_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    forest = [grown(random.Random(number), 33, 3) for number in range(9)]
    assert len(Trees(forest, 3)._shared) == 1
    monkeypatch.setattr(trees, "MOST_BYTES", sum(len(own) + 1 for own in Trees(forest, 3).thresholds.values()) * 72)
    assert Trees(forest, 3)._shared == [[0], [1], [2]]


def test_trees_whose_words_no_cache_holds_do_not_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    forest = [grown(random.Random(number), 33, 3) for number in range(9)]
    found = Trees(forest, 3)
    assert found.pay
    words = sum(len(own) + 1 for own in found.thresholds.values()) * len(forest)
    for bound, pay in ((words * 8, True), (words * 8 - 1, False)):
        monkeypatch.setattr(trees, "MOST_BYTES", bound)
        assert found.pay == pay


def test_a_graph_without_trees_or_with_few_is_left_as_it_is() -> None:
    assert of_session(session(None, 1.0)) is None
    assert of_session(session([constant(0.5)] * 2, 1.0)) is None
    assert of_session(session([{**constant(1.0), "left_children": [-1]}] * 4, 4.0)) is None
