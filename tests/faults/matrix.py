"""What strikes a run of the DAG, and what is left of the run then. Nothing here knows the DAG's steps."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from tests.faults.proxy import Call, Plan, Strike, cut, kill
from tests.faults.stack import GROUP, FaultyStack

ATTEMPT = re.compile(r"(?P<step>.+-[0-9a-f]{10})(-\d+)?")
"""A job's name: that of its step, and from the second attempt on its number."""


def every_create_is_cut_before_during_and_after(call: Call, times: int) -> Strike | None:
    """Each create call fails three times in a row, each time at another moment."""
    moments = ("before", "during", "after")
    return Strike(moments[times], cut) if call.operation.startswith("Create") and times < len(moments) else None


def every_task_is_killed_before_and_after_each_change_and_while_it_waits(call: Call, times: int) -> Strike | None:
    """The task dies before AWS has heard of a change, then after AWS has acted, then when it has found its job."""
    if call.changes_something and times < 2:
        return Strike("before" if times == 0 else "after", kill)
    # The first two tries found no job yet.
    return Strike("after", kill) if re.fullmatch(r"Describe\w+Job", call.operation) and times == 2 else None


def first(matches: Callable[[Call], bool], strike: Strike) -> Plan:
    """The first call that *matches* is struck, no other."""
    done: list[Call] = []

    def plan(call: Call, times: int) -> Strike | None:
        if done or not matches(call):
            return None
        done.append(call)
        return strike

    return plan


@dataclass(frozen=True)
class Left:
    """What a run leaves: its jobs' statuses by step, versions, and what its models hold."""

    jobs: dict[str, list[str]]
    versions: int
    models: Counter[str]

    @property
    def steps(self) -> int:
        return len(self.jobs)

    @property
    def statuses(self) -> Counter[str]:
        return Counter(status for statuses in self.jobs.values() for status in statuses)


class Ledger:
    """Tells a run's jobs and versions from those that were there before."""

    def __init__(self, stack: FaultyStack) -> None:
        self._stack = stack
        self._known = set(self._jobs())
        self._versions = self._version_count()

    def left(self) -> Left:
        """What has come since."""
        new = {name: job for name, job in self._jobs().items() if name not in self._known}
        steps: dict[str, list[str]] = {}
        for name, (status, _) in new.items():
            match = ATTEMPT.fullmatch(name)
            assert match, f"job {name} is named by no task"
            steps.setdefault(match["step"], []).append(status)
        models = Counter(_content(self._stack, model) for status, model in new.values() if model)
        return Left(steps, self._version_count() - self._versions, models)

    def _jobs(self) -> dict[str, tuple[str, str]]:
        """Status of every job, and where the model is that it made."""
        sagemaker = self._stack.aws.sagemaker
        processing = sagemaker.get_paginator("list_processing_jobs").paginate().search("ProcessingJobSummaries[]")
        training = sagemaker.get_paginator("list_training_jobs").paginate().search("TrainingJobSummaries[]")
        jobs = {job["ProcessingJobName"]: (job["ProcessingJobStatus"], "") for job in processing}
        for job in training:
            name, status = job["TrainingJobName"], job["TrainingJobStatus"]
            jobs[name] = (status, self._model(name) if status == "Completed" else "")
        return jobs

    def _model(self, job: str) -> str:
        described = self._stack.aws.sagemaker.describe_training_job(TrainingJobName=job)
        return str(described["ModelArtifacts"]["S3ModelArtifacts"])

    def _version_count(self) -> int:
        try:
            found = self._stack.aws.sagemaker.list_model_packages(ModelPackageGroupName=GROUP, MaxResults=100)
        except ClientError:
            return 0  # the group comes with its first version
        return len(found["ModelPackageSummaryList"])


def _content(stack: FaultyStack, archive: str) -> str:
    """A hash of the names and contents of an archive's files, whatever their order and times."""
    with tarfile.open(fileobj=io.BytesIO(stack.aws.read(archive))) as tar:
        files = [(member.name, tar.extractfile(member).read()) for member in tar if member.isfile()]  # type: ignore[union-attr]
    digest = hashlib.sha256()
    for name, content in sorted(files):
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()
