"""What a row of abalone data holds; include/data/SOURCES.md gives the columns' meaning.

Lengths are mm / 200 and weights grams / 200. The limits are those of a plausible animal (300 mm long, 120 mm
high, 1 kg, 40 rings), wider than the data, so that only broken measurements fall outside.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from common import columns, records
from common.columns import Category, Number, Row, Schema

SCHEMA = Schema(
    features=(
        Category("sex", ("F", "I", "M")),
        Number("length", above=0, maximum=1.5),
        Number("diameter", above=0, maximum=1.5),
        Number("height", above=0, maximum=0.6),
        Number("whole_weight", above=0, maximum=5),
        Number("shucked_weight", above=0, maximum=5),
        Number("viscera_weight", above=0, maximum=5),
        Number("shell_weight", above=0, maximum=5),
    ),
    target=Number("rings", above=0, maximum=40, whole=True, required=True),
)


def read(source: Path) -> list[Row]:
    """Typed rows of a CSV file or a folder of them. Raises UserError naming the place of what is wrong."""
    found = records.read(source, SCHEMA.names)
    return [columns.parse(SCHEMA.columns, record.cells, record.place) for record in found]


def targets(rows: Sequence[Row]) -> npt.NDArray[np.float64]:
    """The target of each row."""
    return np.array([row[SCHEMA.target.name] for row in rows], dtype=np.float64)
