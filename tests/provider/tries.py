"""Tasks that are tried as Airflow tries them: each try is a process of its own, which may be killed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from airflow.providers.common.compat.sdk import TaskDeferred

from tests.unit.mlops_sagemaker.contexts import context_for

SECONDS = 60
MOST_TRIES = 5
# Its processes begin with Airflow imported already.
_PROCESSES = get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    [
        "mlops_sagemaker.operators.hosting",
        "mlops_sagemaker.operators.register",
        "mlops_sagemaker.operators.registry",
        "tests.provider.sides",
        __name__,
    ]
)


@dataclass(frozen=True)
class Task:
    """An operator, as what it is made of, and what the run's other tasks have left."""

    operator: Callable[..., Any]
    arguments: Mapping[str, Any]
    xcoms: dict[str, Any] = field(default_factory=dict)


def tried_until_done(task: Task) -> list[int]:
    """Try *task* again until a try ends well, as one that defers does; how each has ended."""
    codes: list[int] = []
    while 0 not in codes:
        assert len(codes) < MOST_TRIES, f"the task is not done after tries that ended with {codes}"
        codes += tried_at_once(task, 1)
    return codes


def tried_at_once(task: Task, times: int) -> list[int]:
    """Begin so many tries of *task* at once; how each has ended."""
    processes = [_PROCESSES.Process(target=_try, args=(task, dict(os.environ))) for _ in range(times)]
    for process in processes:
        process.start()
    return [_ended(process) for process in processes]


def _ended(process: Any) -> int:
    process.join(SECONDS)
    assert process.exitcode is not None, f"the task is still at it after {SECONDS} s"
    return int(process.exitcode)


def _try(task: Task, environ: Mapping[str, str]) -> None:
    os.environ.update(environ)
    operator = task.operator(**task.arguments)
    with suppress(TaskDeferred):
        operator.execute(context_for(operator, xcoms=task.xcoms))
