from __future__ import annotations

import base64
import gzip
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import churn
from abalone import USE_CASE
from monitoring import batches, files, traffic
from monitoring.batches import Batch, Rows
from monitoring.reader import Reader
from monitoring.traffic import Traffic
from tabular.use_case import Schema
from tests.unit.scripts.monitoring.captured import ROW, WINDOW, line, lines, record, side, time, write

FEATURES = USE_CASE.schema.features
OTHER = "F,0.5,0.4,0.1,1,2,3,4"


@dataclass
class Read(Traffic):
    """The same with all of its rows."""

    parts: list[Rows] = field(default_factory=list)


def read(folder: Path, *contents: bytes) -> Read:
    return read_files(write(folder, *contents))


def read_files(captured: list[Path], schema: Schema = USE_CASE.schema) -> Read:
    parts: list[Rows] = []
    return Read(**vars(traffic.read(captured, schema, WINDOW, parts.append)), parts=parts)


def counted(found: Traffic) -> dict[str, int]:
    return {kind: count for kind, count in found.records().items() if count}


def lengths(found: Traffic) -> list[float]:
    return sorted(float(value) for part in found.parts for value in part.table.numbers["length"])


def test_rows_and_their_predictions_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, lines([record(), record(OTHER, "3.25", "e-1")]))
    (part,) = found.parts
    assert counted(found) == {"files": 1, "read": 2}
    assert part.table.numbers["shell_weight"].tolist() == [0.15, 4]
    assert part.table.numbers["prediction"].tolist() == [10.5, 3.25]
    assert part.table.codes["sex"].tolist() == [2, 0]


def test_the_requests_of_tests_are_no_traffic(tmp_path: Path) -> None:
    tests = [record(OTHER, "3.25", f"e-{number}", customAttributes=["synthetic"]) for number in (1, 2)]
    found = read(tmp_path, lines([tests[0], record(), tests[1]]), lines(tests))
    assert counted(found) == {"files": 2, "read": 1, "tests": 4}
    assert lengths(found) == [0.455]


FORMS = {
    "a line end": record(f"{ROW}\n", "10.5\n"),
    "an inference id": record(inference="mine"),
    "custom attributes": record(customAttributes=["trace=1,2"]),
    "another content type's parameters": {
        **record(),
        "captureData": {
            "endpointInput": side("INPUT", ROW, "text/csv; charset=utf-8"),
            "endpointOutput": side("OUTPUT", "10.5", "text/csv"),
        },
    },
    "JSON": {
        **record(),
        "captureData": {
            "endpointInput": side("INPUT", json.dumps({"instances": [ROW.split(",")]}), "application/json", "JSON"),
            "endpointOutput": side("OUTPUT", '{"predictions":[10.5]}', "application/json", "JSON"),
        },
    },
    "JSON lines that the capture was not told of": {
        **record(),
        "captureData": {
            "endpointInput": side(
                "INPUT",
                base64.b64encode(json.dumps(ROW.split(",")).encode()).decode(),
                "application/jsonlines",
                "BASE64",
            ),
            "endpointOutput": side(
                "OUTPUT", base64.b64encode(b'{"prediction":10.5}').decode(), "application/jsonlines", "BASE64"
            ),
        },
    },
    "a header": record(f"{','.join(feature.name for feature in FEATURES)}\n{ROW}\n"),
    "quotes": record(ROW.replace("M", '"M"')),
    "a time with an offset": record(time="2026-03-01T12:00:00+02:00"),
    "a number that is written differently": record(ROW.replace("0.455", "4.55e-1")),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("among", [0, 3])
def test_every_form_of_a_record_gives_the_same_row_alone_and_among_others(
    form: str, among: int, tmp_path: Path
) -> None:
    others = [record(OTHER, event=f"o-{number}") for number in range(among)]
    found = read(tmp_path, lines([*others, FORMS[form]]))
    assert counted(found) == {"files": 1, "read": among + 1}
    rows = {part.table.numbers["length"][row]: (part, row) for part in found.parts for row in range(part.table.rows)}
    part, row = rows[0.455]
    named = {name: values[row] for name, values in part.table.numbers.items()}
    assert (named["viscera_weight"], named["prediction"], part.table.codes["sex"][row]) == (0.101, 10.5, 2)


def test_a_request_of_several_rows_is_one_record_and_several_rows(tmp_path: Path) -> None:
    several = record(f"{ROW}\n{OTHER}\n", "1.5\n2.5\n")
    found = read(tmp_path, lines([several, several, record(event="e-1")]))
    assert counted(found) == {"files": 1, "read": 3, "duplicated": 1}
    assert lengths(found) == [0.455, 0.455, 0.5]


@pytest.mark.parametrize("among", [0, 3])
@pytest.mark.parametrize("answer", [None, "", "\n", " "])
def test_a_record_without_an_answer_is_told_as_such_and_its_row_is_used(
    answer: str | None, among: int, tmp_path: Path
) -> None:
    others = [record(event=f"o-{number}") for number in range(among)]
    found = read(tmp_path, lines([*others, record(OTHER, prediction=answer)]))
    assert counted(found) == {"files": 1, "read": among + 1, "unanswered": 1}
    assert (found.rows, found.unreadable.total()) == (among + 1, 0)
    answers = [part.table.numbers["prediction"][part.table.numbers["length"] == 0.5] for part in found.parts]
    assert np.isnan(np.concatenate(answers)).all()


ANSWERS = {
    "of an error": side("OUTPUT", '{"error":"out of memory"}', "application/json", "JSON"),
    "that is no JSON": side("OUTPUT", "<html>", "application/json", "JSON"),
    "of a type that nobody asked for": side("OUTPUT", "UEFS", "application/x-parquet", "BASE64"),
    "that is no answer at all": ["10.5"],
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_cannot_be_read_takes_no_row_away(answer: str, tmp_path: Path) -> None:
    captured = {"endpointInput": side("INPUT", ROW), "endpointOutput": ANSWERS[answer]}
    found = read(tmp_path, line({**record(), "captureData": captured}))
    assert counted(found) == {"files": 1, "read": 1}
    assert (found.rows, dict(found.unreadable)) == (1, {"prediction": 1})


def test_what_is_odd_in_another_window_is_told_of_that_one(tmp_path: Path) -> None:
    rows = (ROW.replace("0.455", "long"), f"{ROW},1", f"{ROW.replace('0.455', 'long')}\n{ROW}\n")
    later = [record(row, "much", f"e-{number}", time="2026-03-01T11:00:00Z") for number, row in enumerate(rows)]
    for content in (lines(later), lines([record(event="this"), *later])):
        found = read(tmp_path, content)
        assert counted(found)["outside"] == 3
        assert not (found.unreadable + found.missing + found.extra).total()


def test_a_record_comes_again_whichever_of_its_rows_can_be_used(tmp_path: Path) -> None:
    several = record(f"{ROW.replace('0.455', 'long')}\n{ROW}\n", "1\n2\n")
    assert counted(read(tmp_path, lines([several, several])))["duplicated"] == 1


def test_attributes_of_clients_part_no_records(tmp_path: Path) -> None:
    traced = [record(event=f"e-{number}", customAttributes=[f'trace=["{number}"]']) for number in range(20)]
    found = read(tmp_path, lines(traced))
    assert (len(found.parts), found.rows) == (1, 20)


def test_files_of_another_kind_are_foreign(tmp_path: Path) -> None:
    write(tmp_path, line(record()))
    (tmp_path / "more.jsonl.gz").write_bytes(gzip.compress(line(record(event="e-1"))))
    found = read_files(files.below(tmp_path))
    assert counted(found) == {"files": 2, "read": 1, "foreign": 1}


def test_a_line_without_an_end_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(files, "LINE_BYTES", 10_000)
    found = read(tmp_path, line(record()) + b"[" * 100_000 + b"\n" + line(record(event="e-1")))
    assert found.rows == 2
    assert counted(found).keys() == {"files", "read", "truncated"}


def test_every_kind_of_odd_record_is_counted_and_the_others_are_read(tmp_path: Path) -> None:
    good = [record(event=f"e-{number}", time=time(number)) for number in range(10)]
    foreign = [{"a": 1}, ["captureData"], {**record(), "captureData": {}}, 7, record(time="yesterday")]
    parquet = {**record(), "captureData": {"endpointInput": side("INPUT", "UEFS", "application/x-parquet", "BASE64")}}
    content = b"".join(
        [
            lines(good[:5]),
            b"\n   \n",
            line(good[5])[:200] + b"\n",
            lines([good[2]]),
            lines([*foreign, parquet]),
            lines([record(event="late", time="2026-03-01T11:00:00Z")]),
            lines(good[5:]),
            line(record(event="cut"))[:-30],
        ]
    )
    found = read(tmp_path, content, b"", lines([record(event="other file")]))
    assert counted(found) == {
        "files": 3,
        "read": 13,
        "empty": 3,
        "truncated": 2,
        "duplicated": 1,
        "out_of_order": 2,
        "foreign": 6,
        "outside": 1,
    }
    assert found.rows == 11


def test_rows_that_no_model_has_answered_are_counted_by_column(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        lines(
            [
                record(event="0"),
                record(ROW.replace("0.455", "long"), event="1"),
                record(ROW.removesuffix(",0.15"), event="2"),
                record(f"{ROW},1", event="3"),
                record(prediction="much", event="4"),
            ]
        ),
    )
    assert counted(found) == {"files": 1, "read": 5, "unreadable": 3}
    assert dict(found.unreadable) == {"length": 1, "prediction": 1}
    assert (dict(found.missing), dict(found.extra)) == ({"Missing columns": 1}, {"Extra columns": 1})
    assert found.rows == 2


ODD = {
    "half a character": json.dumps(record("\ud800,0.455,0.365,0.095,0.514,0.2245,0.101,0.15")).encode(),
    "half a character as an id": json.dumps(record(inference="\ud800")).encode(),
    "bytes that are no text": line(record(ROW.replace("M", "?"))).replace(b"?", b"\xff"),
    "bytes of half a character": line(record(event="?")).replace(b"?", b"\xed\xa0\x80"),
    "a character that JSON must escape": line(record(ROW.replace("M", "?"))).replace(b"?", b"\x01"),
    "one in what is the same in all records": line(record(event="?")).replace(b"text/csv", b"text/csv\x01", 1),
    "brackets without an end": b"[" * 100_000,
    "a time before all times": line(record(time="0001-01-01T00:00:00+23:00")),
    "no rows": line(record("")),
    "an id without an end": line(record(event="e" * 100_000)),
    "no id": line(record(event="")),
    "a minute that does not exist": line(record(time="2026-03-01T10:61:00Z")),
    "half a character and brackets": line(record(inference="\ud800")).replace(b"\\ud800", b"\\ud800" + b"[" * 1000),
    "broken base64": line({**record(), "captureData": {"endpointInput": side("INPUT", "?", "text/csv", "BASE64")}}),
    "an unknown encoding": line({**record(), "captureData": {"endpointInput": side("INPUT", "<a>", "", "XML")}}),
}


@pytest.mark.parametrize("odd", ODD)
def test_nothing_in_a_file_is_fatal(odd: str, tmp_path: Path) -> None:
    found = read(tmp_path, lines([record(event="1")]) + ODD[odd].strip() + b"\n" + lines([record(event="2")]))
    counts = counted(found)
    assert counts.pop("truncated", 0) + counts.pop("foreign", 0) == 1
    assert counts == {"files": 1, "read": 2}


def test_an_answer_that_is_no_number_is_none_and_its_row_is_used(tmp_path: Path) -> None:
    for form in (record(prediction="True."), record(f"{ROW}\n", prediction='"True."')):
        found = read(tmp_path, line(form))
        assert (found.rows, dict(found.unreadable)) == (1, {"prediction": 1})
        assert np.isnan(found.parts[0].table.numbers["prediction"]).all()


@pytest.mark.parametrize("answers", ["1.5\n", "1.5\n2.5\n3.5\n"])
def test_answers_of_another_number_than_the_rows_are_those_of_none(answers: str, tmp_path: Path) -> None:
    found = read(tmp_path, line(record(f"{ROW}\n{OTHER}\n", answers)))
    assert (found.rows, dict(found.unreadable)) == (2, {"prediction": 2})
    assert np.isnan(found.parts[0].table.numbers["prediction"]).all()


@pytest.mark.parametrize("among", [0, 3])
def test_a_label_that_was_asked_for_is_no_number_and_in_order(among: int, tmp_path: Path) -> None:
    row = "KS,128,415,no,yes,25,3.1,10,4.5,3,5.3,91,2.4,3,1"
    answers = ["True.", "False.", "True", *["0.25"] * among]
    records = [record(f"{row}\n", answer, event=f"e-{number}") for number, answer in enumerate(answers)]
    several = record(f"{row}\n{row}\n", "True.\nFalse.\n", event="several")
    found = read_files(write(tmp_path, lines([*records, several])), churn.USE_CASE.schema)
    assert (found.rows, dict(found.unreadable)) == (among + 5, {"prediction": 1})


def test_named_columns_tell_which_is_missing_and_which_is_new(tmp_path: Path) -> None:
    row = dict(zip([feature.name for feature in FEATURES], ROW.split(","), strict=True))
    fewer = {name: cell for name, cell in row.items() if name != "height"} | {"Height": "0.1"}
    sides = {"endpointInput": side("INPUT", json.dumps([fewer]), "application/json", "JSON")}
    found = read(tmp_path, line({**record(), "captureData": sides}))
    assert (dict(found.missing), dict(found.extra), found.rows) == ({"height": 1}, {"Height": 1}, 0)


def test_files_larger_than_a_block_are_read_to_the_end_whatever_they_are_cut_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(0)
    records = [record(event=f"e-{number}", time=time(number)) for number in range(200)]
    content = lines(records) + lines(chance.sample(records, 20))
    whole = read(tmp_path / "whole", content)
    for size in (100, 1000, 7777):
        monkeypatch.setattr(files, "BLOCK_BYTES", size)
        cut = read(tmp_path / "cut", content)
        assert (cut.records(), lengths(cut)) == (whole.records(), lengths(whole))
    assert whole.rows == 200


def test_records_are_told_by_their_inference_id_or_else_by_their_event(tmp_path: Path) -> None:
    for written in (record(event="a", inference="b"), record(event="b"), FORMS["a header"] | {}):
        written["eventMetadata"]["eventId"] = written["eventMetadata"].get("inferenceId", "b")
        (part,) = read(tmp_path, line(written)).parts
        assert part.identities.tolist() == batches.key(["b"], [0]).tolist()


def test_a_row_that_is_none_is_told_among_those_that_are(tmp_path: Path) -> None:
    body = json.dumps({"instances": [ROW.split(","), None, 7]})
    sides = {
        "endpointInput": side("INPUT", body, "application/json", "JSON"),
        "endpointOutput": side("OUTPUT", "1\n2\n3\n"),
    }
    found = read(tmp_path, line({**record(), "captureData": sides}))
    assert counted(found) == {"files": 1, "read": 1, "unreadable": 2}
    assert (found.rows, dict(found.missing)) == (1, {"Missing columns": 2})


PIECES = st.sampled_from(
    [
        *(line(form) for form in FORMS.values()),
        *(odd.strip() + b"\n" for odd in ODD.values()),
        line(record(prediction=None)),
        line(record(prediction="much")),
        line(record(f"{ROW}\n{OTHER}\n", "1\n2\n")),
        line(record(ROW.replace("0.455", "long"))),
        line(record(time="2026-03-01T11:00:00Z")),
        line(record(customAttributes=["synthetic"])),
        b" \n",
    ]
)


@given(st.lists(st.tuples(PIECES, st.integers(0, 450), st.binary(max_size=2)), min_size=1, max_size=12))
def test_every_line_is_counted_and_read_as_it_would_be_alone(changes: list[tuple[bytes, int, bytes]]) -> None:
    """Whatever stands beside it, and wherever it is damaged."""
    written = [piece[:place] + odd + piece[place + len(odd) :] if odd else piece for piece, place, odd in changes]
    content = b"".join(each if each.endswith(b"\n") else each + b"\n" for each in written)
    reader, alone = Reader(USE_CASE.schema, WINDOW), Counter[str]()
    for each in content.split(b"\n")[:-1]:
        alone += _all(reader.read(each + b"\n"))
    together = _all(reader.read(content))
    assert together == alone
    kinds = ("read", "empty", "truncated", "foreign", "tests")
    assert sum(together[kind] for kind in kinds) == content.count(b"\n")


def _all(batch: Batch) -> Counter[str]:
    columns = {
        f"{name} {column}": number
        for name in ("unreadable", "missing", "extra")
        for column, number in getattr(batch, name).items()
    }
    values = [value for part in batch.parts for value in part.table.numbers["length"].tolist()]
    return batch.counts + Counter(columns) + Counter(f"length {value}" for value in values)


def test_no_files_are_no_traffic(tmp_path: Path) -> None:
    assert files.below(tmp_path / "absent") == []
    found = read_files([])
    assert (found.rows, counted(found)) == (0, {})
