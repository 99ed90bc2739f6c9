"""What the DAGs of a use case have in common."""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG

from lifecycle.use_case import UseCase
from mlops_sagemaker.operators.notify import told_of_failure

RETRIES = {
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
}


def dag_of(use_case: UseCase, part: str, does: str, doc: str, schedule: Any, **of_tasks: Any) -> DAG:
    """The DAG ``<use case>_<part>``, yet without tasks: one run at a time, and people told of one that fails.

    What it ``does`` follows the use case's description, ``doc`` its text; ``of_tasks`` are arguments of all tasks.
    """
    return DAG(
        dag_id=f"{use_case.name}_{part}",
        description=f"{use_case.description}: {does}",
        doc_md=f"{use_case.doc}\n\n{doc}",
        schedule=schedule,
        catchup=False,
        max_active_runs=1,
        default_args={**RETRIES, "owner": use_case.owner, **of_tasks},
        tags={use_case.name, part},
        on_failure_callback=told_of_failure(use_case.notifiers),
    )
