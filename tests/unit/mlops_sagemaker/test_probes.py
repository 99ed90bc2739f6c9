import json
import math

import pytest

from mlops_sagemaker import probes
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.probes import Answer, Smoke

SMOKE = Smoke(["a", "b"], [["1", "x,y"], ["2", ""]], [1.0, 2.0])
DOCUMENT = {"version": 1, "columns": ["a", "b"], "rows": [["1", "x,y"], ["2", ""]], "predictions": [1, 2]}


def answer(body: str, status: int = 200) -> Answer:
    return Answer(status, body, 0.01)


def test_known_rows_are_read_as_they_were_written() -> None:
    assert probes.parse(json.dumps(DOCUMENT).encode(), "s3://b/smoke.json") == SMOKE


@pytest.mark.parametrize(
    "content", [None, b"", b"[]", b"{}", json.dumps({**DOCUMENT, "rows": []}).encode(), b'{"rows": 1}']
)
def test_without_known_rows_nothing_can_be_tested(content: bytes | None) -> None:
    with pytest.raises(UserError, match=r"s3://b/smoke\.json"):
        probes.parse(content, "s3://b/smoke.json")


def test_rows_are_csv_without_a_header() -> None:
    assert probes.body(SMOKE.rows) == '1,"x,y"\n2,\n'


def test_the_stored_predictions_are_right_up_to_rounding() -> None:
    assert probes.wrong_predictions(SMOKE, answer("1.000001\n2\n")) == []


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (answer("1\n2.1"), "row 2 is predicted as 2.1, not as 2.0"),
        (answer("1"), "2 rows got 1 predictions"),
        (answer("1\nnan"), "not finite"),
        (answer("one\ntwo"), "could not convert"),
        (answer("broken", 500), "the answer is a 500: broken"),
    ],
)
def test_other_predictions_are_wrong(given: Answer, found: str) -> None:
    (finding,) = probes.wrong_predictions(SMOKE, given)
    assert found in finding


def test_a_bad_request_must_be_refused_as_the_callers_mistake() -> None:
    for what, body in probes.bad_requests(SMOKE).items():
        assert body != probes.body(SMOKE.rows[:1])
        assert probes.accepted(what, answer("", 400)) == []
        assert "not refused with a 4xx" in probes.accepted(what, answer("1", 200))[0]
        assert probes.accepted(what, answer("", 500))


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_one_of_the_values(share: float, value: float) -> None:
    assert probes.percentile([float(n) for n in range(100, 0, -1)], share) == value


def test_one_slow_answer_of_a_hundred_is_within_the_budget_and_two_are_not() -> None:
    assert probes.slowness([0.01] * 99 + [1.0], 0.1) == []
    assert probes.slowness([0.01] * 98 + [1.0] * 2, 0.1) == ["p99 is 1000.0 ms, the budget 100.0 ms"]
    assert math.isclose(probes.percentile([1.0], 0.99), 1.0)


@pytest.mark.parametrize(("findings", "text"), [([], ""), (["a"], "a"), (["a", "b", "c"], "a (and 2 more)")])
def test_findings_are_summed_up(findings: list[str], text: str) -> None:
    assert probes.summary(findings) == text
