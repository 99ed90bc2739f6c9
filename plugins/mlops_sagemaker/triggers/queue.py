"""Events that reach Airflow through a queue."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from mlops_sagemaker.errors import ApiError
from mlops_sagemaker.hook import LifecycleHook

PAUSE_SECONDS = 30.0
TAKEN_SECONDS = 5.0
"""After which Airflow has an event in its database. The process that triggers run in hands events over about once a
second: what dies with it until then must come again."""


class QueueTrigger(BaseEventTrigger):
    """Fires whenever there are messages in an SQS queue, with their ``bodies``; for an AssetWatcher.

    Messages are deleted once Airflow has taken the event, so that one may come twice: who listens looks at AWS for what
    is so. A queue that cannot be read is asked again half a minute later, for ever.

    :param queue: the queue's name.
    :param aws_conn_id: the Airflow connection to AWS.
    """

    def __init__(self, queue: str, aws_conn_id: str = "aws_default") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.queue = queue
        self.aws_conn_id = aws_conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """For Airflow's database."""
        path = f"{self.__class__.__module__}.{self.__class__.__qualname__}"
        return path, {"queue": self.queue, "aws_conn_id": self.aws_conn_id}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, fire, and wait again."""
        while True:
            try:
                async with LifecycleHook(aws_conn_id=self.aws_conn_id).asynchronous() as aws:
                    while True:
                        messages = await aws.receive(self.queue)
                        if messages:
                            bodies = [message["Body"] for message in messages]
                            yield TriggerEvent({"bodies": bodies})  # type: ignore[no-untyped-call]
                            await asyncio.sleep(TAKEN_SECONDS)
                            await aws.forget(self.queue, messages)
            except ApiError as error:
                self.log.warning("Cannot read the queue %s: %s", self.queue, error)
                await asyncio.sleep(PAUSE_SECONDS)
