import base64
import json
import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlops_sagemaker import replays
from mlops_sagemaker.probes import Answer
from mlops_sagemaker.replays import Exchange, Replay
from mlops_sagemaker.rules import Mode

CSV = "text/csv"
BUDGET = 0.25


def record(asked: str = "1,2\n", said: str = "3.0", content_type: str = CSV, accept: str = CSV, **metadata: Any) -> str:
    """A line of a captured file."""
    sides = {
        "endpointInput": {"observedContentType": content_type, "mode": "INPUT", "data": asked, "encoding": "CSV"},
        "endpointOutput": {"observedContentType": accept, "mode": "OUTPUT", "data": said, "encoding": "CSV"},
    }
    return json.dumps({"captureData": sides, "eventMetadata": {"eventId": "1", **metadata}, "eventVersion": "0"})


def read(*lines: str) -> list[Exchange | None]:
    return list(replays.exchanges("\n".join(lines).encode()))


def test_the_newest_request_of_a_file_comes_first() -> None:
    assert read(record("1,2\n", "3.0"), record("4,5\n6,7\n", "9.0\n13.0")) == [
        Exchange("4,5\n6,7\n", CSV, CSV, (9.0, 13.0)),
        Exchange("1,2\n", CSV, CSV, (3.0,)),
    ]


@pytest.mark.parametrize(
    ("accept", "said"),
    [
        ("text/csv; charset=utf-8", "0.5\n0.25"),
        ("application/json", '{"predictions": [0.5, 0.25]}'),
        ("application/jsonlines", '{"prediction": 0.5}\n{"prediction": 0.25}'),
    ],
)
def test_predictions_are_read_in_the_formats_that_the_server_writes_as_text(accept: str, said: str) -> None:
    assert read(record(said=said, accept=accept)) == [Exchange("1,2\n", CSV, accept, (0.5, 0.25))]


def test_what_was_captured_as_bytes_is_read_too() -> None:
    document = json.loads(record())
    for side in document["captureData"].values():
        side |= {"data": base64.b64encode(side["data"].encode()).decode(), "encoding": "BASE64"}
    assert read(json.dumps(document)) == read(record())


@pytest.mark.parametrize(
    "line",
    [
        record(said="True.\nFalse."),
        record(said="nan"),
        record(said=""),
        record(accept="application/x-parquet"),
        '{"captureData": {"endpointInput": {}}, "eventMetadata": {}}',
        "half a rec",
        "[]",
    ],
    ids=["labels", "no finite number", "no number", "Parquet", "one side", "damaged", "no object"],
)
def test_what_cannot_be_compared_is_told(line: str) -> None:
    assert read(line, record()) == [*read(record()), None]


def test_tests_are_no_requests() -> None:
    assert read(record(customAttributes=["synthetic"]), record()) == read(record())


def test_the_hours_of_a_window_cross_midnight_and_are_in_utc() -> None:
    found = list(replays.hours(datetime(2026, 3, 1, 1, 30, tzinfo=UTC), timedelta(hours=2)))
    assert found == ["2026/03/01/01/", "2026/03/01/00/", "2026/02/28/23/"]


def judged(
    predictions: list[float], answered: list[float], rules: Replay | None = None, seconds: float = 0.01
) -> dict[str, Any]:
    """The report on one request a row."""
    exchanges = [Exchange("row\n", CSV, CSV, (value,)) for value in predictions]
    answers = [Answer(200, f"{value}\n", seconds) for value in answered]
    return replays.judge(exchanges, answers, rules or Replay(), BUDGET)


def drawn(number: int, mean: float, deviation: float, seed: int = 1) -> list[float]:
    generator = random.Random(seed)
    return [generator.gauss(mean, deviation) for _ in range(number)]


def held(report: dict[str, Any]) -> dict[str, bool | None]:
    return {check["rule"]: check["held"] for check in report["checks"]}


def test_a_candidate_that_predicts_much_the_same_passes() -> None:
    before = drawn(200, 10, 3)
    report = judged(before, [value + 0.1 for value in before])
    assert report["passed"]
    assert held(report) == {"schema": True, "shift": True, "latency": True}
    assert replays.refusals(report) == []
    assert (report["requests"], report["rows"]) == (200, 200)
    assert report["largest_difference"] == pytest.approx(0.1)
    assert report["candidate"]["mean"] == pytest.approx(report["champion"]["mean"] + 0.1)
    assert json.loads(json.dumps(report, allow_nan=False)) == report


@pytest.mark.parametrize(
    "after",
    [drawn(200, 14, 3), drawn(200, 10, 0.3), [10.0] * 200, [1e300] * 200],
    ids=["shifted", "narrowed", "all equal", "far off"],
)
def test_a_candidate_whose_predictions_shift_is_refused(after: list[float]) -> None:
    report = judged(drawn(200, 10, 3), after)
    assert not report["passed"]
    assert held(report) == {"schema": True, "shift": False, "latency": True}
    (refusal,) = replays.refusals(report)
    assert refusal.startswith("shift: the population stability index is")


def test_few_rows_show_no_shift_and_the_report_says_so() -> None:
    report = judged([1.0] * 99, [1000.0] * 99)
    assert report["passed"]
    check = next(check for check in report["checks"] if check["rule"] == "shift")
    assert (check["held"], check["reason"]) == (None, "99 rows show nothing, 100 would")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(500, "broken", 0.01), "the answer is a 500: broken"),
        (Answer(200, '{"predictions": []}', 0.01), "not as the champion's"),
        (Answer(200, "1\n2\n3", 0.01), "3 predictions, the champion gave 2"),
        (Answer(200, "1\nnan", 0.01), "not finite"),
    ],
    ids=["an error", "another format", "another number", "no finite number"],
)
def test_an_answer_of_another_kind_refuses_the_candidate(answer: Answer, told: str) -> None:
    exchange = Exchange("a\nb\n", CSV, CSV, (1.0, 2.0))
    report = replays.judge([exchange, exchange], [Answer(200, "1\n2", 0.01), answer], Replay(), BUDGET)
    assert not report["passed"]
    (refusal,) = replays.refusals(report)
    assert refusal.startswith("schema: request 2: ")
    assert told in refusal
    assert report["rows"] == 2


def test_a_candidate_that_answers_nothing_rightly_is_judged_all_the_same() -> None:
    report = replays.judge([Exchange("a", CSV, CSV, (1.0,))], [Answer(400, "no", 0.01)], Replay(), BUDGET)
    assert (report["passed"], report["rows"], report["stability_index"], report["candidate"]) == (False, 0, None, None)


def test_what_a_canary_answered_is_not_what_the_champion_does() -> None:
    champion, canary = drawn(200, 10, 3), drawn(200, 20, 3)
    captured = [Exchange("row\n", CSV, CSV, (value,)) for value in canary]
    good, bad = ([Answer(200, f"{value}\n", 0.01) for value in predictions] for predictions in (champion, canary))
    compared = replays.renewed(captured, good)
    assert replays.judge(compared, good, Replay(), BUDGET)["passed"], "the captures of a bad canary refuse no fix"
    assert not replays.judge(compared, bad, Replay(), BUDGET)["passed"], "nor do they let one in that is as bad"


@pytest.mark.parametrize("answer", [Answer(500, "9", 0.01), Answer(200, "True.", 0.01)], ids=["an error", "labels"])
def test_where_the_champion_has_no_answer_now_the_captured_one_counts(answer: Answer) -> None:
    captured = Exchange("a", CSV, CSV, (1.0,))
    assert replays.renewed([captured], [answer]) == [captured]


def test_times_are_told_beside_the_champions_for_the_same_requests() -> None:
    exchange, answer = Exchange("a", CSV, CSV, (1.0,)), Answer(200, "1", 0.02)
    times = replays.judge([exchange], [answer], Replay(), BUDGET, [0.01])["latency"]
    assert times == {"champion": {"p50_ms": 10, "p99_ms": 10}, "candidate": {"p50_ms": 20, "p99_ms": 20}}
    assert judged([1.0], [1.0])["latency"]["champion"] is None


def test_time_is_noted_and_refuses_only_where_that_is_declared() -> None:
    slow = judged([1.0] * 10, [1.0] * 10, seconds=0.5)
    assert (slow["passed"], held(slow)["latency"]) == (True, False)
    assert not judged([1.0] * 10, [1.0] * 10, Replay(latency=Mode.ENFORCE), seconds=0.5)["passed"]


@pytest.mark.parametrize(("mode", "looked_at"), [(Mode.DRY_RUN, False), (Mode.OFF, None)])
def test_a_rule_that_is_not_enforced_refuses_nothing(mode: Mode, looked_at: bool | None) -> None:
    report = judged(drawn(200, 10, 3), [0.0] * 200, Replay(shift=mode))
    assert report["passed"]
    assert held(report)["shift"] is looked_at


def test_nothing_captured_passes_and_is_told_as_such() -> None:
    report = replays.nothing(Replay())
    assert report["passed"]
    assert set(held(report).values()) == {None}
    assert report["checks"][0]["reason"] == "no request was captured in the last 24 hours"
    assert report.keys() == judged([1.0], [1.0]).keys()


@pytest.mark.parametrize(("mode", "passed"), [(Mode.ENFORCE, False), (Mode.DRY_RUN, True), (Mode.OFF, True)])
def test_captured_requests_none_of_which_can_be_replayed_keep_a_candidate_out(mode: Mode, passed: bool) -> None:
    report = replays.nothing(Replay(schema=mode), unread=7)
    assert (report["passed"], report["unread"]) == (passed, 7)
    told = "schema: 7 requests were captured in the last 24 hours, and none of them can be replayed"
    assert replays.refusals(report) == ([] if passed else [told])


def test_the_index_is_nothing_for_the_same_values_and_finite_for_any() -> None:
    values = drawn(300, 0, 1)
    assert replays.stability_index(values, values) == 0
    assert replays.stability_index([1.0] * 50, [1.0] * 50) == 0
    for found in ([1e9], [-1e9] * 500, values[:1]):
        assert math.isfinite(replays.stability_index(values, found))


def test_a_shift_by_a_deviation_is_an_index_of_about_one() -> None:
    found = replays.stability_index(drawn(20_000, 0, 1), drawn(20_000, 1, 1, seed=2))
    assert found == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("declared", [{"requests": 0}, {"min_rows": 0}, {"max_shift": 0.0}, {"window": timedelta(0)}])
def test_a_replay_that_could_show_nothing_is_refused(declared: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="declare numbers above 0"):
        Replay(**declared)
