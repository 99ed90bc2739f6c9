"""Reading cells many at a time: plain CSV text to columns of numbers and codes, by operations on whole arrays.

Eight bytes of text are one 64-bit integer here, so that a cell costs about twenty array operations and no Python
object. What is not plain is left to the caller, who reads it cell by cell: texts in quotes, rows of another length,
and numbers of more than eight characters or with an exponent. The values are the same to the last bit: an integer of
eight digits over a power of ten up to 10^8 is rounded once, as Python's ``float`` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Characters = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

WORD = 8  # bytes, and digits of a number that are read at once
MINUS = ord("-")
_U = np.uint64
_ALL = 0xFFFFFFFFFFFFFFFF
_FIRST_BITS, _LAST_BITS = _U(0x0101010101010101), _U(0x8080808080808080)
_ZEROS = _U(0x3030303030303030)
_DOT = _U(ord(".") ^ ord("0"))  # among the values of digits
_ABOVE_NINE = _U(0x7676767676767676)  # added to a byte above 9 it sets that byte's highest bit
# By the place of the dot, what the digits without it are divided by; the last where there is none.
_POWERS = 10.0 ** np.array([*range(WORD - 1, -1, -1), 0])
# By length, the bits of a word's first and of its last bytes. The first character is in the lowest byte.
_FIRST = np.array([_ALL >> 8 * (WORD - length) if length else 0 for length in range(WORD + 1)], dtype=_U)
_LAST = np.array([(_ALL << 8 * (WORD - length)) & _ALL for length in range(WORD + 1)], dtype=_U)


@dataclass(frozen=True)
class Grid:
    """Where the cells of a block of text lie: ``ends`` are (columns, rows) places in ``text``."""

    text: bytes
    ends: Places
    lengths: Places

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.ends[0])

    @property
    def characters(self) -> Characters:
        """The text, byte by byte."""
        return np.frombuffer(self.text, np.uint8)

    @property
    def words(self) -> Words:
        """The eight bytes that begin at each place, overlapping."""
        return np.ndarray((len(self.text) - WORD + 1,), dtype="<u8", buffer=self.text, strides=(1,))

    def cells(self, column: int, rows: Places) -> list[bytes]:
        """The texts of one column's cells in ``rows``."""
        ends = self.ends[column][rows]
        bounds = zip((ends - self.lengths[column][rows]).tolist(), ends.tolist(), strict=True)
        return [self.text[start:end] for start, end in bounds]

    def lines(self, columns: Sequence[int], rows: Places) -> bytes:
        """The text of ``rows``, their cells in the order of ``columns``."""
        if list(columns) == list(range(len(self.ends))):
            starts, ends = (self.ends[0] - self.lengths[0])[rows], self.ends[-1][rows] + 1
            return b"".join([self.text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)])
        cells = zip(*(self.cells(column, rows) for column in columns), strict=True)
        return b"".join([b",".join(row) + b"\n" for row in cells])


def grid(block: bytes, separators: bytes) -> Grid | None:
    """The cells of ``block``, whole lines of text without quotes, by what follows each of a line's cells; None unless
    that is so in every line, a blank line having no cell."""
    text = bytes(WORD) + block + bytes(WORD)  # a word may be read before the first cell and after the last
    characters = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(_any_of(characters, separators + b","))  # where lines have one cell, two are two as well
    columns = len(separators)
    if not len(ends) or len(ends) % columns:
        return None
    if not (characters.take(ends).reshape(-1, columns) == np.frombuffer(separators, np.uint8)).all():
        return None
    lengths = np.empty_like(ends)
    lengths[0], lengths[1:] = ends[0] - WORD, ends[1:] - ends[:-1] - 1
    if columns == 1 and not lengths.all():
        return None
    return Grid(text, ends.reshape(-1, columns).T, lengths.reshape(-1, columns).T)


def _any_of(characters: Characters, wanted: bytes) -> Mask:
    first, *others = set(wanted)
    found: Mask = characters == first
    for other in others:
        found |= characters == other
    return found


def numbers(given: Grid, column: int) -> tuple[Numbers, Mask]:
    """Values of plain decimal numbers, NaN for empty cells; and which cells are neither, whose values mean nothing."""
    ends, length = given.ends[column], given.lengths[column]
    empty = length == 0
    negative = None
    if MINUS in given.text:
        negative = given.characters[ends - length] == MINUS
        length = length - negative
    figures = (given.words[ends - WORD] ^ _ZEROS) & _LAST.take(length, mode="clip")  # of digits their values
    dot = _first_byte(figures, _DOT * _FIRST_BITS)
    digits = _without_dot(figures, dot)
    values = _decimal(digits).astype(np.float64) / _POWERS.take(_bytes_before(dot))
    plain = (length > (dot != 0)) & (length <= WORD) & (((digits + _ABOVE_NINE) | digits) & _LAST_BITS == 0)
    if negative is not None:
        values = np.where(negative, -values, values) + 0.0  # -0 becomes 0
    values[empty] = np.nan
    return values, ~(plain | empty)


def texts(given: Grid, column: int, longest: int) -> Words:
    """The cells' bytes as (rows, words), zero bytes behind each; as many words as the longest cell needs, but no more
    than ``longest`` bytes do: one long cell makes all rows as long."""
    starts, lengths, words = given.ends[column] - given.lengths[column], given.lengths[column], given.words
    found = np.empty((given.rows, -(-min(int(lengths.max(initial=1)), longest) // WORD)), dtype="<u8")
    for number in range(found.shape[1]):
        skipped = number * WORD
        word = words[np.minimum(starts + skipped, len(words) - 1)]
        found[:, number] = word & _FIRST.take(lengths - skipped, mode="clip")
    return found


def codes(given: Grid, column: int, known: Sequence[bytes]) -> Codes:
    """The place of each cell's text in ``known``, -1 for any other text."""
    if not known:
        return np.full(given.rows, -1, np.int32)
    wanted = np.array(known)
    longest = wanted.itemsize
    words = texts(given, column, longest)
    found = words.view(f"S{words.shape[1] * WORD}")[:, 0]
    if wanted.itemsize <= WORD == found.itemsize:  # one word each is compared as an integer
        found, wanted = words[:, 0], wanted.astype(f"S{WORD}").view("<u8")
    order = np.argsort(wanted)
    nearest = order.take(np.searchsorted(wanted, found, sorter=order), mode="clip")
    same = (wanted.take(nearest) == found) & (given.lengths[column] <= longest)
    return np.where(same, nearest, -1).astype(np.int32)


def _first_byte(word: Words, repeated: np.uint64) -> Words:
    """The highest bit of the first (lowest) byte that equals those of ``repeated``; 0 where there is none."""
    difference = word ^ repeated
    zero = (difference - _FIRST_BITS) & ~difference & _LAST_BITS  # exact up to its lowest bit
    return zero & (~zero + _U(1))


def _without_dot(figures: Words, marked: Words) -> Words:
    """``figures`` without the marked dot: what stood before it moves up, a zero fills the gap."""
    lowest = marked >> _U(7)
    before = figures & (lowest - _U(1))
    behind = figures ^ before ^ (lowest * _DOT)
    return np.where(marked != 0, behind | (before << _U(8)), figures)


def _bytes_before(marked: Words) -> npt.NDArray[np.integer[Any]]:
    """How many bytes are before the marked one; all where none is marked."""
    return np.bitwise_count(marked - _U(1)) >> 3  # 0 - 1 has all bits set


def _decimal(digits: Words) -> Words:
    """The number that eight digits, one a byte, first digit in the lowest, mean: pairs, then fours, then all."""
    pairs = digits * _U(10) + (digits >> _U(8))
    low, high = pairs & _U(0x000000FF000000FF), (pairs >> _U(16)) & _U(0x000000FF000000FF)
    return (low * _U(100 + (1_000_000 << 32)) + high * _U(1 + (10_000 << 32))) >> _U(32)
