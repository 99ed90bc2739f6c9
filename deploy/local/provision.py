"""Makes in the local AWS what an account holds before a release is published there; then loads and publishes.

Runs in the airflow environment, which has boto3, with the local endpoint in its environment.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3

from deploy.local import events, notices
from deploy.local.settings import BUCKET, REGION, REGISTRY, ROLE_ARN, ROLE_NAME
from deploy.publish import CONTAINERS, SCRIPTS, publish
from deploy.samples import DAYS, SAMPLES, deal

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

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
    events.tell_of_objects(s3, BUCKET)
    ensure_role(boto3.client("iam"))
    notices.ensure(boto3.client("sns"), boto3.client("sqs"))
    for use_case in SAMPLES:
        new = sum(new for _, new in deal(s3, BUCKET, use_case, DAYS))
        print(f"Data of {use_case}: {f'{new} days loaded' if new else 'already loaded'}")
        for rule in (events.approvals(use_case), events.incoming(use_case, BUCKET)):
            events.ensure(boto3.client("sqs"), boto3.client("events"), rule)
    settings = {"environment": "local", "region": REGION, "bucket": BUCKET, "role_arn": ROLE_ARN}
    # Nobody sits beside a laptop's first run: the registry says that a policy has let the version in.
    settings["approval"] = "automatic"
    release, changed = publish(s3, SCRIPTS, CONTAINERS, settings, REGISTRY)
    print(f"Release {release} {'published' if changed else 'already published'}")


if __name__ == "__main__":
    main()
