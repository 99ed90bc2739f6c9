"""What is decided before the first night: when what is due, and by which rules; the two processes' common ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mlops_sagemaker.drift import DriftPolicy
from mlops_sagemaker.gates import Policy

TRAINING_TAKES = timedelta(minutes=40)
"""From a training's start until what it has promoted serves."""


@dataclass(frozen=True)
class Plan:
    """When Airflow's timetables have the DAGs of a use case run, and what its DAG file declares of its decisions.

    The time machine's own is what each night and each retraining is made of, unless it is told otherwise: so many days
    of data, and these candidates with these settings. Sixty trees that learn faster take a fifth of the time of three
    hundred.
    """

    use_case: str
    timezone: str
    begin: datetime
    end: datetime
    training: tuple[datetime, ...]
    monitoring: tuple[datetime, ...]
    gate: Policy
    drift: DriftPolicy
    window_days: int | None = 2
    retraining_days: int | None = 1
    candidates: Mapping[str, Sequence[str]] = field(
        default_factory=lambda: {"xgboost": ("--set=num_round=60", "--set=eta=0.15"), "linear": ()}
    )
