"""Makes in the local AWS what an account holds before a release is published there; then loads and publishes.

Runs in the airflow environment, which has boto3, with the local endpoint in its environment.
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from deploy.load import load
from deploy.local.settings import BUCKET, REGION, REGISTRY, ROLE_ARN, ROLE_NAME
from deploy.publish import CONTAINERS, SCRIPTS, publish

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

# Use case, day and file. UCI received the abalone data on 30 November 1995.
SAMPLES = (("abalone", datetime.date(1995, 11, 30), Path("include/data/abalone.csv")),)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


def ensure_role(iam: IAMClient) -> None:
    """The role that jobs run as."""
    try:
        iam.create_role(RoleName=ROLE_NAME, AssumeRolePolicyDocument=json.dumps(TRUST))
    except iam.exceptions.EntityAlreadyExistsException:
        return


def main() -> None:
    """Bucket, role, sample data, release: each made where it is missing."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    ensure_role(boto3.client("iam"))
    for use_case, day, file in SAMPLES:
        uri, new = load(s3, BUCKET, use_case, day, file)
        print(f"Data {'loaded' if new else 'already loaded'}: {uri}")
    settings = {"environment": "local", "region": REGION, "bucket": BUCKET, "role_arn": ROLE_ARN}
    release, changed = publish(s3, SCRIPTS, CONTAINERS, settings, REGISTRY)
    print(f"Release {release} {'published' if changed else 'already published'}")


if __name__ == "__main__":
    main()
