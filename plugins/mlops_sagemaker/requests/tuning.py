"""Hyperparameter tuning jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from mlops_sagemaker.requests.jobs import TrainingJob

Scaling = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]


@dataclass(frozen=True)
class IntegerRange:
    """Whole numbers from ``low`` to ``high``, both included."""

    low: int
    high: int
    scaling: Scaling = "Auto"

    def request(self, name: str) -> dict[str, str]:
        """One of ``IntegerParameterRanges``."""
        return {"Name": name, "MinValue": str(self.low), "MaxValue": str(self.high), "ScalingType": self.scaling}


@dataclass(frozen=True)
class ContinuousRange:
    """Numbers from ``low`` to ``high``."""

    low: float
    high: float
    scaling: Scaling = "Auto"

    def request(self, name: str) -> dict[str, str]:
        """One of ``ContinuousParameterRanges``."""
        return {"Name": name, "MinValue": str(self.low), "MaxValue": str(self.high), "ScalingType": self.scaling}


@dataclass(frozen=True)
class Categories:
    """One of ``values``."""

    values: Sequence[str]

    def request(self, name: str) -> dict[str, Any]:
        """One of ``CategoricalParameterRanges``."""
        return {"Name": name, "Values": list(self.values)}


Range = IntegerRange | ContinuousRange | Categories
_MEMBERS: dict[type[Range], str] = {
    IntegerRange: "IntegerParameterRanges",
    ContinuousRange: "ContinuousParameterRanges",
    Categories: "CategoricalParameterRanges",
}


@dataclass(frozen=True)
class TuningJob:
    """The training job ``training`` again and again, with other values of ``ranges`` each time.

    ``objective`` is one of ``training.metrics``. ``max_jobs`` is the budget in training jobs (it may be a template),
    ``parallel`` how many run at once, ``max_runtime`` the limit of the whole; each training job has its own. The
    hyperparameters of ``training`` that ``ranges`` names are left to the tuning.
    """

    training: TrainingJob
    objective: str
    ranges: Mapping[str, Range]
    max_jobs: int | str
    max_runtime: timedelta
    parallel: int = 1
    minimize: bool = True
    strategy: Literal["Bayesian", "Random", "Grid", "Hyperband"] = "Bayesian"
    early_stopping: bool = False
    seed: int | None = None

    def request(self) -> dict[str, Any]:
        """The keyword arguments of ``create_hyper_parameter_tuning_job`` but ``HyperParameterTuningJobName``."""
        return {"HyperParameterTuningJobConfig": self._config(), "TrainingJobDefinition": self._definition()}

    def _config(self) -> dict[str, Any]:
        config = {
            "Strategy": self.strategy,
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize" if self.minimize else "Maximize",
                "MetricName": self.objective,
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": self.max_jobs,
                "MaxParallelTrainingJobs": self.parallel,
                "MaxRuntimeInSeconds": int(self.max_runtime.total_seconds()),
            },
            "ParameterRanges": self._ranges(),
            "TrainingJobEarlyStoppingType": "Auto" if self.early_stopping else "Off",
        }
        return config if self.seed is None else {**config, "RandomSeed": self.seed}

    def _ranges(self) -> dict[str, list[Any]]:
        members: dict[str, list[Any]] = {}
        for name, values in self.ranges.items():
            members.setdefault(_MEMBERS[type(values)], []).append(values.request(name))
        return members

    def _definition(self) -> dict[str, Any]:
        request = self.training.request()
        fixed = {name: value for name, value in request.pop("HyperParameters").items() if name not in self.ranges}
        return {**request, "StaticHyperParameters": fixed}
