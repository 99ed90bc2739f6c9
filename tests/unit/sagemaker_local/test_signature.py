"""Whom a request is from, by its Authorization header."""

from __future__ import annotations

import pytest

from sagemaker_local.domain.arns import Scope
from sagemaker_local.signature import Signer, signer

pytestmark = pytest.mark.local_only
HEADER = "AWS4-HMAC-SHA256 Credential={}, SignedHeaders=host;x-amz-date, Signature=abc"


@pytest.mark.parametrize(
    ("credential", "scope"),
    [
        ("AKIA/20260101/eu-west-1/sagemaker/aws4_request", Scope("000000000000", "eu-west-1")),
        ("123456789012/20260101/eu-west-1/sagemaker/aws4_request", Scope("123456789012", "eu-west-1")),
        ("1234567890123/20260101/eu-west-1/sagemaker/aws4_request", Scope("000000000000", "eu-west-1")),
        ("AKIA/20260101//sagemaker/aws4_request", Scope("000000000000", "us-east-1")),
    ],
    ids=["default account", "account as access key", "not twelve digits", "no region"],
)
def test_the_credential_names_account_and_region(credential: str, scope: Scope) -> None:
    assert signer(HEADER.format(credential)) == Signer(scope, "sagemaker", credential.partition("/")[0])


@pytest.mark.parametrize("header", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host"])
def test_any_other_header_is_nobodys(header: str) -> None:
    assert signer(header) is None


def test_the_service_is_named() -> None:
    found = signer(HEADER.format("AKIA/20260101/us-east-1/s3/aws4_request"))
    assert found is not None
    assert found.service == "s3"
