"""A tuning job as its request describes it: read once, checked as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sagemaker_local.errors import ServiceError, validation_error
from sagemaker_local.tuning import search
from sagemaker_local.tuning.bayesian import bayesian
from sagemaker_local.tuning.definitions import OBJECTIVE_HYPERPARAMETER, Definition, read_definitions
from sagemaker_local.tuning.space import Categorical, Values
from sagemaker_local.tuning.trials import Trial

Request = dict[str, Any]

_STRATEGIES: dict[str, search.Strategy] = {
    "Bayesian": bayesian,
    "Random": search.random,
    "Hyperband": search.random,
    "Grid": search.grid,
}
# As far as AWS raises its quotas: automatic-model-tuning-limits.
_MAX_PARALLEL = 100
_MAX_JOBS = {"Random": 10_000}
_MAX_JOBS_OF_OTHERS = 750
_MAX_HYPERPARAMETERS = 100


@dataclass(frozen=True)
class TuningJob:
    """What is asked for."""

    strategy: str
    definitions: tuple[Definition, ...]
    max_jobs: int
    max_parallel: int
    max_runtime: float | None
    """seconds"""
    early_stopping: bool
    criteria: Request
    seed: int
    tested_by_parents: tuple[tuple[Values, float], ...] = ()

    @property
    def minimize(self) -> bool:
        return self.definitions[0].minimize

    def definition_of(self, number: int) -> tuple[int, int]:
        """Which definition training job *number* is launched from, and the how manieth of it that is.

        The definitions take turns, those that have combinations left where there is a grid.
        """
        if self.strategy != "Grid":
            turn, index = divmod(number - 1, len(self.definitions))
            return index, turn + 1
        for index, definition in enumerate(self.definitions):
            size = definition.space.size or 0
            if number <= size:
                return index, number
            number -= size
        raise IndexError(f"the grid has no combination for training job {number}")

    def proposal(self, number: int, trials: list[Trial]) -> tuple[int, Values]:
        """The definition of the next training job, and the hyperparameters that it tries."""
        index, turn = self.definition_of(number)
        known = self._known([trial for trial in trials if trial.definition == index])
        seed = self.seed + index  # else definitions with like ranges would be searched alike
        return index, _STRATEGIES[self.strategy](self.definitions[index].space, known, seed, turn)

    def _known(self, trials: list[Trial]) -> search.Known:
        tested = [(trial.values, trial.objective) for trial in trials if trial.objective is not None]
        pending = [trial.values for trial in trials if trial.running]
        failed = [trial.values for trial in trials if not trial.running and not trial.succeeded]
        return search.Known((*self.tested_by_parents, *tested), tuple(pending), tuple(failed), self.minimize)


def read_tuning_job(request: Request, seed: int, tested_by_parents: list[Any] | None = None) -> TuningJob:
    """The tuning job that *request*, or the record made of it, asks for; raises ``ServiceError``."""
    config = request["HyperParameterTuningJobConfig"]
    definitions = read_definitions(request)
    limits, strategy = config["ResourceLimits"], config["Strategy"]
    job = TuningJob(
        strategy,
        definitions,
        _max_jobs(config, definitions),
        limits["MaxParallelTrainingJobs"],
        limits.get("MaxRuntimeInSeconds"),
        config.get("TrainingJobEarlyStoppingType", "Off") == "Auto",
        config.get("TuningJobCompletionCriteria", {}),
        config.get("RandomSeed", seed),
        tuple((values, objective) for values, objective in tested_by_parents or []),
    )
    _check_strategy(job, config)
    _check_limits(job)
    _check_hyperparameters(job)
    return job


def _max_jobs(config: Request, definitions: tuple[Definition, ...]) -> int:
    """How many training jobs there are at most: as many as asked for, or as a space or the service allows."""
    limits = config["ResourceLimits"]
    given = limits.get("MaxNumberOfTrainingJobs")
    if config["Strategy"] == "Grid":
        return _grid_size(definitions, given)
    room = _room(definitions)
    if given is None:
        if "MaxRuntimeInSeconds" not in limits and "TuningJobCompletionCriteria" not in config:
            raise validation_error(
                "ResourceLimits.MaxNumberOfTrainingJobs must be given, or MaxRuntimeInSeconds, or "
                "TuningJobCompletionCriteria: nothing else would end the tuning job"
            )
        limit = _MAX_JOBS.get(config["Strategy"], _MAX_JOBS_OF_OTHERS)
        return limit if room is None else min(limit, room)
    if room is not None and room < given:
        raise validation_error(
            "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter "
            f"combinations for the provided ranges [{float(room)}] must be equal or greater than the value of "
            f"MaxNumberOfJobs, [{given}]. Provide additional ranges."
        )
    return int(given)


def _room(definitions: tuple[Definition, ...]) -> int | None:
    """How many training jobs can try something new when the definitions take turns; ``None`` if there is no end."""
    sizes = [definition.space.size for definition in definitions]
    ends = [size * len(sizes) + index for index, size in enumerate(sizes) if size is not None]
    return min(ends) if ends else None


def _grid_size(definitions: tuple[Definition, ...], given: int | None) -> int:
    parameters = [parameter for definition in definitions for parameter in definition.space.parameters]
    if not all(isinstance(parameter, Categorical) for parameter in parameters):
        raise validation_error("Strategy Grid searches CategoricalParameterRanges only")
    total = sum(definition.space.size or 0 for definition in definitions)
    if given not in (None, total):
        raise validation_error(
            f"With Strategy Grid, MaxNumberOfTrainingJobs ({given}) must be left out or equal the number of "
            f"combinations of the categorical values ({total})"
        )
    return total


def _check_strategy(job: TuningJob, config: Request) -> None:
    if job.strategy != "Hyperband" and "StrategyConfig" in config:
        raise validation_error("StrategyConfig is for Strategy Hyperband only")
    if job.strategy == "Hyperband" and job.early_stopping:
        raise validation_error("TrainingJobEarlyStoppingType must be Off with Strategy Hyperband")
    if job.early_stopping and len(job.definitions) > 1:
        raise validation_error("TrainingJobEarlyStoppingType Auto is for a single training job definition")


def _check_limits(job: TuningJob) -> None:
    limit = _MAX_JOBS.get(job.strategy, _MAX_JOBS_OF_OTHERS)
    for what, wanted, allowed in (
        ("parallel training jobs per hyperparameter tuning job", job.max_parallel, _MAX_PARALLEL),
        (f"training jobs per hyperparameter tuning job ({job.strategy})", job.max_jobs, limit),
    ):
        if wanted > allowed:
            message = f"The account-level service limit '{what}' is {allowed}; {wanted} are requested."
            raise ServiceError("ResourceLimitExceeded", message)


def _check_hyperparameters(job: TuningJob) -> None:
    for definition in job.definitions:
        count = len(definition.static) + len(definition.space.parameters) + 1
        if count > _MAX_HYPERPARAMETERS:
            raise validation_error(
                f"{count} hyperparameters, static, tuned and {OBJECTIVE_HYPERPARAMETER}; "
                f"the limit is {_MAX_HYPERPARAMETERS}"
            )
