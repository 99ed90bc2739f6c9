"""A channel's files as XGBoost's matrix. Text is read by XGBoost's own readers, as in AWS's container."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xgboost

from . import channels
from .errors import UserError
from .formats import check, data_files, delimiter_of, first_line


def matrix(folder: Path, kind: str, weights: bool) -> Any:
    """The rows of all data files below *folder* as a ``DMatrix``, ``None`` if there are none; raises ``UserError``.

    The label comes first; with *weights* the second column of CSV files is the rows' weight.
    """
    files = data_files(folder)
    if not files:
        return None
    check(kind, files)
    with _staged(files) as stage:
        try:
            return _LOADERS[kind](stage, files, weights)
        except Exception as error:
            raise UserError(f"Failed to load {kind} data with exception:\n{error}") from error


def piped(pipe: Path, folder: Path) -> Path:
    """What comes through *pipe* as the one file of a new folder below *folder*."""
    target = Path(tempfile.mkdtemp(dir=folder))
    with pipe.open("rb") as source, (target / "piped").open("wb") as file:
        while chunk := source.read(1 << 20):
            file.write(chunk)
    if (target / "piped").stat().st_size == 0:
        (target / "piped").unlink()
    return target


@contextmanager
def _staged(files: list[Path]) -> Iterator[Path]:
    """The files in one folder, under names without any meaning to XGBoost's readers (``#`` names a cache)."""
    with tempfile.TemporaryDirectory() as folder:
        for number, file in enumerate(files):
            (Path(folder) / f"{number:06}").symlink_to(file.absolute())
        yield Path(folder)


def _load_csv(stage: Path, files: list[Path], weights: bool) -> Any:
    delimiter = delimiter_of(first_line(files[0]))
    columns = "label_column=0" + ("&weight_column=1" if weights else "")
    return xgboost.DMatrix(f"{stage}?format=csv&{columns}&delimiter={delimiter}")


def _load_libsvm(stage: Path, files: list[Path], weights: bool) -> Any:
    return xgboost.DMatrix(f"{stage}?format=libsvm")


def _load_parquet(stage: Path, files: list[Path], weights: bool) -> Any:
    import pandas  # here only, as it takes a second and few channels need it

    table = pandas.concat([pandas.read_parquet(file) for file in files]).to_numpy()
    return xgboost.DMatrix(table[:, 1:], label=table[:, 0])


def _load_recordio(stage: Path, files: list[Path], weights: bool) -> Any:
    raise UserError(
        "the local SageMaker does not read recordio-protobuf; give the data as text/csv, text/libsvm or "
        "application/x-parquet"
    )


_LOADERS: dict[str, Callable[[Path, list[Path], bool], Any]] = {
    channels.CSV: _load_csv,
    channels.LIBSVM: _load_libsvm,
    channels.PARQUET: _load_parquet,
    channels.RECORDIO: _load_recordio,
}
