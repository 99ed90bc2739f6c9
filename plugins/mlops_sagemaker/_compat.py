"""The only importer of what the amazon provider calls internal, or what only some supported Airflows have."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from typing import Any, NoReturn

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.sensors.base_aws import AwsBaseSensor
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.triggers.hitl import HITLTrigger
from airflow.sdk import exceptions
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import GetDagRun
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.sdk.timezone import utcnow
from airflow.triggers.base import BaseTrigger
from asgiref.sync import sync_to_async

__all__ = [
    "AwsBaseOperator",
    "AwsBaseSensor",
    "HITLOperator",
    "await_answer",
    "aws_template_fields",
    "failed_tasks",
    "is_tried_again",
    "killed_without_on_kill",
    "retry_settings",
    "runs_in_line",
]

_AIRFLOW_CALLS_ON_KILL = hasattr(BaseTrigger, "on_kill")
# Deferred is what the next try is: who is killed is in a worker.
_ON_THE_WAY = {None, "scheduled", "queued", "up_for_retry", "deferred"}
_AIRFLOW_AWAITS_INPUT = hasattr(exceptions, "TaskAwaitingInput")
_AIRFLOW_HAS_RETRY_POLICIES = find_spec("airflow.sdk.definitions.retry_policy") is not None


async def killed_without_on_kill(trigger: BaseTrigger) -> bool:
    """Whether a cancelled trigger's task was cleared or marked by a person, where Airflow itself (before 3.3) does
    not tell: a task that is only moved to another triggerer is still deferred."""
    ti = trigger.task_instance
    if _AIRFLOW_CALLS_ON_KILL or ti is None:
        return False
    return "deferred" not in await sync_to_async(_states)(ti)


def is_tried_again(ti: Any) -> bool:
    """Whether a task that is being killed, ``ti``, is tried again by Airflow itself: a heartbeat got lost, a scheduler
    took the task for an orphan, a worker shuts down. What a person clears or marks is in another state. Raises
    whatever asking Airflow may raise."""
    states = _states(ti)
    return bool(states & _ON_THE_WAY) or ("running" in states and ti.try_number <= ti.max_tries)


def failed_tasks(ti: Any) -> list[str]:
    """The tasks that have failed in the run of ``ti``, mapped ones once."""
    found = RuntimeTaskInstance.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])
    names = [name for tasks in found.values() for name, state in tasks.items() if state == "failed"]
    return sorted(names)


def runs_in_line(ti: Any) -> list[Any]:
    """The runs of the DAG of ``ti`` that wait for their turn, with their ``conf``. Raises AirflowRuntimeError where
    Airflow cannot say."""
    if not RuntimeTaskInstance.get_dr_count(dag_id=ti.dag_id, states=["queued"]):
        return []  # the states of all runs are much more to ask for
    found = RuntimeTaskInstance.get_task_states(dag_id=ti.dag_id, task_ids=[ti.task_id])
    idle = [run_id for run_id, tasks in found.items() if tasks[ti.task_id] is None]
    runs: list[Any] = [task_runner.SUPERVISOR_COMMS.send(GetDagRun(dag_id=ti.dag_id, run_id=each)) for each in idle]
    return [run for run in runs if run.state == "queued"]


def await_answer(operator: HITLOperator, ti: Any, wait: timedelta) -> NoReturn:
    """Wait on, so long, for the answer to the question that ``operator`` has asked. One that has come meanwhile counts:
    to ask again would drop it."""
    if _AIRFLOW_AWAITS_INPUT:
        raise exceptions.TaskAwaitingInput(method_name="execute_complete", timeout=wait)
    trigger = HITLTrigger(
        ti_id=ti.id,
        options=operator.options,
        params=operator.serialized_params,
        multiple=operator.multiple,
        timeout_datetime=utcnow() + wait,
    )
    raise exceptions.TaskDeferred(trigger=trigger, method_name="execute_complete")


def _states(ti: Any) -> set[str | None]:
    """The state that Airflow's database has of a task instance."""
    found = RuntimeTaskInstance.get_task_states(
        dag_id=ti.dag_id, task_ids=[ti.task_id], run_ids=[ti.run_id], map_index=ti.map_index
    )
    return {state for tasks in found.values() for state in tasks.values()}


@cache
def retry_settings() -> Mapping[str, Any]:
    """Operator arguments that retry each family of errors its own way; none before Airflow 3.3."""
    if not _AIRFLOW_HAS_RETRY_POLICIES:
        return {}
    from mlops_sagemaker.retries import FamilyRetryPolicy

    return {"retry_policy": FamilyRetryPolicy()}
