"""What batch transform captures: manifests, and records with ids."""

from __future__ import annotations

import itertools
import json

import pytest

from sagemaker_local.domain.transform.capture import Identified, manifest, manifest_key

pytestmark = pytest.mark.documented("model-monitor-data-capture-batch")
TIME = "2022-08-30T00:49:15Z"


def identified(answer: bytes, is_csv: bool) -> bytes:
    """The answer, its records' ids numbered."""
    numbers = itertools.count(1)
    return Identified(is_csv, 1661820555.4, lambda: f"id{next(numbers)}")(answer)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"0\n1\n", f"0,id1,{TIME}\n1,id2,{TIME}\n"),
        (b"0,a\r\n1,b", f"0,a,id1,{TIME}\r\n1,b,id2,{TIME}"),
        (b"0\n\n1\n", f"0,id1,{TIME}\n\n1,id2,{TIME}\n"),
        (b"", ""),
    ],
)
def test_a_row_gets_two_columns_more(answer: bytes, expected: str) -> None:
    assert identified(answer, is_csv=True).decode() == expected


MORE = {"SageMakerInferenceTime": TIME}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b'{"output": 0}\n{"output": 1}\n', [{"output": 0, **MORE}, {"output": 1, **MORE}]),
        (b'{\n "output": 0\n}\n', [{"output": 0, **MORE}]),
        (b"0.5\n", [{"SageMakerOutput": 0.5, **MORE}]),
    ],
    ids=["lines", "one record over lines", "no object"],
)
def test_an_object_gets_two_members_more(answer: bytes, expected: list[dict[str, object]]) -> None:
    found = [json.loads(line) for line in identified(answer, is_csv=False).splitlines()]
    assert [each.pop("SageMakerInferenceId") for each in found] == [f"id{n + 1}" for n in range(len(found))]
    assert found == expected


def test_what_is_no_json_stays_as_it_is() -> None:
    assert identified(b"oops\n", is_csv=False) == b"oops\n"


def test_a_manifest_lists_objects_below_a_prefix_under_the_hour_of_the_start() -> None:
    assert json.loads(manifest("s3://in/", ["a.csv", "b.csv"])) == [{"prefix": "s3://in/"}, "a.csv", "b.csv"]
    assert manifest_key("input", 1661518800.25, "u") == "input/2022/08/26/13/00-00-250-u.jsonl"
