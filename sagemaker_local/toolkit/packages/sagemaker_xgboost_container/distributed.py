"""Several instances that train one model."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

from sagemaker_toolkit.trainer import wait_for_names
from sagemaker_toolkit.xgboost_algorithm import collective


def wait_hostname_resolution(sm_hosts: list[str]) -> None:
    """Until every host can be found by its name."""
    wait_for_names(sm_hosts)


def rabit_run(
    exec_fun: Callable[..., Any],
    args: dict[str, Any],
    include_in_training: bool,
    hosts: list[str],
    current_host: str,
    first_port: int | None = None,
    second_port: int | None = None,
    max_connect_attempts: int | None = None,
    connect_retry_timeout: int = 3,
    update_rabit_args: bool = False,
) -> None:
    """Call *exec_fun* with *args* on every host that is to train, in a collective of those.

    With *update_rabit_args* it is also told ``is_master``. A host that is not to train exits with 0. Attempts and
    time-outs are not looked at: a host waits for the others for ten minutes.
    """
    first = first_port or collective.FIRST_PORT
    included = collective.hosts_with_data(hosts, current_host, include_in_training, first)
    if not included:
        raise RuntimeError("No hosts received training data.")
    if not include_in_training:
        logging.warning("Host %s not being used for distributed training.", current_host)
        sys.exit(0)
    with collective.member(included, current_host, second_port or first + 2) as is_master:
        exec_fun(**args, **({"is_master": is_master} if update_rabit_args else {}))
