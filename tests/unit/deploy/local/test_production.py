"""What production says, by a real local AWS."""

from __future__ import annotations

import json

import pytest

from deploy.local import production
from deploy.local.settings import BUCKET
from tests.support.hosting import Hosting, variant
from tests.support.local_aws import LocalAws, unique


@pytest.fixture
def use_case(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {"ENDPOINT_URL": aws.endpoint, "ACCESS_KEY_ID": "local", "SECRET_ACCESS_KEY": "local"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    aws.s3.create_bucket(Bucket=BUCKET)
    return unique("rings")


def test_what_was_never_deployed_has_no_production(use_case: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert production.main(["predict", use_case]) == 0
    assert capsys.readouterr().out == "Production     nothing has been deployed yet\n"


def test_production_is_asked_for_a_known_row_or_for_ones_own(
    aws: LocalAws, use_case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hosting = Hosting(aws)
    hosting.settled(hosting.endpoint(hosting.config(variant(hosting.model())), f"{use_case}-production"))
    put(aws, f"{use_case}/smoke.json", {"rows": [["a,b", "1"]]})
    champion = {"version": 3, "config_name": "config", "smoke": f"s3://{BUCKET}/{use_case}/smoke.json"}
    put(aws, f"{use_case}/champion.json", {"champion": champion, "previous": None})
    assert production.main(["predict", use_case, ""]) == 0
    told = capsys.readouterr().out
    assert f"endpoint {use_case}-production serves version 3, config config" in told
    assert told.endswith('Row            "a,b",1\nPrediction     "a,b",1\n'), "the container of the test echoes"
    assert production.main(["predict", use_case, "2,3"]) == 0
    assert "Prediction     2,3" in capsys.readouterr().out
    hosting.clean_up()


def test_a_version_waits_until_it_is_marked(
    aws: LocalAws, use_case: str, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    aws.sagemaker.create_model_package_group(ModelPackageGroupName=use_case)
    arn = aws.sagemaker.create_model_package(ModelPackageGroupName=use_case)["ModelPackageArn"]
    production.main(["mark", arn])
    aws.sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"deployment": "live"})
    production.main(["mark", arn])
    assert capsys.readouterr().out == "\nlive\n"


def test_what_aws_refuses_is_told_in_its_own_words(use_case: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert production.main(["mark", f"{use_case}-none"]) == 1
    assert "ValidationException" in capsys.readouterr().out


def put(aws: LocalAws, key: str, document: object) -> None:
    aws.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document))
