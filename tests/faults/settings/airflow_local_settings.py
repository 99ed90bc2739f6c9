"""Airflow's own hook for settings of a site: what the fault tests set for every task, whatever the DAG declares.

It changes when things are tried again and how soon they defer, never what they do. The stack's own settings, whose
module has the same name, hold as well.
"""

import os
import runpy
from datetime import timedelta
from inspect import signature
from pathlib import Path
from typing import Any

runpy.run_path(os.environ["STACK_SETTINGS"])

SETTINGS: dict[str, Any] = {
    "retries": 30,
    "retry_delay": timedelta(seconds=1),
    "retry_exponential_backoff": 0.0,
    # How often a question to people is looked at again.
    "response_timeout": timedelta(seconds=15),
    "look_again": timedelta(seconds=15),
}
DEFERRING: dict[str, Any] = {"worker_wait": timedelta(0), "poll_interval": timedelta(seconds=1)}


def task_policy(task: Any) -> None:
    """Airflow calls this for each task of each DAG that it reads."""
    deferring = Path(os.environ["AIRFLOW_HOME"], "deferring").exists()
    settings = {**SETTINGS, **(DEFERRING if deferring else {})}
    if task.is_mapped:
        known = {*task.partial_kwargs, *signature(task.operator_class.__init__).parameters}
        task.partial_kwargs.update({name: value for name, value in settings.items() if name in known})
        return
    for name, value in settings.items():
        if hasattr(task, name):
            setattr(task, name, value)
