"""Whom a fault strikes, how often, and that the same plan decides the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.domain.faults.effects import CapacityError, Effect, Error, Exit, SlowStart, SpotInterruption
from sagemaker_local.domain.faults.plan import Attempt, Call, Calls, Count, Fault, Jobs, Plan, Subject

EFFECT = Exit(3)


def struck(plan: Plan, subjects: list[Subject], *effects: type[Effect]) -> list[str | None]:
    """The names of the faults that strike *subjects*, one after the other."""
    counts: dict[str, Count] = {}
    names = []
    for subject in subjects:
        fault, changed = plan.meet(subject, effects or (Exit,), counts)
        counts.update(changed)
        names.append(fault and fault.name)
    return names


@pytest.mark.parametrize(
    ("jobs", "attempt", "expected"),
    [
        (Jobs(), Attempt("training-job", "a"), True),
        (Jobs(name="uc-*"), Attempt("training-job", "uc-train"), True),
        (Jobs(name="uc-*"), Attempt("training-job", "other"), False),
        (Jobs(name="uc-?"), Attempt("training-job", "uc-10"), False),
        (Jobs(kind="training-job"), Attempt("processing-job", "a"), False),
        (Jobs(tags={"team": "ml"}), Attempt("training-job", "a", {"team": "ml", "x": "y"}), True),
        (Jobs(tags={"team": "m*"}), Attempt("training-job", "a", {"team": "ml"}), True),
        (Jobs(tags={"team": "*"}), Attempt("training-job", "a", {}), False),
        (Jobs(), Call("CreateTrainingJob", ("a",)), False),
    ],
)
def test_a_job_is_chosen_by_kind_name_and_tags(jobs: Jobs, attempt: Subject, expected: bool) -> None:
    assert jobs.match(attempt) is expected


@pytest.mark.parametrize(
    ("calls", "call", "expected"),
    [
        (Calls(), Call("ListTags"), True),
        (Calls("Describe*"), Call("DescribeTrainingJob", ("a",)), True),
        (Calls("Describe*"), Call("StopTrainingJob", ("a",)), False),
        (Calls("*", "uc-*"), Call("DescribeTrainingJob", ("uc-1",)), True),
        (Calls("*", "uc-*"), Call("CreateEndpoint", ("e", "uc-1")), True),
        (Calls("*", "uc-*"), Call("ListTrainingJobs"), False),
        (Calls(tags={"team": "ml"}), Call("CreateTrainingJob", ("a",), {"team": "ml"}), True),
        (Calls(tags={"team": "ml"}), Call("CreateTrainingJob", ("a",), {"team": "x"}), False),
        (Calls(), Attempt("training-job", "a"), False),
    ],
)
def test_a_call_is_chosen_by_operation_names_and_tags(calls: Calls, call: Subject, expected: bool) -> None:
    assert calls.match(call) is expected


def test_a_limit_counts_strikes_over_all_jobs() -> None:
    plan = Plan((Fault("f", Jobs(name="a*"), EFFECT, times=2),))
    subjects: list[Subject] = [Attempt("training-job", name) for name in ("a1", "b", "a2", "a3")]
    assert struck(plan, subjects) == ["f", None, "f", None]


def test_the_first_that_strikes_is_the_one_and_an_exhausted_one_makes_room() -> None:
    plan = Plan((Fault("first", Jobs(), EFFECT, times=1), Fault("second", Jobs(), EFFECT)))
    assert struck(plan, [Attempt("training-job", "a")] * 3) == ["first", "second", "second"]


def test_only_effects_that_are_asked_for_strike_or_count() -> None:
    plan = Plan((Fault("slow", Jobs(), SlowStart(1)), Fault("none", Jobs(), CapacityError())))
    fault, changed = plan.meet(Attempt("training-job", "a"), (CapacityError,), {})
    assert fault is plan.faults[1]
    assert set(changed) == {"none"}


@pytest.mark.parametrize("spot", [True, False])
def test_only_a_job_on_spot_capacity_is_interrupted(spot: bool) -> None:
    plan = Plan((Fault("reclaimed", Jobs(), SpotInterruption()),))
    fault, changed = plan.meet(Attempt("training-job", "a", {}, spot), (SpotInterruption,), {})
    assert (fault is not None, bool(changed)) == (spot, spot)


def test_what_was_met_and_what_was_struck_is_counted() -> None:
    plan = Plan((Fault("busy", Calls("Describe*"), Error("ThrottlingException"), times=1),))
    counts: dict[str, Count] = {}
    for operation in ("DescribeTrainingJob", "ListTags", "DescribeTrainingJob"):
        counts.update(plan.meet(Call(operation), (Error,), counts)[1])
    assert counts == {"busy": Count(met=2, struck=1)}


@given(seed=st.integers(), probability=st.floats(0.05, 0.95))
def test_chance_is_the_same_for_the_same_seed(seed: int, probability: float) -> None:
    subjects: list[Subject] = [Attempt("training-job", "a")] * 60
    plan = Plan((Fault("f", Jobs(), EFFECT, probability=probability),), seed)
    assert struck(plan, subjects) == struck(plan, subjects)


def test_chance_strikes_about_as_often_as_it_says_and_differs_by_seed_and_name() -> None:
    subjects: list[Subject] = [Attempt("training-job", "a")] * 2000
    runs = {
        (seed, name): struck(Plan((Fault(name, Jobs(), EFFECT, probability=0.25),), seed), subjects)
        for seed in (1, 2)
        for name in ("f", "g")
    }
    assert all(400 < sum(name is not None for name in run) < 600 for run in runs.values())
    assert len({tuple(name is None for name in run) for run in runs.values()}) == 4
