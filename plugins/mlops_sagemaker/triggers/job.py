"""Wait for a SageMaker job of any kind in the triggerer."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from mlops_sagemaker.errors import ApiError, Family
from mlops_sagemaker.hook import AsyncJobs, LifecycleHook
from mlops_sagemaker.jobs import KINDS

MIN_WAIT_SECONDS = 10
"""Airflow 3.3.1 fails a task whose trigger fires before the executor has reported the task's first half."""


class SageMakerJobTrigger(BaseTrigger):
    """Fires once: when the job ``job_name`` has ended, when ``deadline`` has passed, or when asking fails.

    The event is ``{"status": "ended" | "timeout" | "error", "message": str}``; what became of the job is for
    the resumed task to ask, which must stop the job unless it succeeded.

    :param kind: name of a row of ``jobs.KINDS``.
    :param deadline: seconds since the epoch; absolute, so a restart of the triggerer does not prolong it.
    :param poll_interval: seconds between two questions to SageMaker.
    """

    def __init__(
        self,
        *,
        kind: str,
        job_name: str,
        deadline: float,
        poll_interval: float,
        aws_conn_id: str | None = "aws_default",
        region_name: str | None = None,
        verify: bool | str | None = None,
        botocore_config: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kind = kind
        self.job_name = job_name
        self.deadline = deadline
        self.poll_interval = poll_interval
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.verify = verify
        self.botocore_config = botocore_config

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class's path and its constructor's arguments."""
        arguments = {
            "kind": self.kind,
            "job_name": self.job_name,
            "deadline": self.deadline,
            "poll_interval": self.poll_interval,
            "aws_conn_id": self.aws_conn_id,
            "region_name": self.region_name,
            "verify": self.verify,
            "botocore_config": self.botocore_config,
        }
        return f"{__name__}.{type(self).__qualname__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the one event; an error is one too, for a trigger that raises leaves the job running."""
        try:
            await asyncio.sleep(MIN_WAIT_SECONDS)
            status = "ended" if await self._ended_in_time() else "timeout"
            yield TriggerEvent({"status": status, "message": ""})  # type: ignore[no-untyped-call]
        except Exception as error:
            self.log.exception("Waiting for SageMaker %s job %s failed", self.kind, self.job_name)
            event = {"status": "error", "message": f"{type(error).__name__}: {error}"}
            yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        """Stop the job when a person clears or marks the deferred task (Airflow calls this from 3.3 on)."""
        async with self._hook().async_jobs() as jobs:
            await jobs.stop_job(KINDS[self.kind], self.job_name)
        self.log.info("The task was killed; told SageMaker %s job %s to stop", self.kind, self.job_name)

    async def _ended_in_time(self) -> bool:
        async with self._hook().async_jobs() as jobs:
            while not await self._ended(jobs):
                left = self.deadline - time.time()
                if left <= 0:
                    return False
                await asyncio.sleep(min(self.poll_interval, left))
        return True

    async def _ended(self, jobs: AsyncJobs) -> bool:
        """Whether the job has ended, or is gone. While AWS throttles or cannot be reached it has not."""
        kind = KINDS[self.kind]
        try:
            description = await jobs.describe_job(kind, self.job_name)
        except ApiError as error:
            if error.family is Family.USER:
                raise
            self.log.warning("Still waiting for %s job %s: %s", self.kind, self.job_name, error)
            return False
        return description is None or kind.is_terminal(description)

    def _hook(self) -> LifecycleHook:
        return LifecycleHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.botocore_config,
        )
