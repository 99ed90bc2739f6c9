"""What is left of a run of the DAG. Nothing here knows the DAG's steps."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections import Counter
from dataclasses import dataclass

from botocore.exceptions import ClientError

from tests.faults.stack import GROUP, FaultyStack

ATTEMPT = re.compile(r"(?P<step>.+-[0-9a-f]{10})(-\d+)?")
"""A job's name: that of its step, and from the second attempt on its number."""


@dataclass(frozen=True)
class Left:
    """What a run leaves: its jobs' statuses by step, why those failed that did, versions, and what its models hold."""

    jobs: dict[str, list[str]]
    reasons: Counter[str]
    versions: int
    models: Counter[str]

    @property
    def steps(self) -> int:
        return len(self.jobs)

    @property
    def statuses(self) -> Counter[str]:
        return Counter(status for statuses in self.jobs.values() for status in statuses)


@dataclass(frozen=True)
class Job:
    """What SageMaker says of a job, as far as it matters here."""

    status: str
    reason: str
    model: str


class Registers:
    """SageMaker's lists of jobs and versions: they tell those of a run from those that were there before."""

    def __init__(self, stack: FaultyStack) -> None:
        self._stack = stack
        self._known = set(self._names())
        self._versions = self._version_count()

    def left(self) -> Left:
        """What has come since."""
        jobs = {name: self._job(kind, name) for name, kind in self._names().items() if name not in self._known}
        steps: dict[str, list[str]] = {}
        for name, job in jobs.items():
            match = ATTEMPT.fullmatch(name)
            assert match, f"job {name} is named by no task"
            steps.setdefault(match["step"], []).append(job.status)
        reasons = Counter(job.reason.partition(":")[0] for job in jobs.values() if job.reason)
        models = Counter(_content(self._stack, job.model) for job in jobs.values() if job.model)
        return Left(steps, reasons, self._version_count() - self._versions, models)

    def _names(self) -> dict[str, str]:
        """The kind of every job, by its name."""
        sagemaker, found = self._stack.aws.sagemaker, {}
        for kind in ("Processing", "Training", "Transform"):
            pages = sagemaker.get_paginator(f"list_{kind.lower()}_jobs").paginate()
            found |= dict.fromkeys(pages.search(f"{kind}JobSummaries[].{kind}JobName"), kind)
        return found

    def _job(self, kind: str, name: str) -> Job:
        describe = getattr(self._stack.aws.sagemaker, f"describe_{kind.lower()}_job")
        told = describe(**{f"{kind}JobName": name})
        status, trained = told[f"{kind}JobStatus"], told.get("ModelArtifacts", {})
        model = trained.get("S3ModelArtifacts", "") if status == "Completed" else ""
        return Job(status, told.get("FailureReason", ""), model)

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
