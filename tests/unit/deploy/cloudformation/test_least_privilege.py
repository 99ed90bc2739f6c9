"""Airflow's role allows every call that the hook can make, and beyond that only what has its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatch, fnmatchcase
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session

from mlops_sagemaker import resources
from mlops_sagemaker.jobs import KINDS
from mlops_sagemaker.resources import Resource
from tests.support.local_aws import ROOT
from tests.support.permissions import BESIDES
from tests.support.templates import listed, policies

HOOK = ROOT / "plugins" / "mlops_sagemaker" / "hook"
# The services that the hook has clients of, and their names in IAM. Of operations with one name SageMaker's is meant.
SERVICES = {
    "application-autoscaling": "application-autoscaling",
    "cloudwatch": "cloudwatch",
    "logs": "logs",
    "s3": "s3",
    "sns": "sns",
    "sqs": "sqs",
    "sagemaker-runtime": "sagemaker",
    "sagemaker": "sagemaker",
}
# Operations that IAM knows by other names, https://docs.aws.amazon.com/service-authorization/latest/reference/.
OTHER_NAMES = {
    "s3:CopyObject": {"s3:GetObject", "s3:PutObject"},
    "s3:HeadObject": {"s3:GetObject"},
    "s3:ListObjects": {"s3:ListBucket"},
    "s3:ListObjectsV2": {"s3:ListBucket"},
}
# What boto3's own methods call, that are no operations.
MANAGED = {"copy": {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"}}


def operations() -> dict[str, str]:
    """The action of each operation of those services, by the name of the client's method."""
    session = get_session()
    return {
        xform_name(name): f"{prefix}:{name}"
        for service, prefix in SERVICES.items()
        for name in session.get_service_model(service).operation_names
    }


def named() -> Iterator[str]:
    """Whatever the hook's source calls, and the paginators that it asks for by their names."""
    for file in HOOK.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield node.func.attr
                if node.func.attr == "get_paginator" and isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value)


def tables() -> Iterator[str]:
    """The methods that its tables of jobs and resources name."""
    for kind in KINDS.values():
        yield from (kind.create, kind.describe, kind.stop)
    for resource in vars(resources).values():
        if isinstance(resource, Resource):
            yield from (resource.create, resource.describe, resource.delete, resource.list)


def possible() -> set[str]:
    """The actions that the hook's calls ask for."""
    known, names = operations(), [*named(), *tables()]
    found = {known[name] for name in names if name in known}
    managed = {action for name in names for action in MANAGED.get(name, ())}
    return managed | {action for each in found for action in OTHER_NAMES.get(each, {each})}


def statements_of(policy: str) -> list[dict[str, Any]]:
    (document,) = [document for name, document in policies() if name == policy]
    return list(document["Statement"])


def allowed() -> set[str]:
    return {str(act) for statement in statements_of("roles/Airflow/lifecycle") for act in listed(statement["Action"])}


@pytest.mark.parametrize("action", sorted(possible()))
def test_what_the_hook_can_call_is_allowed(action: str) -> None:
    assert action in allowed()


def test_the_hooks_calls_are_found() -> None:
    assert len(possible()) > 40
    assert {"sns:Publish", "sqs:ReceiveMessage", "logs:DescribeLogStreams", "sagemaker:InvokeEndpoint"} <= possible()


def test_what_is_allowed_and_cannot_be_called_has_its_reason() -> None:
    assert allowed() - possible() == BESIDES.keys()


@pytest.mark.parametrize("action", sorted(possible()))
def test_no_guardrail_takes_back_what_the_hook_calls(action: str) -> None:
    guardrails = statements_of("roles/Guardrails")
    whole = [each for each in guardrails if "Condition" not in each and each["Resource"] == "*"]
    patterns = [str(pattern) for statement in whole for pattern in listed(statement["Action"])]
    assert not [pattern for pattern in patterns if fnmatch(action.lower(), pattern.lower())]


def namespaces() -> set[str]:
    """Those that monitors put metrics into."""
    source = (ROOT / "plugins" / "mlops_sagemaker" / "operators" / "drift.py").read_text()
    (found,) = [
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NAMESPACES"
    ]
    return set(ast.literal_eval(found).values())


def test_metrics_are_put_into_namespaces_that_are_allowed() -> None:
    (statement,) = [each for each in statements_of("roles/Airflow/lifecycle") if each["Sid"] == "Measurements"]
    pattern = statement["Condition"]["StringLike"]["cloudwatch:namespace"]
    assert len(namespaces()) == 2
    assert [name for name in namespaces() if not fnmatchcase(name, pattern)] == []
