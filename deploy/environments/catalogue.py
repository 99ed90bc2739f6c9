"""Which environments there are, and the lock of each.

Running needs `airflow` (also for every deploy script that speaks to AWS), `sagemaker_local` and one
environment per container image; the images' are installed by `sagemaker-local images`. Testing needs three
more:

- `dev` holds the static checks and AWS clients, and sagemaker_local's own packages, which agree with theirs;
- Airflow's and the images' packages must stay exactly as they are in production, so for their tests the test
  runner alone is installed, in an overlay that sees the packages of the environment below it. Nothing is
  installed twice, and what is tested is what runs.

Packaging for MWAA needs what its other image holds, and a scanner for secrets.
Benchmarks need moto, other servers of models and another monitor to compare with, and the packages of AWS's
scikit-learn image for the recipe of its samples.
Soaking needs the clients: each of them, the test runner included, is one environment of its own, made when its suite is
run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """An environment below `.venv`, made from `requirements/<lock>.txt`; an overlay has a base."""

    name: str
    lock: str
    base: Path | None = None


TOOL = Environment("tool", "uv")
AIRFLOW = Environment("airflow", "airflow")
SAGEMAKER_LOCAL = Environment("sagemaker_local", "sagemaker_local")
DEV = Environment("dev", "dev")
MWAA_321 = Environment("mwaa-3.2.1", "mwaa-3.2.1")
SCANNER = Environment("scanner", "scanner")
MOTO = Environment("moto", "moto")
RECIPE = Environment("recipe", "../sagemaker_local/images/scikit-learn-1.9.0/requirements")
RIVALS = Environment("rivals", "rivals")
MONITORS = Environment("monitors", "monitors")
CLIENTS = {
    name: Environment(name, f"clients/{name}")
    for name in ("aws", "sagemaker-core", "sagemaker-v2", "sagemaker-v3", "airflow-3.2.1", "checkov")
}
"""By name: programs of others, that must believe the local SageMaker, or find nothing wrong with the templates."""


def overlay(name: str, base: Path) -> Environment:
    """The test runner over the environment at `base`."""
    return Environment(name, "test", base)
