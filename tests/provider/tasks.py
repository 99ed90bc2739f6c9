"""Runs an operator as Airflow does: rendered, executed, and resumed where it defers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from airflow.providers.common.compat.sdk import TaskDeferred
from airflow.sdk.module_loading import import_string
from airflow.sdk.serde import deserialize, serialize
from botocore.exceptions import ClientError

from tests.support.polling import eventually
from tests.unit.mlops_sagemaker.contexts import context_for

INTERVAL = 0.2
"""seconds between two looks at a job: the operators' default of thirty is for jobs of hours"""


def run(operator: Any, once_deferred: Callable[[], Any] = lambda: None, xcoms: dict[str, Any] | None = None) -> Any:
    """What the task returns in the end; raises what fails it. *once_deferred* comes before the trigger starts; *xcoms*
    are what the run's other tasks have left, by task."""
    context = context_for(operator, xcoms=xcoms)
    try:
        return operator.execute(context)
    except TaskDeferred as deferred:
        once_deferred()
        return resume(operator, deferred, context)


def resume(operator: Any, deferred: TaskDeferred, context: dict[str, Any]) -> Any:
    """What the task returns after its trigger has fired."""
    kwargs = deserialize(serialize({**(deferred.kwargs or {}), "event": fired(deferred.trigger)}))
    return operator.resume_execution(deferred.method_name, kwargs, context)


def fired(trigger: Any) -> Any:
    """The event of a trigger that has been through Airflow's database on its way to the triggerer."""
    path, arguments = trigger.serialize()

    async def first() -> Any:
        restored = import_string(path)(**deserialize(serialize(arguments)))
        return (await anext(restored.run())).payload

    return asyncio.run(first())


@contextmanager
def meanwhile(stop: Callable[[], Any], begun: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Call *stop* beside the task, once *begun*; both again and again until the job that they name is there."""

    def once() -> bool:
        try:
            if not begun():
                return False
            stop()
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(1) as pool:
        stopped = pool.submit(eventually, once, "the stop")
        yield
        stopped.result()
