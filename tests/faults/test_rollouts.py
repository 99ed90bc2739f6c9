"""Whatever dies while the deployment DAG runs: a green run has the right model live, and no request fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults.conftest import Undisturbed
from tests.faults.plans import EveryStepKilled
from tests.faults.rollouts import DAG_ID, STAGING, Rollouts
from tests.support.polling import eventually

pytestmark = [pytest.mark.local_only, pytest.mark.timeout(1800)]
STRUCK = Counter(
    CreateModel=1,
    CreateEndpointConfig=2,
    CreateEndpoint=1,
    DeleteEndpoint=1,
    DeleteEndpointConfig=1,
    PutMetricAlarm=2,
    UpdateEndpoint=1,
    UpdateModelPackage=1,
    RegisterScalableTarget=1,
    PutScalingPolicy=1,
    PUT=1,
)
"""Of a deployment's changes, how many things each is about at least; the task was killed twice at each."""


@pytest.fixture(scope="module")
def rollouts(undisturbed: Undisturbed) -> Iterator[Rollouts]:
    """With a version that is the champion."""
    found = Rollouts(undisturbed.stack)
    found.open()
    first = found.approved()
    assert found.ended(found.run_of(first)) == "success"
    assert found.champion()["model_package_arn"] == first
    yield found
    found.close()


def test_tasks_killed_at_every_step_of_a_deployment_under_load(rollouts: Rollouts) -> None:
    with rollouts.load() as load, rollouts.stack.door.following(EveryStepKilled()) as struck:
        arn = rollouts.approved()
        run_id = rollouts.run_of(arn)
        state = rollouts.ended(run_id)
    print(f"\n{state}; {len(struck)} kills; {load.right} requests answered right, {len(load.wrong)} not")
    for boundary, times in sorted(Counter(call.boundary for call, _, _ in struck).items()):
        print(f"  {times} x {boundary}")
    assert state == "success"
    assert load.wrong == []
    assert load.right > 100
    champion, live = rollouts.champion(), rollouts.live()
    assert (champion["model_package_arn"], champion["run"]) == (arn, run_id)
    assert (live["EndpointStatus"], live["EndpointConfigName"]) == ("InService", champion["config_name"])
    assert rollouts.facts(arn)["deployment"] == "live"
    assert rollouts.facts(arn)["drift"].partition(":")[0] in ("judged", "not judged"), "by how much traffic there was"
    assert not [name for name in rollouts.left() if name.startswith(STAGING)]
    for moment in ("before", "after"):
        found = Counter(call.operation for call, at, _ in struck if at == moment)
        assert found >= STRUCK, f"not every change was struck {moment}: {found}"
    assert sum(call.target.endswith("/invocations") for call, _, _ in struck) == 4


def test_an_approval_that_waits_for_people_makes_room_for_the_next(rollouts: Rollouts) -> None:
    airflow = rollouts.stack.airflow
    airflow.request("PATCH", f"dags/{DAG_ID}", {"is_paused": True})
    old = rollouts.approved()
    number = int(old.rpartition("/")[2])
    waiting = airflow.trigger(DAG_ID, {"version": number, "approval": "manual"})
    airflow.unpause(DAG_ID)
    asked = ("deferred", "awaiting_input")
    eventually(lambda: rollouts.states(waiting).get("approve") in asked, "the question", 300, 0.5)
    new = rollouts.approved()
    run_id = rollouts.run_of(new)
    assert (rollouts.ended(waiting), rollouts.ended(run_id)) == ("success", "success")
    assert rollouts.states(waiting)["approve"] == "skipped"
    assert rollouts.facts(old)["deployment"].startswith(f"superseded: by {new}")
    assert rollouts.champion()["model_package_arn"] == new
    assert rollouts.live()["EndpointConfigName"] == rollouts.champion()["config_name"]
