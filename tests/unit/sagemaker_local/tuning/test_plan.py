"""What a tuning job does next, and that it always ends, within its limits."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.tuning.job import TuningJob, read_tuning_job
from sagemaker_local.tuning.plan import Decision, State, decide
from sagemaker_local.tuning.trials import Trial
from tests.unit.sagemaker_local.tuning.records import failed, request, trial

NO_METRIC = (
    "No objective metrics found after running 5 training jobs. Please ensure that the custom algorithm is emitting the "
    "objective metric as defined by the regular expression provided."
)


def job(most: int = 4, parallel: int = 2, **config: Any) -> TuningJob:
    limits = {"MaxNumberOfTrainingJobs": most, "MaxParallelTrainingJobs": parallel, **config.pop("limits", {})}
    return read_tuning_job(request(config={"ResourceLimits": limits, **config}), 1)


def state(*trials: Trial, **members: Any) -> State:
    whole: dict[str, Any] = {
        "status": "InProgress",
        "created": 0.0,
        "launched": len(trials),
        "completion": None,
        "refusal": None,
        "trials": list(trials),
        "course": [],
        **members,
    }
    return State(**whole)


def decided(tuning: TuningJob, *trials: Trial, now: float = 10.0, **members: Any) -> Decision:
    return decide(tuning, state(*trials, **members), now)


def no_metric(number: int) -> Trial:
    return trial(number, status="Completed", ended=1.0)


# On the way


def test_training_jobs_are_launched_up_to_the_limit_side_by_side() -> None:
    assert decided(job()) == Decision(launch=True)
    assert decided(job(), trial(1)) == Decision(launch=True)
    assert decided(job(), trial(1), trial(2)) == Decision()
    assert decided(job(), trial(1, 1.0), trial(2)) == Decision(launch=True)
    assert decided(job(), trial(1), trial(2, status="Stopping")) == Decision()


def test_no_more_are_launched_than_asked_for_also_if_some_have_been_deleted() -> None:
    assert decided(job(), trial(4), launched=4) == Decision()


def test_the_last_one_ends_the_tuning_job() -> None:
    done = [trial(number, 1.0) for number in range(1, 4)]
    assert decided(job(), *done, trial(4)) == Decision()
    assert decided(job(), *done, trial(4, 1.0)) == Decision(end="Completed")
    assert decided(job(), *done, failed(4)) == Decision(end="Completed")


# Failure


def test_a_tuning_job_without_any_success_has_failed_in_awss_words() -> None:
    assert decided(job(2), failed(1), failed(2)) == Decision(
        end="Failed",
        reason="No training job succeeded after 2 attempts. For additional details, please take a look at the training "
        "job failures by listing training jobs for the hyperparameter tuning job.",
    )


def test_after_five_failures_nothing_more_is_launched_and_what_runs_is_waited_for() -> None:
    five = [failed(number) for number in range(1, 6)]
    assert decided(job(50), *five[:4]).launch
    assert decided(job(50, 8), *five, trial(6)) == Decision()
    found = decided(job(50, 8), *five, failed(6))
    assert found.end == "Failed"
    assert found.reason is not None
    assert found.reason.startswith("No training job succeeded after 5 attempts.")


def test_one_success_among_those_still_running_and_it_goes_on() -> None:
    assert decided(job(50), *[failed(number) for number in range(1, 6)], trial(6, 1.0)).launch


def test_jobs_that_completed_without_the_metric_are_told_apart() -> None:
    five = [no_metric(number) for number in range(1, 6)]
    assert decided(job(50), *five) == Decision(end="Failed", reason=NO_METRIC)
    assert decided(job(50), *five[:4], failed(5)) == Decision(end="Failed", reason=NO_METRIC)


def test_a_training_job_that_could_not_be_created_ends_the_tuning_job() -> None:
    reason = "Training job 2 could not be created: no role"
    assert decided(job(), trial(1), refusal=reason) == Decision(stop=("t-001",))
    assert decided(job(), trial(1, 1.0, status="Stopped"), refusal=reason) == Decision(end="Failed", reason=reason)


# Enough


def test_a_criterion_that_is_met_stops_what_runs_and_completes() -> None:
    tuning = job(9, TuningJobCompletionCriteria={"TargetObjectiveMetricValue": 0.5})
    met = "TargetObjectiveMetricValue"
    assert decided(tuning, trial(1, 0.5), trial(2), trial(3, status="Stopping")) == Decision(met, stop=("t-002",))
    assert decided(tuning, trial(1, 0.5), trial(2, status="Stopping")) == Decision(met)
    assert decided(tuning, trial(1, 0.5), trial(2, 9.0, status="Stopped")) == Decision(met, end="Completed")


def test_it_stays_met_though_a_job_improved_while_it_was_stopped() -> None:
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    tuning = job(9, TuningJobCompletionCriteria=criteria)
    four = [trial(1, 1.0), trial(2, 2.0), trial(3, 2.0), trial(4, 2.0)]
    met = decided(tuning, *four, trial(5))
    assert met == Decision("BestObjectiveNotImproving", stop=("t-005",))
    improved = trial(5, 0.1, status="Stopped")
    assert decided(tuning, *four, improved, completion=met.completion) == Decision(met.completion, end="Completed")
    assert decided(tuning, *four, improved).launch


def test_time_runs_out() -> None:
    tuning = job(limits={"MaxRuntimeInSeconds": 120})
    assert decided(tuning, trial(1, 1.0), trial(2), now=119.0).launch
    assert decided(tuning, trial(1, 1.0), trial(2), now=120.0) == Decision("MaxRuntimeInSeconds", stop=("t-002",))
    assert decided(tuning, trial(1, 1.0), now=120.0) == Decision("MaxRuntimeInSeconds", end="Completed")
    late = decided(tuning, trial(1, status="Stopped", ended=130.0), now=130.0)
    assert (late.completion, late.end) == ("MaxRuntimeInSeconds", "Failed")


# Stop


def test_a_stop_stops_what_runs_and_then_the_tuning_job() -> None:
    running = [trial(1, 1.0), trial(2), trial(3, status="Stopping")]
    assert decided(job(9), *running, status="Stopping") == Decision(stop=("t-002",))
    assert decided(job(9), trial(1, 1.0), status="Stopping") == Decision(end="Stopped")
    assert decided(job(9), status="Stopping") == Decision(end="Stopped")
    assert decided(job(1), failed(1), status="Stopping") == Decision(end="Stopped")


# Early


def test_unpromising_jobs_are_stopped_if_that_is_asked_for() -> None:
    course = [("t-001", 1.0), ("t-002", 9.0)]
    assert decided(job(), trial(1, 1.0), trial(2), course=course).stop == ()
    early = job(TrainingJobEarlyStoppingType="Auto")
    assert decided(early, trial(1, 1.0), trial(2), course=course).stop == ("t-002",)
    assert decided(early, trial(1, 1.0), trial(2, status="Stopping"), course=course).stop == ()


def test_hyperband_stops_those_that_are_beaten() -> None:
    band = job(9, 3, Strategy="Hyperband", StrategyConfig={"HyperbandStrategyConfig": {"MaxResource": 9}})
    course = [("t-001", 1.0), ("t-002", 1.0), ("t-003", 9.0)]
    assert decided(band, trial(1), trial(2), trial(3), course=course) == Decision(stop=("t-003",))


# Whatever happens


@given(
    most=st.integers(1, 12),
    parallel=st.integers(1, 4),
    seed=st.integers(0, 10_000),
    config=st.sampled_from(
        [
            {},
            {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 0.1}},
            {"TuningJobCompletionCriteria": {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}},
            {"limits": {"MaxRuntimeInSeconds": 120}},
        ]
    ),
)
def test_it_keeps_its_limits_and_comes_to_an_end(most: int, parallel: int, seed: int, config: dict[str, Any]) -> None:
    """Training jobs end, fail, and print nothing at random; every decision is carried out at once."""
    chance, tuning = Random(seed), job(most, parallel, **{key: dict(value) for key, value in config.items()})
    trials: dict[str, Trial] = {}
    completion, now = None, 0.0
    for _ in range(200):
        now += chance.choice([0.0, 20.0])
        decision = decided(tuning, *trials.values(), now=now, completion=completion)
        completion = decision.completion
        if decision.end is not None:
            assert not any(one.running for one in trials.values())
            assert decision.end in ("Completed", "Failed")
            return
        for name in decision.stop:
            trials[name] = trial(trials[name].number, status="Stopping")
        if decision.launch:
            new = trial(len(trials) + 1)
            trials[new.name] = new
        assert len(trials) <= most
        assert sum(one.running for one in trials.values()) <= parallel
        for name, one in trials.items():
            if one.running and chance.random() < 0.5:
                trials[name] = _ended(one, chance)
    raise AssertionError("it does not end")


def _ended(one: Trial, chance: Random) -> Trial:
    stopped = "Stopped" if one.status == "Stopping" else "Completed"
    return chance.choice(
        [failed(one.number), trial(one.number, chance.random(), status=stopped), no_metric(one.number)]
    )
