"""The local account as a release needs it, made in a real local AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local import provision
from deploy.local.settings import BUCKET, ROLE_ARN, ROLE_NAME
from tests.support.local_aws import LocalAws


@pytest.fixture
def account(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    monkeypatch.chdir(Path(__file__).parents[4])
    return aws


def manifest(aws: LocalAws) -> Any:
    return json.load(aws.s3.get_object(Bucket=BUCKET, Key="releases/current.json")["Body"])


def test_bucket_role_data_and_release_are_there_afterwards(account: LocalAws) -> None:
    provision.main()
    role = account.client("iam").get_role(RoleName=ROLE_NAME)["Role"]
    assert role["Arn"] == ROLE_ARN == manifest(account)["role_arn"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    data = account.s3.list_objects_v2(Bucket=BUCKET, Prefix="abalone/data/")["Contents"]
    assert [item["Key"] for item in data] == ["abalone/data/day=1995-11-30/b36baf97dbcb1ae8.csv"]


def test_a_second_time_it_changes_nothing_and_says_so(account: LocalAws, capsys: pytest.CaptureFixture[str]) -> None:
    provision.main()
    before = manifest(account)
    capsys.readouterr()
    provision.main()
    assert manifest(account) == before
    told = capsys.readouterr().out
    assert "Data already loaded: s3://" in told
    assert f"Release {before['release']} already published" in told
