from __future__ import annotations

import pytest

from sagemaker_local.domain.transform.errors import BadData
from sagemaker_local.domain.transform.jsonpath import Path
from sagemaker_local.domain.transform.processing import Processing, format_of, predictions


def processing(kind: str, input_filter: str = "$", output_filter: str = "$", join: bool = False) -> Processing:
    format_ = format_of(kind)
    assert format_ is not None
    return Processing(Path(input_filter), Path(output_filter), join, format_, format_)


def test_the_guides_example_keeps_an_id_from_the_model_and_joins_it_to_the_answer() -> None:
    """batch-transform-data-processing: ``$[1:]``, Input, ``$[0,-1]``."""
    job = processing("text/csv", "$[1:]", "$[0,-1]", join=True)
    assert job.request(b"id1,5,6\n") == b"5,6\n"
    assert job.answer(b"id1,5,6", b"0.8") == b"id1,0.8"


@pytest.mark.parametrize(
    ("record", "prediction", "joined"),
    [
        (b'{"key":1}', b'{"label":1}', b'{"key":1,"SageMakerOutput":{"label":1}}'),
        (b"[1,2]", b"3", b'{"SageMakerInput":[1,2],"SageMakerOutput":3}'),
        (b'["a"]', b'["b"]', b'{"SageMakerInput":["a"],"SageMakerOutput":["b"]}'),
    ],
)
def test_json_is_joined_under_keys_of_its_own(record: bytes, prediction: bytes, joined: bytes) -> None:
    assert processing("application/jsonlines", join=True).answer(record, prediction) == joined


def test_columns_are_joined_behind_columns_with_their_quotes() -> None:
    assert processing("text/csv", join=True).answer(b'"a,b",2', b"3,4") == b'"a,b",2,3,4'


def test_a_filter_of_the_output_alone_selects_of_the_answer() -> None:
    assert processing("application/json", output_filter="$.score").answer(b"1", b'{"score":0.5,"x":1}') == b"0.5"


def test_text_keeps_its_letters() -> None:
    assert processing("application/json", join=True).answer('"é"'.encode(), '"ü"'.encode()) == (
        '{"SageMakerInput":"é","SageMakerOutput":"ü"}'.encode()
    )


@pytest.mark.parametrize(
    ("changes", "filters"),
    [(False, {}), (False, {"input_filter": "$[0]"}), (True, {"output_filter": "$[0]"}), (True, {"join": True})],
)
def test_answers_are_taken_apart_only_where_they_are_changed(changes: bool, filters: dict[str, str]) -> None:
    assert processing("text/csv", **filters).changes_answers is changes  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "name"), [("text/csv", "CSV"), ("application/json", "JSON")])
def test_what_is_not_of_its_type_is_told(kind: str, name: str) -> None:
    with pytest.raises(BadData, match=f"Failed to parse the output from the algorithm as {name}"):
        processing(kind, output_filter="$[0]").answer(b"x", b'"')
    with pytest.raises(BadData, match=f"Failed to parse the record as {name}"):
        processing(kind, input_filter="$[0]").request(b'"')


@pytest.mark.parametrize(
    ("content_type", "known"),
    [("text/csv", True), ("Text/CSV; charset=utf-8", True), ("application/jsonlines", True), ("image/png", False)],
)
def test_data_processing_knows_csv_and_json(content_type: str, known: bool) -> None:
    assert (format_of(content_type) is not None) is known


def test_an_answer_has_a_line_for_each_record() -> None:
    assert predictions(b"1\n2\n", 2) == [b"1", b"2"]
    assert predictions(b"[1,\n2]\n", 1) == [b"[1,\n2]"]
    with pytest.raises(BadData, match="answered 1 lines to 2 records"):
        predictions(b"1\n", 2)
