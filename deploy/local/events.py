"""How what happens in AWS reaches Airflow: a rule of EventBridge tells a queue of SQS, which Airflow watches."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    """Which events go to a queue; both have the ``name``, which ``dags/assets.py`` knows."""

    name: str
    pattern: dict[str, Any]


def approvals(use_case: str) -> Rule:
    """A version was registered as approved, or was approved or rejected. Other changes to a version, such as what its
    deployment writes down with it, are none."""
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {
            "ModelPackageGroupName": [_group(use_case)],
            "ModelApprovalStatus": ["Approved", "Rejected"],
            "UpdatedModelPackageFields": ["ModelApprovalStatus", {"exists": False}],
        },
    }
    return Rule(f"{_group(use_case)}-approvals", pattern)


def incoming(use_case: str, bucket: str) -> Rule:
    """A file was put into the use case's folder of what is coming; the bucket has to tell EventBridge."""
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": f"{use_case}/incoming/"}]}},
    }
    return Rule(f"{_group(use_case)}-incoming", pattern)


def _group(use_case: str) -> str:
    """The model package group of a use case; ``mlops_sagemaker.naming`` knows it."""
    return use_case.replace("_", "-")


def ensure(sqs: Any, events: Any, rule: Rule) -> None:
    """Make queue and rule, or have them as they should be."""
    url = sqs.create_queue(QueueName=rule.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=rule.name, EventPattern=json.dumps(rule.pattern))
    events.put_targets(Rule=rule.name, Targets=[{"Id": "queue", "Arn": arn}])


def tell_of_objects(s3: Any, bucket: str) -> None:
    """Have the bucket tell EventBridge of its objects."""
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )  # fmt: skip
