"""Wait for a SageMaker job of any kind in the triggerer."""

from typing import Any

from mlops_sagemaker.errors import ApiError, Family
from mlops_sagemaker.hook import AsyncAws, LogPositions
from mlops_sagemaker.jobs import KINDS
from mlops_sagemaker.triggers.base import WaitTrigger


class SageMakerJobTrigger(WaitTrigger):
    """Done when the job ``job_name`` has ended, or is gone; meanwhile it copies the job's log into its own.

    Airflow shows the triggerer's lines in the task's log. The resumed task must stop the job unless it succeeded.

    :param kind: name of a row of ``jobs.KINDS``.
    :param positions: how far the log has been read; the event has it too.
    :param owned: whether the job is the task's own, to be stopped when the task is killed.
    """

    def __init__(
        self, *, kind: str, job_name: str, positions: LogPositions | None = None, owned: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.owned = owned
        self.kind = kind
        self.job_name = job_name
        self.positions: LogPositions = positions or {}
        self._log_readable = True

    def arguments(self) -> dict[str, Any]:
        """Kind, name, positions of the log and ownership."""
        return {"kind": self.kind, "job_name": self.job_name, "positions": self.positions, "owned": self.owned}

    async def done(self, aws: AsyncAws) -> bool:
        """Whether the job has ended."""
        kind = KINDS[self.kind]
        description = await aws.describe(kind, self.job_name)
        await self._log_news(aws)
        return description is None or kind.is_terminal(description)

    def news(self) -> dict[str, Any]:
        """How far the log has been read."""
        return {"positions": self.positions}

    async def kill(self, aws: AsyncAws) -> None:
        """Stop the job, if it is the task's own."""
        if not self.owned:
            return
        await aws.stop(KINDS[self.kind], self.job_name)
        self.log.info("The task was killed; told SageMaker %s job %s to stop", self.kind, self.job_name)

    async def _log_news(self, aws: AsyncAws) -> None:
        """A log that cannot be read is no reason to lose the job."""
        if not self._log_readable:
            return
        try:
            for line in await aws.new_log_lines(KINDS[self.kind], self.job_name, self.positions):
                self.log.info(line)
        except ApiError as error:
            self._log_readable = error.family is not Family.USER
            self.log.warning("Cannot follow the log of %s job %s: %s", self.kind, self.job_name, error)
