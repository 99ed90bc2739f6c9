"""The context in which Airflow runs a task, of Airflow's own classes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk.api.datamodels._generated import AssetEventDagRunReference, DagRun, DagRunType
from airflow.sdk.bases.xcom import BaseXCom
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

XCOM_RETURN_KEY = BaseXCom.XCOM_RETURN_KEY
DAG_ID = "abalone_training"
RUN_ID = "scheduled__2026-03-02T02:00:00+00:00"
RUN_AFTER = datetime(2026, 3, 2, 2, tzinfo=UTC)


class TaskInstance(RuntimeTaskInstance):
    """A task instance that keeps what it pushes. Its XComs are a dictionary by task, those of a mapped task by map
    index."""

    pushed: dict[str, Any]
    xcoms: dict[str, Any]

    def xcom_pull(self, task_ids: Any = None, map_indexes: Any = None, key: str = XCOM_RETURN_KEY, **_: Any) -> Any:
        if key != XCOM_RETURN_KEY:
            return self.xcoms.get((task_ids, key))
        if isinstance(task_ids, list):
            return [value for task_id in task_ids for value in self._all(task_id)]
        found = self.xcoms.get(task_ids)
        return found.get(map_indexes) if isinstance(map_indexes, int) and found else found

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def _all(self, task_id: str) -> list[Any]:
        found = self.xcoms.get(task_id)
        mapped = isinstance(found, dict) and all(isinstance(index, int) for index in found)
        return list(found.values()) if mapped else [found]


def context_for(
    operator: Any,
    *,
    xcoms: dict[str, Any] | None = None,
    map_index: int = -1,
    run_id: str = RUN_ID,
    generation: int = 0,
    try_number: int = 1,
    logical_date: datetime | None = RUN_AFTER,
    run_after: datetime = RUN_AFTER,
    run_type: str = "scheduled",
    extras: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """What ``operator`` sees in a run; ``generation`` is the number of tries before it was last cleared, ``extras`` are
    what the asset events say that made the run."""
    ti = TaskInstance.model_construct(
        pushed={},
        task=operator,
        xcoms={} if xcoms is None else xcoms,
        task_id=operator.task_id,
        dag_id=DAG_ID,
        run_id=run_id,
        try_number=try_number,
        map_index=map_index,
        max_tries=generation + (operator.retries or 0),
        start_date=datetime.now(UTC),
    )
    run = DagRun.model_construct(
        dag_id=DAG_ID,
        run_id=run_id,
        logical_date=logical_date,
        run_after=run_after,
        run_type=DagRunType(run_type),
        consumed_asset_events=[AssetEventDagRunReference.model_construct(extra=extra) for extra in extras],
    )
    return {"ti": ti, "dag_run": run, "run_id": run_id}
