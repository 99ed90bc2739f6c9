"""The use case whose versions the tests deploy. Airflow, too, reads this, again for each task."""

from __future__ import annotations

from datetime import timedelta

from lifecycle.use_case import Deployment, UseCase
from mlops_sagemaker.requests import BlueGreen
from tests.dags.lifecycle.declared import declared

# The local SageMaker's waits are twenty times shorter here.
BUDGET = timedelta(seconds=1)
SHIFT = BlueGreen("CANARY", percent=50, interval=timedelta(seconds=40))


def use_case_of(name: str, shift: BlueGreen = SHIFT) -> UseCase:
    """A use case that is deployed quickly, and only when somebody asks for it."""
    return declared(name=name, deployment=Deployment(shift=shift, latency_budget=BUDGET, reconcile="0 0 29 2 *"))
