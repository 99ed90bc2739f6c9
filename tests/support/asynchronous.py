"""Asynchronous endpoints of the tests."""

from __future__ import annotations

import json
from typing import Any

from tests.support.hosting import Hosting, variant
from tests.support.local_aws import BUCKET, LocalAws, unique
from tests.support.polling import eventually

Notification = dict[str, Any]


class Topic:
    """An SNS topic, and the queue that hears of it."""

    def __init__(self, aws: LocalAws) -> None:
        sns, self._sqs = aws.client("sns"), aws.client("sqs")
        name = unique("topic")
        self.arn: str = sns.create_topic(Name=name)["TopicArn"]
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        self.queue_arn: str = attributes["QueueArn"]
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=self.queue_arn)

    def next(self) -> Notification:
        """The next notification."""

        def probe() -> Notification | None:
            for message in self._sqs.receive_message(QueueUrl=self._queue).get("Messages", []):
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
                return dict(json.loads(json.loads(message["Body"])["Message"]))
            return None

        return eventually(probe, "a notification")


def asynchronous(hosting: Hosting, client: dict[str, Any] | None = None, **output: Any) -> str:
    """An asynchronous endpoint of one instance, its results below ``<its name>/out`` and ``/failed``."""
    name = unique("async")
    places = {"S3OutputPath": f"s3://{BUCKET}/{name}/out", "S3FailurePath": f"s3://{BUCKET}/{name}/failed/"}
    settings = {"OutputConfig": {**places, **output}, "ClientConfig": client or {}}
    config = hosting.config(variant(hosting.model()), AsyncInferenceConfig=settings)
    assert hosting.settled(hosting.endpoint(config, name))["EndpointStatus"] == "InService"
    return name


def result(aws: LocalAws, uri: str) -> bytes:
    """What lies at *uri*, once something does."""

    def probe() -> list[bytes] | None:
        try:
            return [aws.read(uri)]
        except aws.s3.exceptions.NoSuchKey:
            return None

    return eventually(probe, f"the result at {uri}")[0]
