"""What deploying and going back ask of S3 and ECR is what the role for continuous delivery allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.release import deploying
from deploy.release.deploying import Target
from deploy.release.mwaa import Environment
from deploy.settings import Settings
from tests.support.calls import asked, lines
from tests.support.local_aws import LocalAws
from tests.support.mwaa import Mwaa
from tests.support.permissions import PARAMETERS, refusals
from tests.unit.deploy.release.test_deploying import IMAGES, changed, package

pytestmark = pytest.mark.local_only

DEPLOYER = "deployer"
SETTINGS = Settings("dev", PARAMETERS["AWS::AccountId"], "us-east-1", "3.3.1", "public", "manual")
NAMES = {"AirflowBucket": SETTINGS.airflow_bucket, "DataBucket": SETTINGS.data_bucket, "Prefix": SETTINGS.prefix}


def account(aws: LocalAws) -> None:
    """Buckets and images, made by somebody else."""
    for bucket in (SETTINGS.airflow_bucket, SETTINGS.data_bucket):
        aws.s3.create_bucket(Bucket=bucket)
    aws.s3.put_bucket_versioning(Bucket=SETTINGS.airflow_bucket, VersioningConfiguration={"Status": "Enabled"})
    for image in IMAGES:
        aws.client("ecr").create_repository(repositoryName=image.repository)
        aws.client("ecr").put_image(repositoryName=image.repository, imageManifest="{}", imageTag=image.tag)


def test_the_role_for_deployments_allows_all_that_they_ask_for(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    aws = LocalAws(tmp_path / "data", tmp_path / "images", "--calls", str(log)).start()
    try:
        account(aws)
        s3, ecr = (aws.client(service, access_key=DEPLOYER) for service in ("s3", "ecr"))
        with Mwaa(aws.s3, SETTINGS.airflow_bucket, SETTINGS.prefix).client() as mwaa:
            airflow = Environment(mwaa, SETTINGS.prefix, lambda _: None)
            target = Target(SETTINGS, s3, ecr, airflow, lambda _: None)
            deploying.deploy(target, changed("dags/new.py", b"", "abalone", "new"))
            deploying.deploy(target, package())
            deploying.go_back(target)
    finally:
        aws.kill()
    wanted = {each for line in lines(log, DEPLOYER) for each in asked(line)}
    assert {"s3:PutObject", "s3:DeleteObject", "ecr:DescribeImages"} <= {each.action for each in wanted}
    assert list(refusals("Deployment", wanted, {**PARAMETERS, **NAMES})) == []
