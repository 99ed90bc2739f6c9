"""Dividing rows into parts by a hash of their key.

A row's part depends on nothing but its key: rows of the same subject stay together, rows that arrive later move no
older one. Test rows have the lowest hashes, so that of two splits with different shares the smaller test part lies in
the larger one: rows that both leave for testing have taught neither model anything.
"""

from argparse import ArgumentParser
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from common.errors import UserError
from tabular.hashing import Hashes, hashes
from tabular.table import Table
from tabular.use_case import Schema, Split, UseCase

Parts = npt.NDArray[np.int8]

PARTS = TRAIN, VALIDATION, TEST = ("train", "validation", "test")


def arguments(parser: ArgumentParser) -> None:
    """Add the options that ask for other shares than the use case declares; empty text asks for nothing."""
    for part in (TEST, VALIDATION):
        parser.add_argument(f"--{part}-share", default="", help="of the keys (default: as declared)")


def asked(use_case: UseCase, test: str, validation: str) -> UseCase:
    """The use case with the shares that were asked for. Raises UserError if there are no such shares."""
    declared = use_case.split
    try:
        return replace(use_case, split=Split(float(test or declared.test), float(validation or declared.validation)))
    except ValueError as error:
        raise UserError(f"--test-share={test} --validation-share={validation}: {error}") from None


def keys(schema: Schema, table: Table) -> Hashes:
    """The hash of each row's key, or of the content of its features where the schema has no key."""
    return hashes(schema.key or schema.features, table)


def parts(found: Hashes, split: Split) -> Parts:
    """The place in `PARTS` of each row, by the hash of its key."""
    shares = found.astype(np.float64) / 2.0**64
    ascending = np.array([PARTS.index(TEST), PARTS.index(VALIDATION), PARTS.index(TRAIN)], dtype=np.int8)
    chosen: Parts = ascending[np.searchsorted([split.test, split.test + split.validation], shares, side="right")]
    return chosen
