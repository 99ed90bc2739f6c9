"""The deployment DAG's shape: what follows what, and what answers a failure."""

from itertools import pairwise
from typing import Any

import pytest
from airflow.sdk import TriggerRule

from lifecycle.deployment import deployment_dag
from lifecycle.use_case import Deployment
from tests.dags.lifecycle.declared import declared
from tests.unit.mlops_sagemaker.contexts import context_for

DAG = deployment_dag(declared())
WAY = [
    *("resolve", "model", "stage_config", "stage", "smoke", "contract", "latency", "replay"),
    *("approve", "record", "config", "alarms", "deploy", "scale", "verify", "promote", "clean"),
]


def task(name: str) -> Any:
    return DAG.get_task(name)


@pytest.mark.parametrize(("before", "after"), list(pairwise(WAY)))
def test_each_step_waits_for_the_one_before(before: str, after: str) -> None:
    assert before in task(after).upstream_task_ids
    assert task(after).trigger_rule == TriggerRule.ALL_SUCCESS


def test_any_failure_before_the_end_is_answered() -> None:
    restore = task("restore")
    assert restore.trigger_rule == TriggerRule.ONE_FAILED
    assert restore.upstream_task_ids == set(WAY) - {"clean"}


def test_a_run_that_failed_is_red_though_the_champion_was_restored() -> None:
    leaves = {each.task_id for each in DAG.tasks if not each.downstream_task_ids}
    assert leaves == {"ask", "clean", "notify", "tally", "unstage"}, "clean is upstream_failed then, and a leaf"


def test_staging_is_deleted_whatever_its_tests_say() -> None:
    unstage = task("unstage")
    assert unstage.trigger_rule == TriggerRule.ALL_DONE_MIN_ONE_SUCCESS
    assert unstage.upstream_task_ids == {"model", "stage_config", "stage", "smoke", "contract", "latency", "replay"}
    assert "stage_config" in unstage.config_name


def test_the_canarys_alarms_are_those_of_its_own_config() -> None:
    deployment = task("deploy").deployment
    names = [alarm["AlarmName"] for alarm in deployment["AutoRollbackConfiguration"]["Alarms"]]
    assert names == task("alarms").alarms.names("{{ ti.xcom_pull(task_ids='config').name }}")
    assert [name.rpartition("-")[2] for name in names] == ["errors", "latency", "drift"]
    assert task("deploy").retain, "or autoscaling's instances are lost with each update"


def test_the_alarm_on_drift_watches_the_metric_that_the_model_is_told_to_publish() -> None:
    environment = task("model").request["PrimaryContainer"]["Environment"]
    drift = task("alarms").alarms.requests("endpoint", "config", "rings/3")[-1]
    assert environment == {
        "DRIFT_BASELINE": "{{ ti.xcom_pull(task_ids='resolve').baseline }}",
        "DRIFT_MODEL": task("alarms").model,
    }
    assert drift["Dimensions"] == [{"Name": "ModelPackage", "Value": "rings/3"}]
    assert (drift["Threshold"], drift["TreatMissingData"]) == (0.25, "notBreaching")


@pytest.mark.parametrize("instances", [1, 0, 5])
def test_production_has_at_least_two_instances(instances: int) -> None:
    with pytest.raises(ValueError, match="declare at least two"):
        Deployment(instances=instances)


def test_what_a_canary_has_cost_is_counted_once_the_champion_is_back_and_only_where_traffic_had_shifted() -> None:
    assert {"restore", "alarms"} <= task("tally").upstream_task_ids
    assert task("tally").trigger_rule == TriggerRule.ALL_SUCCESS


@pytest.mark.parametrize(
    ("drift", "told"), [({"text": "judged: 0.1"}, "judged: 0.1."), (None, "not written down, see the task drift.")]
)
def test_people_hear_of_a_promotion_though_its_drift_could_not_be_written_down(
    drift: dict[str, str] | None, told: str
) -> None:
    notify = task("notify")
    assert notify.trigger_rule == TriggerRule.ALL_DONE_MIN_ONE_SUCCESS
    xcoms = {"resolve": {"model_package_arn": "arn", "report": "r"}, "record": {"by": "jo", "why": ""}, "drift": drift}
    context = context_for(notify, xcoms=xcoms)
    text = notify.render_template(notify.text, context, notify.get_template_env())
    assert f"Drift of predictions: {told}\n" in text


def test_people_are_asked_beside_the_approval_and_told_once_it_is_promoted() -> None:
    assert task("ask").upstream_task_ids <= task("approve").upstream_task_ids
    assert task("notify").upstream_task_ids == {"promote", "drift"}
    assert task("drift").upstream_task_ids >= {"promote", "alarms"}
    assert not task("ask").downstream_task_ids, "whoever cannot be told keeps nothing from production"
