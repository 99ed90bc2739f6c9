"""How approvals reach Airflow: a rule of EventBridge tells a queue of SQS, which a watcher of Airflow reads."""

from __future__ import annotations

import json
from typing import Any


def name_of(use_case: str) -> str:
    """The name of a use case's queue, and of the rule that fills it; ``dags/assets.py`` knows it."""
    return f"{_group(use_case)}-approvals"


def _group(use_case: str) -> str:
    """The model package group of a use case; ``mlops_sagemaker.naming`` knows it."""
    return use_case.replace("_", "-")


def pattern(use_case: str) -> dict[str, Any]:
    """Which events: a version was registered as approved, or was approved or rejected. Other changes to a version, such
    as what its deployment writes down with it, are none."""
    return {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {
            "ModelPackageGroupName": [_group(use_case)],
            "ModelApprovalStatus": ["Approved", "Rejected"],
            "UpdatedModelPackageFields": ["ModelApprovalStatus", {"exists": False}],
        },
    }


def ensure(sqs: Any, events: Any, use_case: str) -> None:
    """Make queue and rule, or have them as they should be."""
    name = name_of(use_case)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventPattern=json.dumps(pattern(use_case)))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
