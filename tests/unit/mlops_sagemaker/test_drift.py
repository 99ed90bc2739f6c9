"""Every short history of windows, and long random ones, decided as the rules say."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_sagemaker.drift import Action, Check, Decision, DriftPolicy, Looked, Memory, Outcome, decide, remembered

HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OK, BAD, NONE = Outcome.OK, Outcome.VIOLATIONS, Outcome.NO_DATA
CHECK = Check(period=HOUR, silence=3 * HOUR, violations=2, windows=3)
POLICY = DriftPolicy({"data": CHECK}, cool_down=2 * HOUR, retrainings=1)
HISTORIES = list(product(Outcome, repeat=7))
histories = st.lists(st.sampled_from(Outcome), max_size=60)


def decided(outcomes: Sequence[Outcome], policy: DriftPolicy = POLICY, champions: Sequence[str] = ()) -> list[Decision]:
    """The decisions on hourly windows with these outcomes."""
    memory, decisions = Memory(), []
    for hour, outcome in enumerate(outcomes):
        champion = champions[hour] if champions else "arn:1"
        decisions.append(decide(policy, memory, NOON + hour * HOUR, champion, {"data": outcome}))
        memory = decisions[-1].memory
    return decisions


def actions(outcomes: Sequence[Outcome], policy: DriftPolicy = POLICY, champions: Sequence[str] = ()) -> list[Action]:
    return [decision.action for decision in decided(outcomes, policy, champions)]


def in_violation(outcomes: Sequence[Outcome], check: Check = CHECK) -> bool:
    """The rule as it is written: the latest, and k of the last n."""
    return outcomes[-1] is BAD and list(outcomes[-check.windows :]).count(BAD) >= check.violations


def calm(outcomes: Sequence[Outcome], check: Check = CHECK) -> bool:
    with_data = [outcome for outcome in outcomes if outcome is not NONE]
    return len(with_data) >= check.windows and set(with_data[-check.windows :]) == {OK}


@pytest.mark.parametrize("start", range(0, len(HISTORIES), 243))
def test_a_check_is_in_drift_just_where_the_rule_says(start: int) -> None:
    for outcomes in HISTORIES[start : start + 243]:
        expected = [in_violation(outcomes[: end + 1]) for end in range(len(outcomes))]
        assert [bool(decision.drifting) for decision in decided(outcomes)] == expected, outcomes


def test_drift_lasts_until_as_many_windows_with_data_in_a_row_were_ok() -> None:
    for outcomes in HISTORIES:
        drifting = False
        for end, decision in enumerate(decided(outcomes), 1):
            drifting = in_violation(outcomes[:end]) or (drifting and not calm(outcomes[:end]))
            assert decision.memory.checks["data"].drifting == drifting, outcomes


@given(histories, st.integers(0, 3), st.integers(0, 6))
def test_retrainings_never_storm_and_people_are_called_once_an_episode(
    outcomes: list[Outcome], retrainings: int, cool_down: int
) -> None:
    policy = DriftPolicy({"data": CHECK}, cool_down * HOUR, retrainings)
    tried, called, retrained = 0, 0, -cool_down
    for hour, decision in enumerate(decided(outcomes, policy)):
        if decision.action is Action.RETRAIN:
            assert hour - retrained >= cool_down
            retrained, tried = hour, tried + 1
        called += decision.action is Action.ESCALATE
        assert decision.action is Action.NONE or decision.drifting
        assert tried <= retrainings
        assert called <= 1
        assert not called or tried == retrainings, "people come last"
        if not decision.memory.checks["data"].drifting:
            tried = called = 0


@given(histories)
def test_drift_outside_the_cool_down_is_always_answered(outcomes: list[Outcome]) -> None:
    answered = False
    for decision in decided(outcomes):
        quiet = decision.memory.retrained_at is None or decision.memory.at - decision.memory.retrained_at >= 2 * HOUR
        looked = decision.memory.checks["data"]
        answered = (answered or looked.escalated) and looked.drifting
        if decision.drifting and quiet:
            assert decision.action is not Action.NONE or answered


def test_drift_retrains_waits_escalates_and_then_keeps_still() -> None:
    assert actions([BAD, BAD, BAD, BAD, BAD, BAD]) == ["none", "retrain", "none", "escalate", "none", "none"]


def test_after_the_drift_has_ended_all_starts_anew() -> None:
    episode = [BAD, BAD, BAD, BAD, OK, OK, OK]
    assert actions(episode * 2).count(Action.ESCALATE) == 2
    assert actions(episode * 2).count(Action.RETRAIN) == 2


def test_what_was_found_of_the_last_champion_does_not_count_against_the_next() -> None:
    assert actions([BAD, OK, BAD], champions=["1", "1", "1"])[-1] is Action.RETRAIN
    assert actions([BAD, OK, BAD], champions=["1", "2", "2"])[-1] is Action.NONE


def test_a_baseline_that_moves_begins_its_own_check_anew_and_no_other() -> None:
    policy = DriftPolicy({"data": CHECK, "model": CHECK})
    both = {"data": BAD, "model": BAD}
    first = decide(policy, Memory(), NOON, "1", both, {"data": "1"})
    memory = remembered(json.loads(json.dumps(first.memory.document())))
    assert decide(policy, memory, NOON + HOUR, "1", both, {"data": "1"}).drifting == ("data", "model")
    assert decide(policy, memory, NOON + HOUR, "1", both, {"data": "1 beside a run"}).drifting == ("model",)
    assert decide(policy, memory, NOON + HOUR, "2", both, {"data": "2"}).drifting == ()


def test_a_new_champion_that_drifts_too_does_not_begin_the_count_anew() -> None:
    found = actions([BAD] * 6, champions=["1", "1", "2", "2", "2", "2"])
    assert found == ["none", "retrain", "none", "escalate", "none", "none"]


def test_a_drift_began_with_the_first_of_the_violations_that_come_again_and_again() -> None:
    def began(outcomes: Sequence[Outcome], champions: Sequence[str] = ()) -> datetime | None:
        return decided(outcomes, champions=champions)[-1].since

    assert began([OK, BAD, BAD]) == NOON
    assert began([BAD, OK, OK, OK, BAD, OK]) is None, "it is no drift"
    assert began([BAD, OK, OK, BAD, BAD]) == NOON - HOUR, "three windows are looked at"
    assert began([BAD, OK, OK, OK, BAD, BAD]) == NOON + 3 * HOUR, "one that came long before is another"
    assert began([BAD, BAD, BAD, BAD], ["1", "1", "2", "2"]) == NOON + HOUR, "of another champion, or baseline"


def test_windows_that_never_ran_make_no_old_violation_recent() -> None:
    first = decide(POLICY, Memory(), NOON, "1", {"data": BAD})
    assert not decide(POLICY, first.memory, NOON + 3 * HOUR, "1", {"data": BAD}).drifting
    assert decide(POLICY, first.memory, NOON + 2 * HOUR, "1", {"data": BAD}).drifting


@given(histories)
def test_silence_is_told_once_and_again_only_after_there_was_data(outcomes: list[Outcome]) -> None:
    run = 0
    for outcome, decision in zip(outcomes, decided(outcomes), strict=True):
        run = run + 1 if outcome is NONE else 0
        assert decision.silent == (("data",) if run == 3 else ())


def test_no_data_neither_ends_a_drift_nor_is_one() -> None:
    assert not any(decision.drifting for decision in decided([NONE] * 20))
    assert decided([BAD, BAD, OK, OK, NONE, NONE])[-1].memory.checks["data"].drifting
    assert not decided([BAD, BAD, OK, OK, NONE, OK])[-1].memory.checks["data"].drifting


def test_checks_that_drift_together_ask_for_one_retraining() -> None:
    policy = DriftPolicy({"data": CHECK, "quality": Check(24 * HOUR, 72 * HOUR, 1, 1)})
    first = decide(policy, Memory(), NOON, "1", {"data": BAD})
    both = decide(policy, first.memory, NOON + HOUR, "1", {"data": BAD, "quality": BAD})
    assert both.drifting == ("data", "quality")
    assert both.action is Action.RETRAIN
    assert both.reason == (
        "data: violations in 2 of the last 3 windows and in the latest; "
        "quality: violations in 1 of the last 1 windows and in the latest; retraining 1 of 3"
    )
    later = decide(policy, both.memory, NOON + 2 * HOUR, "1", {"data": OK})
    assert later.memory.checks["quality"].drifting, "a check that was not due stays what it was"


def test_a_check_that_waits_for_people_mutes_no_other() -> None:
    policy = DriftPolicy({"data": CHECK, "model": Check(HOUR, HOUR, 1, 1)}, cool_down=HOUR, retrainings=1)
    model, data = [BAD] * 6, [OK, OK, BAD, BAD, BAD, BAD]
    memory, found = Memory(), []
    for hour, outcomes in enumerate(zip(data, model, strict=True)):
        decision = decide(policy, memory, NOON + hour * HOUR, "1", dict(zip(("data", "model"), outcomes, strict=True)))
        memory = decision.memory
        found.append(decision.action)
    assert found == ["retrain", "escalate", "none", "retrain", "escalate", "none"]


def test_people_are_called_for_one_check_before_another_is_retrained_for() -> None:
    looked = {"data": Looked(recent=((NOON, BAD),)), "model": Looked(recent=((NOON, BAD),), drifting=True, attempts=1)}
    policy = DriftPolicy({"data": CHECK, "model": CHECK}, retrainings=1)
    first = decide(policy, Memory(NOON, "1", looked), NOON + HOUR, "1", {"data": BAD, "model": BAD})
    assert first.action is Action.ESCALATE
    assert "1 retrainings have not ended that of model: people must" in first.reason
    then = decide(policy, first.memory, NOON + 2 * HOUR, "1", {"data": BAD, "model": BAD})
    assert then.action is Action.RETRAIN
    assert [then.memory.checks[name].attempts for name in ("data", "model")] == [1, 1]


@given(histories)
def test_the_memory_survives_as_json(outcomes: list[Outcome]) -> None:
    memories = [Memory(), *(decision.memory for decision in decided(outcomes))]
    assert [remembered(json.loads(json.dumps(memory.document()))) for memory in memories] == memories


def test_windows_are_decided_in_their_order() -> None:
    first = decide(POLICY, Memory(), NOON, "1", {"data": OK})
    for earlier, later in pairwise([NOON, NOON - HOUR, NOON - 2 * HOUR]):
        assert later < earlier
        with pytest.raises(ValueError, match="decide windows in their order"):
            decide(POLICY, first.memory, earlier, "1", {"data": OK})


@pytest.mark.parametrize(("violations", "windows"), [(0, 5), (6, 5), (1, 0)])
def test_a_rule_that_could_never_or_always_hold_is_refused(violations: int, windows: int) -> None:
    with pytest.raises(ValueError, match="declare 1 <= violations <= windows"):
        Check(HOUR, HOUR, violations, windows)


def test_silence_is_at_least_a_window() -> None:
    with pytest.raises(ValueError, match="declare at least one window"):
        Check(HOUR, HOUR / 2)


def test_negative_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        DriftPolicy({}, timedelta(-1))
    with pytest.raises(ValueError, match="must not be negative"):
        DriftPolicy({}, retrainings=-1)
