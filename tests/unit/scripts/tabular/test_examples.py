from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from common.errors import UserError
from tabular import examples
from tabular.columns import Number
from tabular.preprocessing import Encoding, Preprocessing

FITTED = Preprocessing.fit(
    Encoding((Number("x"), Number("y"))), [("x", np.array([1, 2, 3], np.float32)), ("y", np.array([5], np.float32))]
)
TARGET = np.arange(5.0)
FEATURES = np.array([[1, np.nan], [2, 6], [3, 7], [4, 8], [np.nan, 9]], dtype=np.float32)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    with examples.Writer(tmp_path / "part" / "train.npy", features=2) as writer:
        for chosen in (slice(2), slice(2, 2), slice(2, None)):
            writer.add(examples.rows(TARGET[chosen], FEATURES[chosen]))
        assert writer.rows == 5
    return tmp_path / "part"


def test_rows_that_are_written_are_read_with_missing_numbers_filled_in(part: Path) -> None:
    found = examples.read(part, "train", FITTED, slice(None))
    assert found.target.tolist() == TARGET.tolist()
    assert found.features.tolist() == [[1, 5], [2, 6], [3, 7], [4, 8], [2, 9]]


def test_any_script_reads_a_part_with_numpy_alone(part: Path) -> None:
    rows = np.load(part / "train.npy")
    assert (rows.shape, rows.dtype) == ((5, 3), np.float32)
    assert rows[:, 0].tolist() == TARGET.tolist()
    assert np.isnan(rows[0, 2])


def test_each_of_several_instances_has_its_share(part: Path) -> None:
    shares = [examples.read(part, "train", FITTED, slice(place, None, 2)).target.tolist() for place in (0, 1)]
    assert shares == [[0, 2, 4], [1, 3]]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "train.npy: no such file; check the path, or run the step preprocess"),
        (b"", "train.npy: not a part"),
        (b"target,x,y\n", "train.npy: not a part"),
        (b"\x93NUMPY", "train.npy: not a part"),
    ],
)
def test_what_is_no_part_is_refused_by_its_place(tmp_path: Path, content: bytes | None, told: str) -> None:
    if content is not None:
        (tmp_path / "train.npy").write_bytes(content)
    with pytest.raises(UserError, match=told):
        examples.read(tmp_path, "train", FITTED, slice(None))


def test_a_part_with_other_features_is_refused(tmp_path: Path) -> None:
    with examples.Writer(tmp_path / "train.npy", features=3) as writer:
        writer.add(np.ones((1, 4), dtype=np.float32))
    with pytest.raises(UserError, match=r"has the shape \(1, 4\), not a target and 2 features in each row"):
        examples.read(tmp_path, "train", FITTED, slice(None))


def test_an_array_of_objects_is_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "train.npy", np.array([[print]], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="not a part"):
        examples.read(tmp_path, "train", FITTED, slice(None))
