"""What becomes of the provider's tasks when calls and jobs go wrong on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException

from tests.provider.tasks import run
from tests.provider.test_training import config, task
from tests.support.local_aws import LocalAws

pytestmark = pytest.mark.local_only


@pytest.fixture
def faulty(aws: LocalAws) -> Iterator[LocalAws]:
    """The server, without a plan afterwards."""
    yield aws
    aws.faults("DELETE")


def put(aws: LocalAws, **fault: Any) -> None:
    aws.faults("PUT", {"faults": [{"name": "f", **fault}]})


def test_a_job_without_capacity_fails_the_task_with_its_reason(faulty: LocalAws) -> None:
    wanted = config("")
    put(faulty, jobs={"name": wanted["TrainingJobName"]}, effect={"type": "capacity_error"})
    with pytest.raises(AirflowException, match="because CapacityError: Unable to provision requested ML compute"):
        run(task(wanted))


def test_throttled_calls_are_repeated_and_the_task_succeeds(faulty: LocalAws, deferrable: bool) -> None:
    throttling = {"type": "error", "code": "ThrottlingException"}
    put(faulty, calls={"operation": "DescribeTrainingJob"}, times=3, effect=throttling)
    assert run(task(config(""), deferrable=deferrable))["Training"]["TrainingJobStatus"] == "Completed"
    assert faulty.faults()["counts"]["f"]["struck"] == 3
