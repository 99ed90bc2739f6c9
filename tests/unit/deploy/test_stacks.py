from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from deploy.errors import Failure
from deploy.settings import Settings
from deploy.stacks import Maker, Stack, chosen, plan, require_current, use_cases, values

SETTINGS = Settings("prod", "333333333333", "eu-central-1", "3.3.1", "private", "manual")


def test_stacks_come_in_the_order_of_their_needs() -> None:
    names = [stack.name for stack in plan(SETTINGS, ["big_one"])]
    assert names == [
        f"nightshift-prod-{name}"
        for name in ("network", "storage", "roles", "operations", "big-one", "image-builder", "delivery", "airflow")
    ]


def test_every_dag_file_is_a_use_case() -> None:
    assert use_cases() == ["abalone", "churn"]


def test_some_are_chosen_by_template_or_name() -> None:
    stacks = list(plan(SETTINGS, ["abalone", "churn"]))
    assert chosen(stacks, ["use-case"]) == {"nightshift-prod-abalone", "nightshift-prod-churn"}
    assert chosen(stacks, ["nightshift-prod-churn"]) == {"nightshift-prod-churn"}
    assert len(chosen(stacks, [])) == len(stacks)
    with pytest.raises(Failure, match="no stack nonsense"):
        chosen(stacks, ["nonsense"])


class Cloudformation:
    def validate_template(self, **_: Any) -> dict[str, Any]:
        return {"Parameters": [{"ParameterKey": "KeyArn"}, {"ParameterKey": "Mail", "DefaultValue": ""}]}


@pytest.mark.parametrize(
    ("code", "raised", "told"),
    [
        ("AccessDenied", Failure, "nightshift-prod-network, .*: not made of the templates"),
        ("Throttling", ClientError, "Throttling"),
    ],
)
def test_a_role_that_is_older_than_the_look_at_stacks_is_told_what_to_do(
    code: str, raised: type[Exception], told: str
) -> None:
    client = boto3.client("cloudformation", "us-east-1")

    def refused(**_: Any) -> tuple[Any, dict[str, Any]]:
        return AWSResponse("", 403, {}, None), {"Error": {"Code": code, "Message": "no"}}

    client.meta.events.register("before-call.cloudformation.DescribeStacks", refused)
    with pytest.raises(raised, match=told):
        require_current(client, SETTINGS, ["abalone"])


def test_a_value_that_nobody_gives_is_told() -> None:
    maker = Maker(Cloudformation(), values(SETTINGS), print)
    with pytest.raises(Failure, match="nightshift-prod-operations needs KeyArn"):
        maker.make(Stack("nightshift-prod-operations", "operations"))
