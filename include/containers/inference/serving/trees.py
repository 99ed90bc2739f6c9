"""Many rows through a sum of trees at once: QuickScorer (Lucchese et al., SIGIR 2015), by operations on whole arrays.

A comparison that fails rules out the leaves below its left branch. For each tree a word of bits, one a leaf from left
to right, says which are left; the words of a row's features are joined by AND, and the lowest bit that remains is the
row's leaf. Leaves are added in the order of the trees, as ONNX Runtime does: the sums are the same to the last bit.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property, reduce
from math import prod
from operator import iand
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime
import orjson

from serving import log
from serving.search import Floats, Places, Search

Words = npt.NDArray[Any]
Tree = Mapping[str, Sequence[Any]]
KEY = "trees"
"""of a graph's metadata: its trees as training wrote them (``tabular.onnx_format``), each of at most 64 leaves"""
LEAST_ROWS = 256  # with fewer, ONNX Runtime is as fast
TREES_A_FEATURE = 3  # and here
ROWS_AT_ONCE = 1024  # whose words stay in the processor's cache
MOST_BYTES = 1 << 22  # of all words
TABLE_BYTES = 1 << 19  # of a table that features share
_LEAF = -1


class Branch(NamedTuple):
    """Of a tree: the leaves that remain, as bits, where the value is not below the threshold."""

    tree: int
    threshold: float
    remaining: int


class Trees:
    """The sum of some trees' leaves, in their order; ``width`` is the number of features in a row."""

    def __init__(self, trees: Sequence[Tree], width: int) -> None:
        self._branches: dict[int, list[Branch]] = {}
        leaves = [_leaves(tree, number, self._branches) for number, tree in enumerate(trees)]
        most = max(map(len, leaves))
        self.width = width
        self.thresholds = {
            feature: np.unique(np.array([branch.threshold for branch in own], np.float32))
            for feature, own in sorted(self._branches.items())
        }
        self._kind = np.uint32 if most <= 32 else np.uint64
        self._leaves = np.array([[0.0, *values, *[0.0] * (most - len(values))] for values in leaves], np.float32)
        starts = np.arange(0, self._leaves.size, most + 1)[:, None]
        self._leaf_starts = starts.astype(np.min_scalar_type(self._leaves.size))
        self._row_bytes = len(trees) * self._kind(0).itemsize
        self._sizes = [len(own) + 1 for own in self.thresholds.values()]

    @property
    def pay(self) -> bool:
        """Whether there are trees enough for the features that they ask for, and their words stay in a cache."""
        enough = len(self.thresholds) * TREES_A_FEATURE <= len(self._leaves)
        return enough and sum(self._sizes) * self._row_bytes <= MOST_BYTES

    @cached_property
    def _search(self) -> Search:
        return Search(list(self.thresholds.values()))

    @cached_property
    def _shared(self) -> list[list[int]]:
        """Places of features that share a table: each has one row for all of them, and not one for each."""
        found = _joined(self._sizes, TABLE_BYTES // self._row_bytes)
        rows = sum(prod(self._sizes[place] for place in places) for places in found)
        return found if rows * self._row_bytes <= MOST_BYTES else [[place] for place in range(len(self._sizes))]

    @cached_property
    def _tables(self) -> list[Words]:
        """For each combination of numbers of thresholds that its features' values reach, a word for each tree."""
        own = [self._table(feature, thresholds) for feature, thresholds in self.thresholds.items()]
        found = []
        for first, *others in self._shared:
            table = own[first]
            for place in others:
                table = (table[:, None] & own[place]).reshape(-1, len(self._leaves))
            found.append(table)
        return found

    def _table(self, feature: int, thresholds: Floats) -> Words:
        every = int(~self._kind(0))
        table = np.full((len(thresholds) + 1, len(self._leaves)), every, self._kind)
        for branch in self._branches[feature]:
            reached = int(np.searchsorted(thresholds, np.float32(branch.threshold))) + 1
            table[reached:, branch.tree] &= self._kind(branch.remaining & every)
        return table

    def reads(self, features: Any) -> bool:
        """Whether `predict` may be asked: there are many rows, of finite 32-bit numbers."""
        return (
            isinstance(features, np.ndarray)
            and len(features) >= LEAST_ROWS
            and features.dtype == np.float32
            and features.shape[1:] == (self.width,)
            and bool(np.isfinite(features).all())
        )

    def predict(self, features: Floats) -> Floats:
        """The sum of each row."""
        # Parts of about equal size, since NumPy would add a single row's leaves in another order.
        parts = np.array_split(features, -(-len(features) // ROWS_AT_ONCE))
        return np.concatenate([self._sums(part) for part in parts])

    def _sums(self, features: Floats) -> Floats:
        words = self._remaining(np.ascontiguousarray(features[:, list(self.thresholds)].T))
        leaves = np.bitwise_count((words - words.dtype.type(1)) ^ words)  # the place of the lowest bit, from 1
        places = np.add(leaves.T, self._leaf_starts, order="C")
        found: Floats = np.add.reduce(self._leaves.take(places, mode="clip"), axis=0)
        return found

    def _remaining(self, columns: Floats) -> Words:
        """The words of each row and tree."""
        reached = self._search.find(columns)
        tables = zip(self._tables, self._shared, strict=True)
        own = (table.take(self._rows(reached, places), axis=0, mode="clip") for table, places in tables)
        words: Words = reduce(iand, own)
        return words

    def _rows(self, reached: Places, places: Sequence[int]) -> Places:
        """Of each row, that of the features' table."""
        first, *others = places
        rows: Places = reached[first]
        for place in others:
            rows = rows * self._sizes[place] + reached[place]
        return rows

    def samples(self) -> Floats:
        """Rows that have, and barely miss, each threshold of each feature."""
        draw = np.random.default_rng(0)
        most = max(map(len, self.thresholds.values()))
        rows = np.zeros((max(LEAST_ROWS, 2 * most), self.width), np.float32)
        for feature, own in self.thresholds.items():
            around = np.concatenate([own, np.nextafter(own, np.float32(-np.inf))])
            rows[:, feature] = np.resize(draw.permutation(around), len(rows))
        return rows


def of_session(session: onnxruntime.InferenceSession) -> Trees | None:
    """The trees that are all of a graph. None if its metadata tells of none that branch, if they do not pay, or if they
    do not predict what the graph does, which the log tells."""
    document = orjson.loads(session.get_modelmeta().custom_metadata_map.get(KEY, "[]"))
    if all(len(tree["left_children"]) == 1 for tree in document):
        return None
    (given,) = session.get_inputs()
    trees = Trees(document, given.shape[1])
    if not trees.pay:
        return None
    rows = trees.samples()
    (wanted,) = session.run(None, {given.name: rows})
    if np.array_equal(trees.predict(rows), wanted[:, 0]):
        return trees
    log.tell("warning", "the trees in the model's metadata are not its graph's: the graph predicts, which is slower")
    return None


def _leaves(tree: Tree, number: int, branches: dict[int, list[Branch]], node: int = 0, before: int = 0) -> list[float]:
    """The leaves at and below a node, from left to right; ``before`` of the tree's are left of them."""
    left, value = tree["left_children"][node], tree["split_conditions"][node]
    if left == _LEAF:
        return [value]
    found = _leaves(tree, number, branches, left, before)
    remaining = ~(((1 << len(found)) - 1) << before)
    branches.setdefault(tree["split_indices"][node], []).append(Branch(number, value, remaining))
    return found + _leaves(tree, number, branches, tree["right_children"][node], before + len(found))


def _joined(sizes: Sequence[int], most: int) -> list[list[int]]:
    """Groups of places whose sizes' product is at most ``most``; a larger size is alone."""
    waiting, found = sorted(range(len(sizes)), key=lambda place: sizes[place]), []
    while waiting:
        group = [waiting.pop()]
        while waiting and prod(sizes[place] for place in (*group, waiting[0])) <= most:
            group.append(waiting.pop(0))
        found.append(group)
    return found
