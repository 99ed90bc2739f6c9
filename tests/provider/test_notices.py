"""Notices reach whoever reads the local stack's queue: SNS, SQS, and the operator that tells."""

from __future__ import annotations

import pytest

from deploy.local import notices
from mlops_sagemaker.operators.notify import NotifyStepOperator
from tests.support.local_aws import BUCKET, LocalAws
from tests.unit.mlops_sagemaker.contexts import context_for

pytestmark = pytest.mark.local_only


def test_a_notice_arrives_once_whatever_is_repeated(aws: LocalAws) -> None:
    sqs = aws.client("sqs")
    for _ in range(2):
        notices.ensure(aws.client("sns"), sqs)
    tell = NotifyStepOperator(
        task_id="notify",
        outcome="promoted",
        subject="version 7 is in production",
        text="arn:7 is the champion.",
        topic=notices.TOPIC_ARN,
        release_uri=f"s3://{BUCKET}/releases/current.json",
    )
    for attempt in (1, 2):
        tell.execute(context_for(tell, try_number=attempt))  # type: ignore[arg-type]
    url = sqs.get_queue_url(QueueName=notices.NAME)["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert message["Body"].startswith("arn:7 is the champion.\nRun: http")
