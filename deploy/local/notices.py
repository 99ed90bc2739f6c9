"""Where the local stack's notices go: a topic of SNS, and a queue of SQS that keeps them to be read."""

from __future__ import annotations

from typing import Any

from deploy.local.settings import ACCOUNT, REGION

NAME = "nightshift-notices"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}"


def ensure(sns: Any, sqs: Any) -> None:
    """Make topic and queue, or have them as they should be."""
    url = sqs.create_queue(QueueName=NAME)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=NAME)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
