"""What invocations add to CloudWatch's metrics."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sagemaker_local.domain.arns import Scope
from sagemaker_local.execution.metrics import MetricBuffer, Values
from sagemaker_local.execution.serving.client import Response
from sagemaker_local.hosting.invocation import Call, Outcome
from sagemaker_local.hosting.metrics import Metrics, variant_source

pytestmark = pytest.mark.documented("monitoring-cloudwatch")


class Variant:
    """Of two instances."""

    name, count, config = "v", 2, {"EndpointConfigName": "c"}


def counted(*outcomes: tuple[int | None, bool], asynchronous: bool = False) -> Values:
    """What *outcomes* (the container's status, whether the client got an error) come to."""
    metrics, buffer, variant = Metrics(), MetricBuffer(None), Variant()  # type: ignore[arg-type]
    endpoint: Any = SimpleNamespace(scope=Scope("000000000000", "r"), name="e", asynchronous=asynchronous)
    for status, failed in outcomes:
        response = None if status is None else Response(status, {}, b"")
        error: Any = ValueError() if failed else None
        outcome = Outcome(Call({}, b""), variant, response, error, 0.0, 0.0012345, 0.0014)  # type: ignore[arg-type]
        metrics(endpoint, outcome)
    metrics.collect(buffer)
    found = buffer.values(variant_source(endpoint, variant))  # type: ignore[arg-type]
    metrics.collect(buffer)
    assert buffer.values(variant_source(endpoint, variant)) == found, "each is counted once"  # type: ignore[arg-type]
    return found


def test_each_end_of_an_invocation_counts_where_the_guide_says() -> None:
    assert counted((200, False), (200, False), (404, True), (500, True), (None, True)) == {
        "Invocations": {1.0: 5},
        "InvocationsPerInstance": {0.5: 5},
        "InvocationModelErrors": {0.0: 2, 1.0: 3},
        "Invocation4XXErrors": {0.0: 4, 1.0: 1},
        "Invocation5XXErrors": {0.0: 3, 1.0: 2},
        "ModelLatency": {1200.0: 4},
        "OverheadLatency": {170.0: 4},
    }


def test_asynchronous_endpoints_have_those_that_the_guide_lists_for_them() -> None:
    found = counted((200, False), asynchronous=True)
    assert found == {"Invocation4XXErrors": {0.0: 1}, "Invocation5XXErrors": {0.0: 1}, "ModelLatency": {1200.0: 1}}
