import json
from datetime import UTC, datetime
from random import Random

import pytest

from deploy.traffic import Kind, Planted, captured, ground_truth

ROW = {"sex": "F", "length": "0.5", "rings": "9"}


@pytest.mark.parametrize(
    ("kind", "column", "size", "cell"),
    [
        ("shift", "length", 0.25, "0.75"),
        ("scale", "length", 3.0, "1.5"),
        ("unit", "length", 1.0, "500"),
        ("label", "rings", 2.0, "18"),
        ("label", "rings", 1.3, "12"),
    ],
)
def test_a_number_is_changed_and_nothing_else(kind: Kind, column: str, size: float, cell: str) -> None:
    assert Planted(kind, column, size).into(ROW, Random(0)) == {**ROW, column: cell}


def test_a_missing_column_is_left_out() -> None:
    assert Planted("missing", "length").into(ROW, Random(0)) == {"sex": "F", "rings": "9"}


def test_a_share_of_a_category_is_unheard_of() -> None:
    random = Random(0)
    cells = [Planted("category", "sex", 0.3).into(ROW, random)["sex"] for _ in range(2000)]
    assert set(cells) == {"F", "unheard-of"}
    assert 500 < cells.count("unheard-of") < 700


def test_a_share_of_two_labels_is_turned() -> None:
    turned = [Planted("label", "c", 0.5, ("no", "yes")).into({"c": "no"}, Random(seed))["c"] for seed in range(2000)]
    assert 900 < turned.count("yes") < 1100


def test_an_empty_cell_stays_empty() -> None:
    assert Planted("shift", "length", 1.0).into({"length": ""}, Random(0)) == {"length": ""}


def test_ground_truth_is_named_by_its_inference() -> None:
    assert ground_truth("row-17", "1") == {
        "groundTruthData": {"data": "1", "encoding": "CSV"},
        "eventMetadata": {"eventId": "row-17"},
        "eventVersion": "0",
    }


def test_a_record_is_what_data_capture_writes() -> None:
    record = captured("e-1", datetime(2026, 3, 2, 11, 5, tzinfo=UTC), {"sex": "F", "length": "0.5"}, "9.5")
    assert json.loads(record["captureData"]["endpointInput"]["data"]) == {"sex": "F", "length": "0.5"}
    assert record["captureData"]["endpointOutput"] == {
        "observedContentType": "text/csv",
        "mode": "OUTPUT",
        "data": "9.5\n",
        "encoding": "CSV",
    }
    assert record["eventMetadata"] == {
        "eventId": "e-1",
        "inferenceId": "e-1",
        "inferenceTime": "2026-03-02T11:05:00Z",
    }
