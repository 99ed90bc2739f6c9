"""What a tuning job does next: launch, stop, end.

A decision is a function of what is stored: asked again after a crash, it is the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_local.domain.jobs import COMPLETED, FAILED, IN_PROGRESS, STOPPED, STOPPING
from sagemaker_local.tuning import criteria
from sagemaker_local.tuning.job import TuningJob
from sagemaker_local.tuning.stopping import Course, unpromising
from sagemaker_local.tuning.trials import Trial

MAX_RUNTIME = "MaxRuntimeInSeconds"
# Observed on AWS: a tuning job whose first five training jobs have failed launches no more.
_ATTEMPTS = 5


@dataclass(frozen=True)
class State:
    """How far a tuning job has come."""

    status: str
    created: float
    """epoch seconds"""
    launched: int
    """training jobs, those that have been deleted since included"""
    completion: str | None
    """why it was decided to launch no more, if it was"""
    refusal: str | None
    """why a training job could not be created, if one could not"""
    trials: list[Trial]
    course: Course


@dataclass(frozen=True)
class Decision:
    """What to do now; an empty one is to wait."""

    completion: str | None = None
    stop: tuple[str, ...] = ()
    """training jobs"""
    launch: bool = False
    """one more training job"""
    end: str | None = None
    """the status to end in"""
    reason: str | None = None
    """of a failure"""


def decide(job: TuningJob, state: State, now: float) -> Decision:
    """What *state* calls for at *now*, in epoch seconds."""
    completion = state.completion or _completion(job, state, now)
    winding_down = completion is not None or state.refusal is not None or state.status == STOPPING
    running = [trial for trial in state.trials if trial.running]
    if winding_down and running:
        return Decision(completion, stop=_not_yet_stopping(running, [trial.name for trial in running]))
    exhausted = winding_down or state.launched >= job.max_jobs or _hopeless(state.trials)
    if exhausted and not running:
        return _ending(state, completion)
    beaten = _not_yet_stopping(running, _beaten(job, state))
    return Decision(stop=beaten, launch=not exhausted and len(running) < job.max_parallel)


def _completion(job: TuningJob, state: State, now: float) -> str | None:
    if job.max_runtime is not None and now - state.created >= job.max_runtime:
        return MAX_RUNTIME
    return criteria.met(job.criteria, state.trials, job.minimize)


def _not_yet_stopping(running: list[Trial], names: list[str]) -> tuple[str, ...]:
    return tuple(trial.name for trial in running if trial.status == IN_PROGRESS and trial.name in names)


def _beaten(job: TuningJob, state: State) -> list[str]:
    if job.early_stopping:
        return unpromising(state.trials, state.course, job.minimize)
    found: list[str] = []
    for index, definition in enumerate(job.definitions):
        if definition.hyperband is not None:
            trials = [trial for trial in state.trials if trial.definition == index]
            found += definition.hyperband.beaten(trials, state.course, job.minimize)
    return found


def _hopeless(trials: list[Trial]) -> bool:
    ended = [trial for trial in trials if not trial.running]
    return len(ended) >= _ATTEMPTS and not any(trial.succeeded for trial in ended)


def _ending(state: State, completion: str | None) -> Decision:
    if state.status == STOPPING:
        return Decision(completion, end=STOPPED)
    if state.refusal is not None:
        return Decision(completion, end=FAILED, reason=state.refusal)
    if any(trial.succeeded for trial in state.trials):
        return Decision(completion, end=COMPLETED)
    return Decision(completion, end=FAILED, reason=_failure(state.trials))


def _failure(trials: list[Trial]) -> str:
    """AWS's wording, as observed."""
    attempts = min(len(trials), _ATTEMPTS)
    if any(trial.status == COMPLETED for trial in trials):
        return (
            f"No objective metrics found after running {attempts} training jobs. Please ensure that the custom "
            "algorithm is emitting the objective metric as defined by the regular expression provided."
        )
    return (
        f"No training job succeeded after {attempts} attempts. For additional details, please take a look at the "
        "training job failures by listing training jobs for the hyperparameter tuning job."
    )
