"""What is decided before the first night: when what is due, and by which rules; the two processes' common ground."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mlops_sagemaker.drift import DriftPolicy
from mlops_sagemaker.gates import Policy


@dataclass(frozen=True)
class Plan:
    """When Airflow's timetables have the DAGs of a use case run, and what its DAG file declares of its decisions."""

    use_case: str
    timezone: str
    begin: datetime
    end: datetime
    training: tuple[datetime, ...]
    monitoring: tuple[datetime, ...]
    gate: Policy
    drift: DriftPolicy
