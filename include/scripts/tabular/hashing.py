"""One number for the content of each row, evenly spread over 64 bits.

Two spellings of the same value, such as ``0.5`` and ``.50``, have one hash. It decides to which part of the split a row
belongs and so never changes: another one would let rows that a champion has learned from judge its successor.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tabular.columns import Category, Column, Identifier
from tabular.table import Table, Texts

Hashes = npt.NDArray[np.uint64]

BYTES = 8
# The first number from 0 on with which the sample data's test part has about the mean and the variance of all of it.
START = 20
# The steps and constants of SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
GAMMA, FIRST, SECOND = (np.uint64(each) for each in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def hashes(columns: Sequence[Column], table: Table) -> Hashes:
    """Of the values of ``columns`` in each row."""
    total = np.full(table.rows, START, dtype=np.uint64)
    for column in columns:
        match column:
            case Identifier():
                total = _mix_texts(total, table.texts[column.name])
            case Category():
                total = _mix_texts(total, _texts(table, column))
            case _:
                total = _mix(total, table.numbers[column.name].view(np.uint64))
    return total


def ascending(found: Hashes) -> Hashes:
    """The different ones of ``found``, in order: sorting is several times as fast as NumPy's ``unique``."""
    ordered = np.sort(found)
    different: Hashes = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    return different


def _texts(table: Table, column: Category) -> Texts:
    """The categories' texts, and not their codes, which another vocabulary changes; a missing one is empty."""
    unknown = table.unknown[column.name]
    texts = np.array([text.encode() for text in (*column.values, *unknown.values(), "")])
    places = table.codes[column.name].copy()  # `MISSING` is -1, the last of them
    places[list(unknown)] = np.arange(len(unknown)) + len(column.values)
    return texts[places]


def _mix_texts(total: Hashes, texts: Texts) -> Hashes:
    """Word by word; further words of zeros, which only make texts equally long, count for nothing."""
    words = -(-texts.itemsize // BYTES)
    padded = texts.astype(f"S{words * BYTES}").view("<u8").reshape(len(texts), words)
    total = _mix(total, padded[:, 0])
    for number in range(1, words):
        word = padded[:, number]
        total = np.where(word != 0, _mix(total, word), total)
    return total


def _mix(total: Hashes, value: Hashes) -> Hashes:
    mixed = (total ^ value) + GAMMA
    mixed = (mixed ^ (mixed >> np.uint64(30))) * FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND
    return mixed ^ (mixed >> np.uint64(31))
