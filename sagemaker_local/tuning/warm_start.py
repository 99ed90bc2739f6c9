"""A tuning job that starts from what others have found.

Contract: the guide's page automatic-model-tuning-warm-start.
"""

from __future__ import annotations

from typing import Any

from sagemaker_local.domain.jobs import TERMINAL, TUNING, Record
from sagemaker_local.errors import validation_error
from sagemaker_local.tuning.definitions import Definition, read_definitions
from sagemaker_local.tuning.job import TuningJob
from sagemaker_local.tuning.space import Values
from sagemaker_local.tuning.trials import Trial

IDENTICAL = "IdenticalDataAndAlgorithm"
_STRATEGIES = ("Bayesian", "Random")
_MAX_JOBS = 750
# A changed hyperparameter counts as two changes, as in the guide's example.
_MAX_CHANGES, _CHANGE = 10, 2
_FIXED = ("Environment", "RetryStrategy", "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption")


def check_warm_start(job: TuningJob, warm_start: dict[str, Any], parents: list[Record], launched: int) -> None:
    """*job* may start from *parents*, which have *launched* so many training jobs; raises ``ValidationException``."""
    if job.strategy not in _STRATEGIES:
        raise validation_error(f"WarmStartConfig is for the strategies {' and '.join(_STRATEGIES)}")
    if launched + job.max_jobs > _MAX_JOBS:
        raise validation_error(
            f"The training jobs of the parents ({launched}) count against the limit of {_MAX_JOBS}; "
            f"MaxNumberOfTrainingJobs may be at most {_MAX_JOBS - launched}"
        )
    identical = warm_start["WarmStartType"] == IDENTICAL
    for parent in parents:
        _check_parent(job, parent, identical)


def _check_parent(job: TuningJob, parent: Record, identical: bool) -> None:
    name, status = parent[TUNING.name_key], parent[TUNING.status_key]
    if status not in TERMINAL:
        raise validation_error(f"Parent tuning job {name} is {status}; it must have ended before a warm start from it")
    theirs = read_definitions(parent)
    if len(job.definitions) > 1 or len(theirs) > 1:
        raise validation_error("WarmStartConfig is for tuning jobs with a single training job definition")
    _check_definition(job.definitions[0], theirs[0], name)
    if identical:
        _check_identical(job.definitions[0], theirs[0], name)


def _check_definition(ours: Definition, theirs: Definition, parent: str) -> None:
    if ours.objective != theirs.objective:
        raise validation_error(f"The objective metric must be that of the parent tuning job {parent}")
    if _names(ours) != _names(theirs):
        raise validation_error(
            "The set of tunable plus static HyperParameter names is not the same across current and parent tuning "
            "jobs. Please ensure this set is constant when warm starting. Note that previously static "
            "HyperParameters can be tuned in warm start jobs and vice versa."
        )
    _check_kinds(ours, theirs, parent)
    changes = _CHANGE * sum(theirs.static.get(key) != value for key, value in ours.static.items())
    if changes > _MAX_CHANGES:
        raise validation_error(
            f"{changes} changes of static hyperparameters from the parent tuning job {parent}; "
            f"the limit is {_MAX_CHANGES}, and one hyperparameter counts as {_CHANGE}"
        )
    for member in _FIXED:
        if ours.request.get(member) != theirs.request.get(member):
            raise validation_error(f"TrainingJobDefinition.{member} must be that of the parent tuning job {parent}")


def _names(definition: Definition) -> set[str]:
    return definition.static.keys() | {parameter.name for parameter in definition.space.parameters}


def _check_kinds(ours: Definition, theirs: Definition, parent: str) -> None:
    kinds = {parameter.name: type(parameter) for parameter in theirs.space.parameters}
    for parameter in ours.space.parameters:
        if kinds.get(parameter.name, type(parameter)) is not type(parameter):
            raise validation_error(
                f"Hyperparameter {parameter.name} must be of the type (continuous, integer, categorical) that it has "
                f"in the parent tuning job {parent}"
            )


def _check_identical(ours: Definition, theirs: Definition, parent: str) -> None:
    image = [side.request["AlgorithmSpecification"].get("TrainingImage") for side in (ours, theirs)]
    data = [side.request.get("InputDataConfig") for side in (ours, theirs)]
    if image[0] != image[1] or data[0] != data[1]:
        raise validation_error(
            f"With WarmStartType {IDENTICAL}, TrainingImage and InputDataConfig must be those of the parent tuning job "
            f"{parent}; use TransferLearning for other data or another algorithm"
        )


def learned(ours: Definition, parent: Record, trials: list[Trial]) -> list[tuple[Values, float]]:
    """What the *trials* of a parent tell of the space that is searched now."""
    theirs = read_definitions(parent)[0]
    names = [parameter.name for parameter in ours.space.parameters]
    found = []
    for trial in trials:
        values = {**theirs.static, **trial.values}
        if trial.objective is not None and ours.space.encode(values) is not None:
            found.append(({name: values[name] for name in names}, trial.objective))
    return found
