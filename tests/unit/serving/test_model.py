"""What is served is what was trained: every held-out row, every algorithm, and rows as odd as people write them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.columns import Category, Number, Schema
from serving.errors import BadCell, BadRequest, Refused
from serving.model import Model
from serving.rows import read
from tests.support.served import UseCase, training_side

LIMIT = 6 << 20

NUMBERS = ("0.5", ".5", "5.", "+1", "-0", "01", "1e-3", "2E2", " 7 ", "0", "1234567890.123456789", "3.4e38", "", "  ")
NO_NUMBERS = ("nan", "inf", "1_000", "abc", "1e39", "٣", "0x10", "1,5", "--1", "1 2", "1e400")
TEXTS = ("", "M\0", " M ", "M", "nobody", "m", "É", "no", " yes", "KS")
CELLS = (*NUMBERS, *NO_NUMBERS, *TEXTS, None, True, 3, 2.5, -0.0, 10**30, [1])


@pytest.mark.parametrize("candidate", ["xgboost", "forest", "linear"])
@pytest.mark.parametrize("name", ["abalone", "churn"])
def test_every_held_out_row_is_predicted_as_in_training(
    use_cases: dict[str, UseCase], name: str, candidate: str
) -> None:
    case = use_cases[name]
    model, wanted = Model.load(case.model(candidate)), case.predictions(candidate)
    together = model.predict(read(case.csv(), "text/csv", model.schema, LIMIT))
    alone = [model.predict(read(case.csv([row]), "text/csv", model.schema, LIMIT))[0] for row in case.rows]
    assert len(wanted) > 500
    np.testing.assert_allclose(together, wanted, rtol=1e-5, atol=0)
    np.testing.assert_allclose(together, alone, rtol=1e-12, atol=0)


def odd_rows(case: UseCase, seed: int) -> list[dict[str, Any]]:
    """Good rows, one or two of whose cells are anything."""
    draw = random.Random(seed)
    rows = [dict(row) for row in draw.choices(case.rows, k=400)]
    for row in rows:
        for name in draw.sample(case.columns, draw.choice((1, 1, 2))):
            row[name] = draw.choice(CELLS)
    return rows


def outcome(schema: Schema, model: Model, body: bytes, content_type: str) -> float | str:
    try:
        return float(model.predict(read(body, content_type, schema, LIMIT))[0])
    except BadCell as error:
        return str(error.column)


@pytest.mark.parametrize("name", ["abalone", "churn"])
def test_a_cell_means_what_it_means_to_the_job_code(use_cases: dict[str, UseCase], name: str) -> None:
    case = use_cases[name]
    model, rows = Model.load(case.model("linear")), odd_rows(case, seed=1)
    wanted = json.loads(training_side("rows", str(case.model("linear")), given=json.dumps(rows)))
    for row, expected in zip(rows, wanted, strict=True):
        found = outcome(model.schema, model, json.dumps(row).encode(), "application/json")
        assert found == (expected if isinstance(expected, str) else pytest.approx(expected, rel=1e-9)), row


@pytest.mark.parametrize("body", [b"F,M\nF", b"F,9,9,9\nM", b"F,M"])
def test_a_row_of_two_cells_is_none_of_one_column(body: bytes) -> None:
    schema = Schema([Category("sex", {"F": 0, b"F": 0}, 1)])
    assert read(b"F\nM", "text/csv", schema, LIMIT).tolist() == [[1], [0]]
    with pytest.raises(BadRequest, match=r"row 1 has . cells, not 1 cells"):
        read(body, "text/csv", schema, LIMIT)


def test_an_empty_cell_has_its_own_column_alone_read_cell_by_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    read_one = Number.value

    def value(column: Number, cell: object, row: int) -> float:
        looked_at.append(column.name)
        return read_one(column, cell, row)

    monkeypatch.setattr(Number, "value", value)
    schema = Schema([Number("length", 7.0), Number("height", 8.0), Number("weight", 9.0)])
    found = schema.rows([[b"1", b"2"], [b"", b"-0"], [b"5.", b"6e1"]])
    assert found.tolist() == [[1, 8, 5], [2, 0, 60]]
    assert looked_at == ["height", "height"]
    assert read(b"1,,5.\n2,-0,6e1", "text/csv", schema, LIMIT).tolist() == found.tolist()
    assert looked_at == ["height", "height"], "an empty cell of plain text is read with all others"
    assert read(b"1,8,5\n2, ,60", "text/csv", schema, LIMIT).tolist() == [[1, 8, 5], [2, 8, 60]]
    assert looked_at == ["height"] * 4


@pytest.mark.parametrize("name", ["abalone", "churn"])
def test_a_cell_means_the_same_in_one_row_and_in_many_and_in_every_format(
    use_cases: dict[str, UseCase], name: str
) -> None:
    case = use_cases[name]
    model = Model.load(case.model("linear"))
    texts = [row for row in odd_rows(case, seed=2) if all(isinstance(cell, str) for cell in row.values())]
    rows = [row for row in texts if not any("," in cell for cell in row.values())]
    good = [row for row in rows if isinstance(outcome(model.schema, model, case.csv([row]), "text/csv"), float)]
    wanted = [outcome(model.schema, model, case.csv([row]), "text/csv") for row in good]
    lines = "\n".join(map(json.dumps, good)).encode()
    header = ",".join(case.columns).encode() + b"\n"
    quoted = "\r\n".join(",".join(f'"{cell}"' for cell in row.values()) for row in good).encode()
    bodies = [("text/csv", case.csv(good)), ("text/csv", header + case.csv(good)), ("text/csv", quoted)]
    bodies += [("application/jsonlines", lines), ("application/json", b"[" + lines.replace(b"\n", b",") + b"]")]
    assert len(good) > 50
    for content_type, body in bodies:
        found = model.predict(read(body, content_type, model.schema, LIMIT))
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("breakage", "message"),
    [
        (lambda folder: (folder / "model.onnx").write_bytes(b"x"), r"model\.onnx is not the file that manifest"),
        (lambda folder: (folder / "model.onnx").unlink(), r"model\.onnx cannot be read"),
        (lambda folder: (folder / "manifest.json").unlink(), r"manifest\.json cannot be read"),
        (lambda folder: (folder / "manifest.json").write_text("{"), r"manifest\.json is damaged"),
        (lambda folder: edit(folder, format=1), r"format 1, this image serves 2"),
        (lambda folder: edit(folder, libraries={"python": "3.12.0"}), r"made with \w+ .*, this image has .*; train"),
        (lambda folder: edit(folder, empty_row=1e6), r"predicts .* for an empty row, not 1000000\.0 as in training"),
    ],
)
def test_a_model_that_is_not_whole_or_does_not_fit_is_refused(
    abalone: UseCase, tmp_path: Path, breakage: Any, message: str
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in abalone.model("linear").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    breakage(folder)
    with pytest.raises(Refused, match=message):
        Model.load(folder)


@pytest.mark.parametrize("library", ["numpy", "onnxruntime"])
def test_a_model_that_another_version_has_proven_is_refused(abalone: UseCase, tmp_path: Path, library: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in abalone.model("linear").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    libraries = json.loads((folder / "manifest.json").read_text())["libraries"]
    edit(folder, libraries={**libraries, library: "0.1"})
    with pytest.raises(Refused, match=rf"was made with {library} 0\.1, this image has"):
        Model.load(folder)


def edit(folder: Path, **facts: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **facts}))
