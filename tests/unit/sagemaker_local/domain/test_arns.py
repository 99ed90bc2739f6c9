"""ARNs: made from names, and taken apart."""

from __future__ import annotations

import pytest

from sagemaker_local.domain.arns import Scope, account_of, name_of, role_name

SCOPE = Scope("123456789012", "eu-central-1")
ARN = "arn:aws:sagemaker:eu-central-1:123456789012:training-job/My-Job"


def test_an_arn_holds_region_account_type_and_name() -> None:
    assert SCOPE.arn("training-job", "My-Job") == ARN


@pytest.mark.parametrize("name", ["My-Job", "group/12"])
def test_an_arn_gives_its_name_back(name: str) -> None:
    assert name_of(SCOPE.arn("model-package", name)) == name


def test_an_identifier_is_a_name_or_already_an_arn() -> None:
    assert SCOPE.arn_of("training-job", "My-Job") == ARN
    assert SCOPE.arn_of("training-job", ARN) == ARN


@pytest.mark.parametrize("arn", [ARN, ARN.lower(), ARN.replace("My-Job", "other")])
def test_a_scope_holds_arns_of_its_own_in_any_letter_case(arn: str) -> None:
    assert SCOPE.holds("training-job", arn)


@pytest.mark.parametrize(
    "arn",
    [
        ARN.replace("123456789012", "210987654321"),
        ARN.replace("eu-central-1", "us-east-1"),
        ARN.replace("training-job/", "processing-job/"),
        ARN.replace("arn:aws:", "arn:aws-cn:"),
    ],
)
def test_a_scope_does_not_hold_arns_of_another_account_region_type_or_partition(arn: str) -> None:
    assert not SCOPE.holds("training-job", arn)


@pytest.mark.parametrize("path", ["", "service-role/", "a/b/"])
def test_a_role_is_named_without_its_path(path: str) -> None:
    arn = f"arn:aws:iam::123456789012:role/{path}Jobs"
    assert role_name(arn) == "Jobs"
    assert account_of(arn) == "123456789012"
