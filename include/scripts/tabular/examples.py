"""The training and validation parts on disk: one float32 matrix in NumPy's own format, target first, then features.

Missing numbers are NaN, as nothing was learned of them yet. `numpy.load` reads it in any script.
"""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

from common.errors import UserError
from tabular.preprocessing import Features, Preprocessing

# NumPy leaves room in the header for the number of rows to grow, so that it can be told when all are written.
DTYPE = np.dtype("<f4")


@dataclass(frozen=True)
class Examples:
    """Features, without missing values, and what is to be predicted from them: a number, or 1 for the positive label
    and 0 for the negative."""

    features: Features
    target: npt.NDArray[np.float32]


def rows(target: npt.NDArray[np.float64], features: Features) -> Features:
    """A matrix with the target first, then the features."""
    found = np.empty((len(target), features.shape[1] + 1), dtype=DTYPE)
    found[:, 0], found[:, 1:] = target, features
    return found


def features(rows: Features) -> Features:
    """All of `rows` but the target."""
    return rows[:, 1:]


class Writer:
    """Writes a part row by row, without knowing how many will come. To be used in a with statement."""

    def __init__(self, file: Path, features: int) -> None:
        self.rows = 0
        self._file, self._width = file, features + 1
        self._stream: BinaryIO

    def __enter__(self) -> Self:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._file.open("wb")
        self._write_header()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.seek(0)
        self._write_header()
        self._stream.close()

    def add(self, rows: Features) -> None:
        """Append `rows`."""
        self._stream.write(rows.data)
        self.rows += len(rows)

    def _write_header(self) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(DTYPE),
            "fortran_order": False,
            "shape": (self.rows, self._width),
        }
        np.lib.format.write_array_header_1_0(self._stream, header)


def read(folder: Path, part: str, preprocessing: Preprocessing, share: slice) -> Examples:
    """The rows ``share`` of a part that `Writer` wrote, with missing numbers filled in.

    Raises UserError if the file is missing, damaged, or holds other features.
    """
    file = folder / f"{part}.npy"
    try:
        rows = np.load(file, mmap_mode="r")
    except FileNotFoundError:
        raise UserError(f"{file}: no such file; check the path, or run the step preprocess") from None
    except (ValueError, EOFError) as error:
        raise UserError(f"{file}: not a part ({error}); run the step preprocess again") from None
    if rows.ndim != 2 or rows.shape[1] != len(preprocessing.names) + 1:
        wanted = f"a target and {len(preprocessing.names)} features in each row"
        raise UserError(f"{file}: has the shape {rows.shape}, not {wanted}; run the step preprocess again")
    chosen = rows[share]
    return Examples(preprocessing.filled(np.ascontiguousarray(chosen[:, 1:])), np.array(chosen[:, 0]))
