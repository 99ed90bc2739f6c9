"""What deploying and going back ask of S3 and ECR is what the role for continuous delivery allows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from deploy.release import deploying
from deploy.release.deploying import Target
from deploy.release.mwaa import Environment
from deploy.settings import Settings
from tests.support.calls import Asked, asked, lines
from tests.support.local_aws import LocalAws
from tests.support.mwaa import Mwaa
from tests.support.permissions import PARAMETERS, refusals
from tests.support.registry import basic_scan
from tests.unit.deploy.release.test_deploying import IMAGES, JUDGE, changed, package, pushed

pytestmark = pytest.mark.local_only

DEPLOYER = "deployer"
SETTINGS = Settings("dev", PARAMETERS["AWS::AccountId"], "us-east-1", "3.3.1", "public", "manual")
NAMES = {"AirflowBucket": SETTINGS.airflow_bucket, "DataBucket": SETTINGS.data_bucket, "Prefix": SETTINGS.prefix}


def account(aws: LocalAws) -> None:
    """Buckets, made by somebody else."""
    for bucket in (SETTINGS.airflow_bucket, SETTINGS.data_bucket):
        aws.s3.create_bucket(Bucket=bucket)
    aws.s3.put_bucket_versioning(Bucket=SETTINGS.airflow_bucket, VersioningConfiguration={"Status": "Enabled"})


def noted(ecr: Any, wanted: set[Asked]) -> Any:
    """The client, all of whose requests are written down."""

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        repository = f"arn:aws:ecr:us-east-1:{SETTINGS.account}:repository/{params['repositoryName']}"
        wanted.add(Asked(f"ecr:{model.name}", repository))

    ecr.meta.events.register("provide-client-params.ecr", note)
    return ecr


def test_the_role_for_deployments_allows_all_that_they_ask_for(tmp_path: Path) -> None:
    log, registry, wanted = tmp_path / "calls.jsonl", pushed(tmp_path), set[Asked]()
    registry.scans[IMAGES[0].repository] = [basic_scan(0), basic_scan(time.time())]
    aws = LocalAws(tmp_path / "data", tmp_path / "images", "--calls", str(log)).start()
    try:
        account(aws)
        s3 = aws.client("s3", access_key=DEPLOYER)
        mwaa = Mwaa(aws.s3, SETTINGS.airflow_bucket, SETTINGS.prefix)
        with mwaa.client() as client, registry.serving() as ecr:
            airflow = Environment(client, SETTINGS.prefix, lambda _: None)
            target = Target(SETTINGS, s3, noted(ecr, wanted), airflow, lambda _: None)
            deploying.deploy(target, changed("dags/new.py", b"", "abalone", "new"), JUDGE)
            deploying.deploy(target, package(), JUDGE)
            deploying.go_back(target)
    finally:
        aws.kill()
    wanted |= {each for line in lines(log, DEPLOYER) for each in asked(line)}
    stack = f"arn:aws:cloudformation:us-east-1:{SETTINGS.account}:stack/{SETTINGS.prefix}-roles/1"
    wanted.add(Asked("cloudformation:DescribeStacks", stack))  # by the command, before it deploys
    used = {"s3:PutObject", "s3:DeleteObject", "ecr:DescribeImages", "ecr:StartImageScan"}
    assert used <= {each.action for each in wanted}
    assert list(refusals("Deployment", wanted, {**PARAMETERS, **NAMES})) == []
