"""A job's lines in CloudWatch Logs, and the metrics in them."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from sagemaker_local.execution import logs
from sagemaker_local.execution.logs import LogStream, MetricScanner, printable
from tests.support.local_aws import LocalAws, unique

MEBIBYTE = 1 << 20
GROUP = "/aws/sagemaker/TrainingJobs"


class Sent:
    """What a client of CloudWatch Logs sent, call by call."""

    def __init__(self, client: Any) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        client.meta.events.register("before-parameter-build.cloudwatch-logs.PutLogEvents", self._note)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self.batches.append(params["logEvents"])

    @property
    def lines(self) -> list[str]:
        return [event["message"] for batch in self.batches for event in batch]


def write(aws: LocalAws, lines: list[str]) -> Sent:
    """Write *lines* to a new stream."""
    client = aws.client("logs")
    sent = Sent(client)
    stream = LogStream(client, GROUP, f"{unique('job')}/algo-1-1")
    for line in lines:
        stream.append(line)
    stream.close()
    return sent


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("[0]\ttrain-rmse:1.5", "[0]#011train-rmse:1.5"),
        ("50%\r", "50%#015"),
        ("\x1b[1mü\x7f", "#033[1mü#177"),
        ("", ""),
    ],
)
def test_control_characters_are_shown_by_their_octal_numbers_as_on_aws(line: str, shown: str) -> None:
    assert printable(line) == shown


def test_lines_are_in_the_stream_in_order_when_it_is_closed(aws: LocalAws) -> None:
    job = unique("job")
    stream = LogStream(aws.client("logs"), GROUP, f"{job}/algo-1-1")
    for number in range(100):
        stream.append(f"line {number}")
    stream.close()
    assert aws.log_lines("TrainingJobs", job) == [f"line {number}" for number in range(100)]


def test_a_batch_has_at_most_ten_thousand_events(aws: LocalAws) -> None:
    lines = [str(number) for number in range(25_000)]
    sent = write(aws, lines)
    assert sent.lines == lines
    assert max(len(batch) for batch in sent.batches) <= 10_000


@pytest.mark.parametrize("character", ["x", "ü", "🙂"])
def test_a_batch_has_at_most_a_mebibyte_with_26_bytes_for_each_event(aws: LocalAws, character: str) -> None:
    lines = [character * 60_000] * 30
    sent = write(aws, lines)
    assert sent.lines == lines
    sizes = [sum(len(event["message"].encode()) + 26 for event in batch) for batch in sent.batches]
    assert max(sizes) <= MEBIBYTE


def test_an_empty_line_is_no_event(aws: LocalAws) -> None:
    assert write(aws, ["a", "", "b"]).lines == ["a", "b"]


def test_a_stream_without_lines_is_there_all_the_same(aws: LocalAws) -> None:
    client, name = aws.client("logs"), f"{unique('job')}/algo-1-1"
    LogStream(client, GROUP, name).close()
    found = client.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=name)["logStreams"]
    assert [stream["logStreamName"] for stream in found] == [name]


def test_a_clock_that_jumps_back_leaves_the_events_in_order(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.chain([1_800_000_000.0, 1_700_000_000.0], itertools.repeat(1_800_000_001.0))
    monkeypatch.setattr(logs, "time", SimpleNamespace(time=lambda: next(clock)))
    sent = write(aws, ["a", "b", "c"])
    stamps = [event["timestamp"] for batch in sent.batches for event in batch]
    assert stamps == [1_800_000_000_000, 1_800_000_000_000, 1_800_000_001_000]


def test_a_log_that_cannot_be_written_is_told_and_fails_nothing(
    aws: LocalAws, caplog: pytest.LogCaptureFixture
) -> None:
    client, name = aws.client("logs"), f"{unique('job')}/algo-1-1"
    stream = LogStream(client, GROUP, name)
    client.delete_log_stream(logGroupName=GROUP, logStreamName=name)
    stream.append("lost")
    stream.close()
    assert f"1 lines of {GROUP} {name} are lost" in caplog.text


# Metrics


def scanner(*regexes: str) -> MetricScanner:
    return MetricScanner([{"Name": f"m{number}", "Regex": regex} for number, regex in enumerate(regexes)])


def values(regex: str, *lines: str) -> list[float]:
    found = scanner(regex)
    return [metric.value for line in lines for metric in found.scan(line, 1.0)]


@pytest.mark.parametrize(
    ("line", "value"),
    [("mse=4", 4.0), ("epoch 3: mse=4.25;", 4.25), ("mse=-1.5e-3", -0.0015), ("mse=+7", 7.0), ("mse=.5", 0.5)],
)
def test_the_first_group_is_the_value(line: str, value: float) -> None:
    assert values(r"mse=([-+.0-9e]+)", line) == [value]


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-Infinity", "1e999", "", "high", "1,5", "--1", "0x10"])
def test_what_is_no_finite_number_is_passed_over(text: str) -> None:
    assert values(r"mse=(\S*)", f"mse={text}") == []


def test_a_line_without_a_match_or_a_group_has_no_metric() -> None:
    assert values(r"mse=(\d+)", "rmse is 4", "mse=x") == []
    assert values(r"mse=\d+", "mse=4") == []
    assert values(r"mse=(\d+)?", "mse=") == []


def test_one_line_can_hold_several_metrics() -> None:
    found = scanner(r"train=(\d+)", r"valid=(\d+)").scan("train=1 valid=2", 5.0)
    assert [(metric.name, metric.value, metric.timestamp) for metric in found] == [("m0", 1.0, 5.0), ("m1", 2.0, 5.0)]


def test_the_final_metrics_are_the_last_of_each() -> None:
    found = scanner(r"train=(\d+)", r"valid=(\d+)")
    for moment, line in enumerate(["train=9", "train=8 valid=7", "train=nan", "valid=6"]):
        found.scan(line, float(moment))
    assert found.final() == [
        {"MetricName": "m0", "Value": 8.0, "Timestamp": 1.0},
        {"MetricName": "m1", "Value": 6.0, "Timestamp": 3.0},
    ]


def test_without_metrics_there_are_no_final_ones() -> None:
    assert scanner().final() == []
    assert scanner(r"a=(\d)").final() == []


def test_a_regex_that_backtracks_without_end_is_given_up_and_told(caplog: pytest.LogCaptureFixture) -> None:
    found = scanner(r"(a|aa)+$", r"(\d)")
    assert [metric.value for metric in found.scan("a" * 60 + "!7", 1.0)] == [7.0]
    assert "takes too long on a line of 62 characters" in caplog.text
