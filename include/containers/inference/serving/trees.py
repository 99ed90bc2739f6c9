"""Many rows through a sum of trees at once: QuickScorer (Lucchese et al., SIGIR 2015), by operations on whole arrays.

A comparison that fails rules out the leaves below its left branch. For each tree a word of bits, one a leaf from left
to right, says which are left; the words of a row's features are joined by AND, and the lowest bit that remains is the
row's leaf. Leaves are added in the order of the trees, as ONNX Runtime does: the sums are the same to the last bit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import orjson

from serving import log

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]
Words = npt.NDArray[Any]
Tree = Mapping[str, Sequence[Any]]
Branch = tuple[int, int, float, int]
"""tree, feature, threshold, and the bits of the leaves that remain where the value is not below it"""

KEY = "trees"
"""of a graph's metadata: its trees as training wrote them (``tabular.onnx_format``), each of at most 64 leaves"""
LEAST_ROWS = 256  # with fewer, ONNX Runtime is as fast
TREES_A_FEATURE = 3  # and here
ROWS_AT_ONCE = 512  # whose words stay in the processor's cache
PARTS = 4096  # of each feature's range of thresholds
_LEAF = -1


class Trees:
    """The sum of some trees' leaves, in their order; ``width`` is the number of features in a row."""

    def __init__(self, trees: Sequence[Tree], width: int) -> None:
        branches: list[Branch] = []
        leaves = [_leaves(tree, number, branches) for number, tree in enumerate(trees)]
        most = max(map(len, leaves))
        self.width = width
        self.features = sorted({feature for _, feature, _, _ in branches})
        self._leaves = np.array([values + [0.0] * (most - len(values)) for values in leaves], np.float32)
        self._firsts = np.arange(len(trees))[:, None] * most
        self._thresholds = [
            np.unique(np.array([value for _, own, value, _ in branches if own == feature], np.float32))
            for feature in self.features
        ]
        self._heads = _Heads(self._thresholds)
        self._size = max(map(len, self._thresholds), default=0) + self._heads.most + 1
        self._starts = np.arange(len(self.features))[:, None] * self._size
        self._bounds = np.full((len(self.features), self._size), np.inf, np.float32)
        for bounds, own in zip(self._bounds, self._thresholds, strict=True):
            bounds[: len(own)] = own
        self._words = self._table(branches, len(trees), np.uint32 if most <= 32 else np.uint64)

    def _table(self, branches: Sequence[Branch], trees: int, kind: type[np.unsignedinteger[Any]]) -> Words:
        """(features, thresholds that a value reaches, trees)"""
        places = {feature: place for place, feature in enumerate(self.features)}
        table = np.full((len(self.features), self._size, trees), ~kind(0), kind)
        for tree, feature, value, remaining in branches:
            place = places[feature]
            reached = int(np.searchsorted(self._thresholds[place], np.float32(value))) + 1
            table[place, reached:, tree] &= kind(remaining & int(~kind(0)))
        return table.reshape(-1, trees)

    def reads(self, features: Any) -> bool:
        """Whether `predict` may be asked: there are many rows, of finite 32-bit numbers."""
        return (
            isinstance(features, np.ndarray)
            and features.dtype == np.float32
            and features.shape[1:] == (self.width,)
            and len(features) >= LEAST_ROWS
            and bool(np.isfinite(features).all())
        )

    def predict(self, features: Floats) -> Floats:
        """The sum of each row."""
        # Parts of about equal size, since NumPy would add a single row's leaves in another order.
        parts = np.array_split(features, -(-len(features) // ROWS_AT_ONCE))
        return np.concatenate([self._sums(part) for part in parts])

    def _sums(self, features: Floats) -> Floats:
        words = self._remaining(np.ascontiguousarray(features[:, self.features].T))
        leaves = np.bitwise_count((words - words.dtype.type(1)) & ~words)  # the place of the lowest bit
        places = np.add(leaves.T, self._firsts, order="C")
        found: Floats = np.add.reduce(self._leaves.take(places, mode="clip"), axis=0)
        return found

    def _remaining(self, columns: Floats) -> Words:
        """The words of each row and tree."""
        first, *others = self._reached(columns)
        words: Words = self._words.take(first, axis=0, mode="clip")
        for places in others:
            words &= self._words.take(places, axis=0, mode="clip")
        return words

    def _reached(self, columns: Floats) -> Places:
        """Rows of the table: a binary search in all values at once, which branches for none."""
        places = self._heads.find(columns) + self._starts
        step = (self._heads.most + 1) >> 1
        while step:
            places += (self._bounds.take(places + (step - 1), mode="clip") <= columns) * step
            step >>= 1
        return places

    def samples(self) -> Floats:
        """Rows that have, and barely miss, each threshold of each feature."""
        draw = np.random.default_rng(0)
        rows = np.zeros((max(LEAST_ROWS, 2 * self._size), self.width), np.float32)
        for feature, own in zip(self.features, self._thresholds, strict=True):
            around = np.concatenate([own, np.nextafter(own, np.float32(-np.inf))])
            rows[:, feature] = np.resize(draw.permutation(around), len(rows))
        return rows


class _Heads:
    """Where to begin a search in each of some lists of numbers, by the part of its range that a value lies in."""

    def __init__(self, lists: Sequence[Floats]) -> None:
        low, high = (np.array([[own[place]] for own in lists], np.float64).reshape(-1, 1) for place in (0, -1))
        wide = high > low
        scale = np.divide(PARTS - 1, high - low, out=np.zeros_like(low), where=wide).clip(max=1e30)
        self._scale, self._shift = scale.astype(np.float32), (low * scale).astype(np.float32)
        self._rows = np.arange(len(lists))[:, None] * PARTS
        counts = np.zeros((len(lists), PARTS), np.intp)
        for number, own in enumerate(lists):
            counts[number] = np.bincount(self._parts(np.tile(own, (len(lists), 1)))[number], minlength=PARTS)
        self._heads = np.cumsum(counts, axis=1) - counts
        self.most = (1 << int(counts.max(initial=0)).bit_length()) - 1
        """of a list's numbers that may be between the head and the value: one less than a power of two"""

    def find(self, columns: Floats) -> Places:
        """For each list and value how many numbers are certainly below it: all but `most` of those that are."""
        heads: Places = self._heads.take(self._parts(columns) + self._rows, mode="clip")
        return heads

    def _parts(self, columns: Floats) -> Places:
        """The part of each value: none is in a higher one than a larger value."""
        with np.errstate(over="ignore"):
            parts: Places = (columns * self._scale - self._shift).clip(0, PARTS - 1).astype(np.intp)
        return parts


def of_session(session: onnxruntime.InferenceSession) -> Trees | None:
    """The trees that are all of a graph. None if its metadata tells of none, if they do not pay, or if they do not
    predict what the graph does, which the log tells."""
    text = session.get_modelmeta().custom_metadata_map.get(KEY)
    if text is None:
        return None
    (given,) = session.get_inputs()
    trees = Trees(orjson.loads(text), given.shape[1])
    if not 0 < len(trees.features) * TREES_A_FEATURE <= len(trees._leaves):
        return None
    rows = trees.samples()
    (wanted,) = session.run(None, {given.name: rows})
    if np.array_equal(trees.predict(rows), wanted[:, 0]):
        return trees
    log.tell("warning", "the trees in the model's metadata are not its graph's: the graph predicts, which is slower")
    return None


def _leaves(tree: Tree, number: int, branches: list[Branch], node: int = 0, before: int = 0) -> list[float]:
    """The leaves at and below a node, from left to right; ``before`` of the tree's are left of them."""
    left, value = tree["left_children"][node], tree["split_conditions"][node]
    if left == _LEAF:
        return [value]
    found = _leaves(tree, number, branches, left, before)
    branches.append((number, tree["split_indices"][node], value, ~(((1 << len(found)) - 1) << before)))
    return found + _leaves(tree, number, branches, tree["right_children"][node], before + len(found))
