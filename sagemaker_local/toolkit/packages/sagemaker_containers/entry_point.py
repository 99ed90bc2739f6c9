"""``_wait_hostname_resolution``, which the documented distributed XGBoost script calls."""

from __future__ import annotations

from sagemaker_toolkit import environment
from sagemaker_toolkit.trainer import wait_for_names


def _wait_hostname_resolution() -> None:
    """Until every host of the job can be found by its name."""
    job = environment.read()
    wait_for_names([host for host in job.hosts if host != job.current_host])
