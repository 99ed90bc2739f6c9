"""What programs take of the machine, from lines of /proc."""

from __future__ import annotations

import pytest

from sagemaker_local.domain.metrics import unit
from sagemaker_local.domain.usage import Process, Taken, parse, taken

# proc(5): pid, name, state, parent, ..., user and system time (14, 15), those of ended children (16, 17), pages (24).
LINE = "42 ({}) S 7 42 42 0 -1 4194560 100 0 0 0 10 20 3 4 20 0 1 0 12345 1000000 250 18446744073709551615 1 1"


@pytest.mark.local_only
@pytest.mark.parametrize("name", ["serve", "a b", "odd) S 1 (name"])
def test_a_line_of_proc_is_read_whatever_the_programs_name(name: str) -> None:
    assert parse(LINE.format(name)) == Process(parent=7, ticks=37, pages=250)


@pytest.mark.local_only
def test_a_program_is_the_tree_below_its_first_process() -> None:
    processes = {
        1: Process(0, 100, 100),
        10: Process(1, 1, 10),
        11: Process(10, 2, 20),
        12: Process(11, 4, 40),
        20: Process(1, 8, 80),
    }
    assert taken(processes, 10) == Taken(7, 70)
    assert taken(processes, 12) == Taken(4, 40)
    assert taken(processes, 99) is None


@pytest.mark.documented("monitoring-cloudwatch, async-inference-monitor: units")
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("Invocations", "None"),
        ("Invocation5XXErrors", "None"),
        ("ModelLatency", "Microseconds"),
        ("RequestDownloadLatency", "Microseconds"),
        ("TimeInBacklog", "Milliseconds"),
        ("ApproximateAgeOfOldestRequest", "Seconds"),
        ("ApproximateBacklogSize", "Count"),
        ("HasBacklogWithoutCapacity", "Count"),
        ("NotificationFailures", "Count"),
        ("InvocationsProcessed", "Count"),
        ("CPUUtilization", "Percent"),
    ],
)
def test_every_metric_has_its_unit(metric: str, expected: str) -> None:
    assert unit(metric) == expected
