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
    for use_case in ("abalone", "churn"):
        data = account.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{use_case}/data/")["Contents"]
        days = [item["Key"].split("/")[2] for item in data]
        assert (len(days), days[0], days[-1]) == (32, "day=2026-02-28", "day=2026-03-31")


def test_a_second_time_it_changes_nothing_and_says_so(account: LocalAws, capsys: pytest.CaptureFixture[str]) -> None:
    provision.main()
    before = manifest(account)
    capsys.readouterr()
    provision.main()
    assert manifest(account) == before
    told = capsys.readouterr().out
    assert "Data of abalone: already loaded" in told
    assert f"Release {before['release']} already published" in told
