"""What every DAG and every task owes to whoever operates them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG

from tests.dags.all_dags import FOLDER, dag_bag

DAGS: dict[str, DAG] = dag_bag().dags
TASKS = {f"{dag.dag_id}.{task.task_id}": task for dag in DAGS.values() for task in dag.tasks}
PARAMS = {f"{dag.dag_id}.{name}": dag.params.get_param(name) for dag in DAGS.values() for name in dag.params}
NUMBERS = {name: param for name, param in PARAMS.items() if param.schema["type"] in ("integer", "number")}

each_dag = pytest.mark.parametrize("dag", DAGS.values(), ids=DAGS)
each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
each_param = pytest.mark.parametrize("param", PARAMS.values(), ids=PARAMS)
each_number = pytest.mark.parametrize("param", NUMBERS.values(), ids=NUMBERS)


@each_dag
def test_ids_are_words_that_amazon_mwaa_can_trigger(dag: DAG) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,49}", dag.dag_id)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,23}", task.task_id) for task in dag.tasks)


@each_dag
def test_a_dag_has_description_documentation_and_its_use_cases_tag(dag: DAG) -> None:
    use_case, _, kind = dag.dag_id.rpartition("_")
    assert dag.description
    assert len((dag.doc_md or "").split()) > 30
    assert {use_case, kind} <= set(dag.tags)


def test_every_asset_is_named_in_one_file() -> None:
    naming = {file.name for file in FOLDER.rglob("*.py") if re.search(r"\bAsset\(", file.read_text())}
    assert naming == {"assets.py"}


@each_dag
def test_a_dag_neither_catches_up_nor_overlaps_nor_depends_on_a_start_date(dag: DAG) -> None:
    assert dag.catchup is False
    assert dag.max_active_runs == 1
    assert dag.start_date is None


@each_task
def test_a_task_has_an_owner_and_documentation(task: Any) -> None:
    assert task.owner not in ("", "airflow")
    assert len((task.doc_md or "").split()) > 8


@each_task
def test_a_task_is_retried_with_growing_and_bounded_delays(task: Any) -> None:
    assert task.retries == 2
    assert task.retry_exponential_backoff > 1
    assert task.retry_delay < task.max_retry_delay <= timedelta(hours=1)


@each_param
def test_a_parameter_has_a_typed_documented_default(param: Any) -> None:
    assert param.resolve() == param.value
    assert param.schema["type"]
    assert param.schema["title"]
    assert param.description


@each_number
def test_a_numeric_parameter_has_a_lower_bound(param: Any) -> None:
    assert {"minimum", "exclusiveMinimum"} & param.schema.keys()
