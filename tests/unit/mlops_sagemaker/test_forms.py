import pytest
from airflow.sdk import DAG, Param
from airflow.sdk.exceptions import ParamValidationError

from mlops_sagemaker.forms import offer


def dag_with(**fields: Param) -> DAG:
    dag = DAG("rings_training", schedule="@daily")
    offer(dag, fields)
    return dag


def test_a_form_has_its_fields_with_their_defaults() -> None:
    dag = dag_with(trees=Param(3, type="integer", minimum=1), day=Param(None, type=["null", "string"]))
    assert dag.params.dump() == {"trees": 3, "day": None}


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (Param(0, type="integer", minimum=1), "0 is less than the minimum of 1"),
        (Param("late", type="string", format="date"), "'late' is not a 'date'"),
        (Param(type="string"), "is not of type 'string'"),
    ],
)
def test_a_default_that_its_own_field_would_refuse_is_refused_at_once(field: Param, told: str) -> None:
    with pytest.raises(ValueError, match=f"rings_training: the default of parameter trees: .*{told}"):
        dag_with(trees=field)


def test_a_field_is_checked_by_what_it_declares_when_a_run_is_triggered() -> None:
    dag = dag_with(share=Param(0.2, type="number", exclusiveMinimum=0, maximum=0.4))
    dag.params["share"] = 0.4
    assert dag.params.validate() == {"share": 0.4}
    with pytest.raises(ParamValidationError, match="0 is less than or equal to the minimum of 0"):
        dag.params["share"] = 0
