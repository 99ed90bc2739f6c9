"""A plan as a document: what is read, and what each mistake is told."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.domain.faults.document import InvalidPlan, parse
from sagemaker_local.domain.faults.effects import (
    CALL_EFFECTS,
    JOB_EFFECTS,
    CapacityError,
    Error,
    Exit,
    LostResponse,
    OutOfMemory,
    SlowStart,
    SpotInterruption,
)
from sagemaker_local.domain.faults.plan import Calls, Fault, Jobs, Plan


def fault(**changes: Any) -> dict[str, Any]:
    """A fault on jobs that is right, with *changes*; a change to ``None`` leaves the member out."""
    members = {"name": "f", "jobs": {}, "effect": {"type": "capacity_error"}, **changes}
    return {name: value for name, value in members.items() if value is not None}


def test_a_whole_plan_is_read() -> None:
    document = {
        "seed": 7,
        "faults": [
            {
                "name": "bad rows",
                "jobs": {"kind": "training-job", "name": "uc-*", "tags": {"stage": "train"}},
                "times": 1,
                "effect": {"type": "exit", "code": 3, "failure": "no column age"},
            },
            {"name": "busy", "calls": {"operation": "Describe*"}, "probability": 0.2,
             "effect": {"type": "error", "code": "ThrottlingException"}},
        ],
    }  # fmt: skip
    assert parse(document) == Plan(
        (
            Fault("bad rows", Jobs("training-job", "uc-*", {"stage": "train"}), Exit(3, "no column age"), times=1),
            Fault("busy", Calls("Describe*"), Error("ThrottlingException"), probability=0.2),
        ),
        seed=7,
    )


def test_no_faults_are_a_plan_too() -> None:
    assert parse({"faults": []}) == Plan()


@pytest.mark.parametrize(
    ("effect", "read"),
    [
        ({"type": "slow_start", "seconds": 1.5}, SlowStart(1.5)),
        ({"type": "capacity_error"}, CapacityError()),
        ({"type": "exit", "code": 255}, Exit(255)),
        ({"type": "out_of_memory"}, OutOfMemory()),
        ({"type": "out_of_memory", "after_seconds": 0}, OutOfMemory(0)),
        ({"type": "spot_interruption", "after_line": "saved"}, SpotInterruption(after_line="saved")),
    ],
)
def test_every_effect_on_jobs_is_read(effect: dict[str, Any], read: object) -> None:
    (only,) = parse({"faults": [fault(effect=effect)]}).faults
    assert only.effect == read


def test_every_effect_on_calls_is_read() -> None:
    effects = [
        {"type": "error", "code": "X", "message": "m", "status": 503},
        {"type": "lost_response"},
    ]
    plan = parse({"faults": [fault(name=str(n), jobs=None, calls={}, effect=e) for n, e in enumerate(effects)]})
    assert [item.effect for item in plan.faults] == [Error("X", "m", 503), LostResponse()]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the plan must be an object; given: []"),
        ({}, "the plan: faults is missing"),
        ({"faults": {}}, "faults must be a list of faults; given: {}"),
        ({"faults": [], "fault": 1}, "the plan: unknown member fault; there are seed, faults"),
        ({"faults": [], "seed": "a"}, "seed must be an integer; given: 'a'"),
        ({"faults": [fault(), fault()]}, "faults: each needs a name of its own; given more than once: f"),
        ({"faults": [7]}, "faults[0] must be an object; given: 7"),
        ({"faults": [fault(name=None)]}, "faults[0]: name is missing"),
        ({"faults": [fault(name="")]}, "faults[0].name must be a text that is not empty; given: ''"),
        ({"faults": [fault(effect=None)]}, "faults[0]: effect is missing"),
        ({"faults": [fault(jobs=None)]}, "faults[0]: give either calls or jobs, which say what is struck"),
        ({"faults": [fault(calls={})]}, "faults[0]: give either calls or jobs, which say what is struck"),
        ({"faults": [fault(), fault(name="g", times=0)]}, "faults[1].times must be an integer of at least 1; given: 0"),
        ({"faults": [fault(times=True)]}, "faults[0].times must be an integer of at least 1; given: True"),
        ({"faults": [fault(probability=0)]}, "faults[0].probability must be a number above 0 and at most 1; given: 0"),
        ({"faults": [fault(jobs={"operation": "*"})]}, "faults[0].jobs: unknown member operation; there are kind, na"),
        ({"faults": [fault(jobs={"name": 1})]}, "faults[0].jobs.name must be a pattern that is not empty; given: 1"),
        ({"faults": [fault(jobs={"tags": ["a"]})]}, "faults[0].jobs.tags must be an object of patterns by tag key"),
        (
            {"faults": [fault(effect={"type": "lost_response"})]},
            "faults[0].effect.type: the effects on jobs are slow_start, capacity_error, exit, out_of_memory, "
            "spot_interruption, internal_error; given: 'lost_response'",
        ),
        ({"faults": [fault(effect={"type": []})]}, "faults[0].effect.type: the effects on jobs are"),
        ({"faults": [fault(effect={"type": "exit"})]}, "faults[0].effect: code is missing"),
        ({"faults": [fault(effect={"type": "exit", "code": 0})]}, "faults[0].effect.code must be an exit status, 1 to"),
        ({"faults": [fault(effect={"type": "capacity_error", "x": 1})]}, "faults[0].effect: unknown member x; there"),
        (
            {"faults": [fault(effect={"type": "slow_start", "seconds": -1})]},
            "faults[0].effect.seconds must be a number of seconds, 0 to 86400; given: -1",
        ),
    ],
)
def test_a_mistake_is_told_by_its_place_and_what_belongs_there(document: Any, message: str) -> None:
    with pytest.raises(InvalidPlan) as caught:
        parse(document)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("given", [{}, None, "", 3, ["exit"]])
def test_an_effect_needs_a_type(given: Any) -> None:
    with pytest.raises(InvalidPlan, match=r"^faults\[0\]"):
        parse({"faults": [fault(effect={"type": given})]})


def test_each_effect_belongs_to_calls_or_to_jobs() -> None:
    assert not CALL_EFFECTS.keys() & JOB_EFFECTS.keys()
