from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.domain.rollouts import Bake, Launch, Release, Shift, alarms, capacity, fault, steps, time_limit


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def count(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}


def blue_green(
    kind: str, wait: int = 60, termination: int = 120, limit: int | None = None, **size: Any
) -> dict[str, Any]:
    policy: dict[str, Any] = {
        "TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": wait, **size},
        "TerminationWaitInSeconds": termination,
    }
    if limit is not None:
        policy["MaximumExecutionTimeoutInSeconds"] = limit
    return {"BlueGreenUpdatePolicy": policy}


def rolling(size: dict[str, Any], wait: int = 30) -> dict[str, Any]:
    return {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": wait}}


@pytest.mark.parametrize("deployment", [None, {}, {"AutoRollbackConfiguration": {"Alarms": []}}])
def test_without_a_policy_all_is_shifted_at_once_and_nothing_bakes(deployment: dict[str, Any] | None) -> None:
    assert steps(deployment, 3) == [Launch(), Shift(1.0), Bake(0, "TerminationWaitInSeconds")]


def test_a_canary_bakes_on_its_share_before_all_is_shifted() -> None:
    assert steps(blue_green("CANARY", CanarySize=percent(30)), 4) == [
        Launch(),
        Shift(0.3),
        Bake(60, "WaitIntervalInSeconds", 0.3),
        Shift(1.0),
        Bake(120, "TerminationWaitInSeconds"),
    ]


def test_a_canary_of_instances_is_their_share_of_the_new_fleet() -> None:
    assert steps(blue_green("CANARY", CanarySize=count(1)), 4)[1] == Shift(0.25)


@pytest.mark.parametrize(("step", "shares"), [(10, 10), (33, 4), (50, 2), (25, 4)])
def test_linear_shifts_by_equal_steps_and_ends_with_all(step: int, shares: int) -> None:
    shifts = [
        each.share for each in steps(blue_green("LINEAR", LinearStepSize=percent(step)), 4) if isinstance(each, Shift)
    ]
    assert shifts == pytest.approx([min(1.0, number * step / 100) for number in range(1, shares + 1)])


def test_a_rolling_update_takes_batch_after_batch() -> None:
    assert steps(rolling(count(1)), 2) == [
        Launch(0.5),
        Shift(0.5),
        Bake(30, "WaitIntervalInSeconds", 0.5),
        Release(0.5),
        Launch(1.0),
        Shift(1.0),
        Bake(30, "WaitIntervalInSeconds"),
    ]


def test_a_batch_has_at_least_one_instance() -> None:
    assert [each for each in steps(rolling(percent(5)), 2) if isinstance(each, Launch)] == [Launch(0.5), Launch(1.0)]


@given(st.sampled_from(["CANARY", "LINEAR", "ALL_AT_ONCE", "rolling"]), st.integers(10, 50), st.integers(1, 20))
def test_whatever_the_policy_traffic_only_grows_and_ends_with_all_of_it(kind: str, size: int, instances: int) -> None:
    sizes = {"CANARY": {"CanarySize": percent(size)}, "LINEAR": {"LinearStepSize": percent(size)}}
    deployment = rolling(percent(size)) if kind == "rolling" else blue_green(kind, **sizes.get(kind, {}))
    taken = steps(deployment, instances)
    shares = [each.share for each in taken if isinstance(each, Shift)]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    launched = 0.0
    for each in taken:
        if isinstance(each, Launch):
            launched = each.share
        elif isinstance(each, Shift):
            assert capacity(launched, instances) >= capacity(each.share, instances) or launched == 1.0
        elif isinstance(each, Release):
            assert each.share <= launched


@pytest.mark.parametrize(
    ("share", "instances", "whole"), [(1.0, 3, 3), (0.1, 3, 1), (0.3, 10, 3), (1 / 3, 3, 1), (0.5, 3, 2), (0.01, 1, 1)]
)
def test_a_share_is_of_whole_instances(share: float, instances: int, whole: int) -> None:
    assert capacity(share, instances) == whole


def test_alarms_and_the_time_limit_are_read_of_either_policy() -> None:
    deployment = {**blue_green("ALL_AT_ONCE", limit=900), "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}
    assert (alarms(deployment), time_limit(deployment)) == (["a"], 900)
    assert (alarms(None), time_limit(rolling(count(1)))) == ([], None)


@pytest.mark.parametrize(
    ("deployment", "told"),
    [
        ({**blue_green("ALL_AT_ONCE"), **rolling(count(1))}, "not both"),
        (blue_green("CANARY"), "CanarySize must be given"),
        (blue_green("LINEAR"), "LinearStepSize must be given"),
        (blue_green("ALL_AT_ONCE", CanarySize=percent(10)), "CanarySize is for traffic routing CANARY only"),
        (blue_green("CANARY", CanarySize=percent(51)), "CanarySize must be 1 to 50 percent"),
        (blue_green("LINEAR", LinearStepSize=percent(9)), "LinearStepSize must be 10 to 50 percent"),
        (rolling(percent(51)), "MaximumBatchSize must be 5 to 50 percent"),
        (blue_green("CANARY", 400, 300, 600, CanarySize=percent(10)), "must be longer than all waits together (700 s)"),
    ],
)
def test_settings_that_do_not_fit_together_are_told(deployment: dict[str, Any], told: str) -> None:
    assert told in (fault(deployment) or "")


@pytest.mark.parametrize(
    "deployment",
    [
        {},
        blue_green("ALL_AT_ONCE"),
        blue_green("CANARY", limit=600, CanarySize=percent(10)),
        blue_green("LINEAR", LinearStepSize=count(60)),
        rolling(percent(5)),
    ],
)
def test_settings_that_fit_together_pass(deployment: dict[str, Any]) -> None:
    assert fault(deployment) is None
