"""Approvals reach Airflow: registry, EventBridge, SQS, and the trigger of an asset's watcher."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.module_loading import import_string

from deploy.local import events
from mlops_sagemaker.triggers import queue
from mlops_sagemaker.triggers.queue import QueueTrigger
from tests.support.local_aws import LocalAws, unique

pytestmark = pytest.mark.local_only


@pytest.fixture
def group(aws: LocalAws) -> str:
    """A model package group whose approvals go to a queue."""
    name = unique("group")
    events.ensure(aws.client("sqs"), aws.client("events"), events.approvals(name))
    aws.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def version(aws: LocalAws, group: str, status: str = "PendingManualApproval") -> str:
    created = aws.sagemaker.create_model_package(ModelPackageGroupName=group, ModelApprovalStatus=status)
    return str(created["ModelPackageArn"])


def told(group: str, act: Callable[[], Any] = lambda: None) -> list[tuple[str, str]]:
    """Version and status of the first event that the trigger fires once ``act`` is done."""
    path, arguments = QueueTrigger(events.approvals(group).name).serialize()

    async def first() -> Any:
        act()
        return (await anext(import_string(path)(**arguments).run())).payload["bodies"]

    details = [json.loads(body)["detail"] for body in asyncio.run(first())]
    return [(detail["ModelPackageArn"], detail["ModelApprovalStatus"]) for detail in details]


@pytest.mark.parametrize("status", ["Approved", "Rejected"])
def test_a_decision_arrives(aws: LocalAws, group: str, status: str) -> None:
    arn = version(aws, group)
    decide = {"ModelPackageArn": arn, "ModelApprovalStatus": status}
    assert told(group, lambda: aws.sagemaker.update_model_package(**decide)) == [(arn, status)]


def test_only_decisions_arrive(aws: LocalAws, group: str) -> None:
    first = version(aws, group)
    facts = {"CustomerMetadataProperties": {"deployment": "live"}}
    aws.sagemaker.update_model_package(ModelPackageArn=first, ModelApprovalStatus="Approved")
    assert told(group) == [(first, "Approved")]
    purge(aws, group)
    aws.sagemaker.update_model_package(ModelPackageArn=first, **facts)
    arns: list[str] = []
    assert told(group, lambda: arns.append(version(aws, group, "Approved"))) == [(arns[0], "Approved")]


def test_a_queue_that_is_not_there_is_waited_for(
    aws: LocalAws, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    other, pauses = unique("late"), []

    async def make_it(seconds: float) -> None:
        pauses.append(seconds)
        events.ensure(aws.client("sqs"), aws.client("events"), events.approvals(other))
        aws.client("sqs").send_message(QueueUrl=url(aws, other), MessageBody="{}")

    monkeypatch.setattr(queue.asyncio, "sleep", make_it)

    async def first() -> Any:
        return (await anext(QueueTrigger(events.approvals(other).name).run())).payload

    assert asyncio.run(first()) == {"bodies": ["{}"]}
    assert pauses == [queue.PAUSE_SECONDS]


def test_messages_are_deleted_once_airflow_has_taken_the_event(
    aws: LocalAws, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    client, where = aws.client("sqs"), url(aws, group)
    hidden: list[int] = []

    async def pass_by(seconds: float) -> None:
        hidden.append(int(attributes(client, where)["ApproximateNumberOfMessagesNotVisible"]))

    monkeypatch.setattr(queue.asyncio, "sleep", pass_by)
    for body in ("one", "two"):
        client.send_message(QueueUrl=where, MessageBody=body)

    async def twice() -> list[Any]:
        fired = QueueTrigger(events.approvals(group).name).run()
        seen = (await anext(fired)).payload["bodies"]
        client.send_message(QueueUrl=where, MessageBody="three")
        while "three" not in seen:
            seen += (await anext(fired)).payload["bodies"]
        await fired.aclose()
        return seen

    assert sorted(asyncio.run(twice())) == ["one", "three", "two"]
    assert min(hidden, default=0) > 0, "deleted before Airflow can have written the event down"


def attributes(client: Any, where: str) -> dict[str, str]:
    return dict(client.get_queue_attributes(QueueUrl=where, AttributeNames=["All"])["Attributes"])


def url(aws: LocalAws, group: str) -> str:
    return str(aws.client("sqs").get_queue_url(QueueName=events.approvals(group).name)["QueueUrl"])


def purge(aws: LocalAws, group: str) -> None:
    aws.client("sqs").purge_queue(QueueUrl=url(aws, group))
