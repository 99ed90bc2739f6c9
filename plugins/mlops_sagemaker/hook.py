"""The one door to AWS: every call of this package, blocking or not, goes through here.

Built on the amazon provider's hooks. Unlike there, S3 and CloudWatch Logs get the connection's region,
verification and client settings too, and throttled or dropped calls are repeated by botocore itself.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.logs import AwsLogsHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mlops_sagemaker import uris
from mlops_sagemaker.errors import ApiError
from mlops_sagemaker.jobs import Description, JobKind

ABSENCE_CODES = frozenset({"ValidationException", "ResourceNotFound"})
"""What SageMaker answers to a Describe of a name it does not know, and to a Stop of a job that has ended."""

PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})
"""Ten attempts span about a minute: even with 30 % of all calls throttled, one call in 170,000 fails."""

LogPositions = dict[str, list[int]]
"""Per log stream the timestamp (ms) of the last line read, and how many lines of that timestamp were read."""


class _Patient:
    """Client settings of a hook: patient retries, unless the connection or the caller says otherwise."""

    @property
    def config(self) -> Config:
        chosen: Config = super().config  # type: ignore[misc]  # the hook this is mixed into has it
        return PATIENT.merge(chosen)


class _PatientS3Hook(_Patient, S3Hook):
    pass


class _PatientLogsHook(_Patient, AwsLogsHook):
    pass


class LifecycleHook(_Patient, SageMakerHook):
    """SageMaker jobs and model packages, their logs, and the small JSON objects around them.

    Takes the arguments of ``AwsBaseHook``. Every method raises ApiError when AWS refuses a call or cannot be
    reached.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.s3_hook = _PatientS3Hook(*args, **kwargs)
        self.logs_hook = _PatientLogsHook(*args, **kwargs)

    # Jobs

    def describe_job(self, kind: JobKind, name: str) -> Description | None:
        """The job ``name``, None if there is none."""
        with _absence_is_none(), _explained(kind.describe):
            description: Description = getattr(_client(self), kind.describe)(**{kind.name_key: name})
            return description
        return None

    def create_job(self, kind: JobKind, name: str, request: dict[str, Any]) -> None:
        """Create the job ``name``; ApiError with code ResourceInUse if it exists already."""
        with _explained(kind.create):
            getattr(_client(self), kind.create)(**{kind.name_key: name}, **request)

    def stop_job(self, kind: JobKind, name: str) -> None:
        """Have the job ``name`` stopped; nothing happens if it has ended or never was."""
        with _absence_is_none(), _explained(kind.stop):
            getattr(_client(self), kind.stop)(**{kind.name_key: name})

    @asynccontextmanager
    async def async_jobs(self) -> AsyncIterator["AsyncJobs"]:
        """Jobs for triggers, through one client that lives as long as the block."""
        async with await self.get_async_conn() as client:  # type: ignore[no-untyped-call]
            yield AsyncJobs(client)

    # Logs

    def new_log_lines(self, kind: JobKind, name: str, positions: LogPositions) -> Iterator[str]:
        """What a job has logged since ``positions``, which this moves on; of several hosts, with the host."""
        streams = self._log_streams(kind, name)
        for stream in streams:
            host = f"[{stream.removeprefix(name + '/')}] " if len(streams) > 1 else ""
            for event in self._new_events(kind.log_group, stream, positions.setdefault(stream, [0, 0])):
                yield host + event["message"].rstrip("\n")

    def _log_streams(self, kind: JobKind, name: str) -> list[str]:
        try:
            with _explained("describe_log_streams"):
                pages = (
                    _client(self.logs_hook)
                    .get_paginator("describe_log_streams")
                    .paginate(logGroupName=kind.log_group, logStreamNamePrefix=f"{name}/")
                )
                return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
        except ApiError as error:
            if error.code != "ResourceNotFoundException":
                raise
            return []  # the account's first job of this kind has logged nothing yet

    def _new_events(self, group: str, stream: str, position: list[int]) -> Iterator[Any]:
        timestamp, count = position
        with _explained("get_log_events"):
            for event in self.logs_hook.get_log_events(group, stream, start_time=timestamp, skip=count):
                count = count + 1 if event["timestamp"] == timestamp else 1
                timestamp = event["timestamp"]
                position[:] = timestamp, count
                yield event

    # S3

    def read(self, uri: str) -> bytes | None:
        """The object at ``uri``, None if there is none."""
        bucket, key = uris.parse(uri)
        try:
            with _explained(f"reading {uri}"):
                content: bytes = _client(self.s3_hook).get_object(Bucket=bucket, Key=key)["Body"].read()
                return content
        except ApiError as error:
            if error.code == "NoSuchKey":
                return None
            raise

    def write_json(self, uri: str, value: Any) -> bytes:
        """Write ``value`` as JSON to ``uri``; the bytes written."""
        bucket, key = uris.parse(uri)
        content = (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()
        with _explained(f"writing {uri}"):
            _client(self.s3_hook).put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json")
        return content

    def list_keys(self, uri: str) -> list[str]:
        """Keys of all objects below the prefix ``uri``, relative to it."""
        bucket, prefix = uris.parse(uri)
        with _explained(f"listing {uri}"):
            pages = _client(self.s3_hook).get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [entry["Key"].removeprefix(prefix) for page in pages for entry in page.get("Contents", ())]

    # Model registry

    def champion(self, group: str) -> dict[str, Any] | None:
        """The newest Approved package of a model package group, None if there is none or no such group."""
        if not self._group_exists(group):
            return None
        return next(self._packages(group, ModelApprovalStatus="Approved"), None)

    def find_package(self, group: str, properties: dict[str, str], since: datetime) -> dict[str, Any] | None:
        """The newest package registered after ``since`` that has all of ``properties``, None if none has."""
        for package in self._packages(group, CreationTimeAfter=since):
            if properties.items() <= package.get("CustomerMetadataProperties", {}).items():
                return package
        return None

    def ensure_group(self, group: str, description: str) -> None:
        """Create the model package group unless it exists."""
        if self._group_exists(group):
            return
        try:
            with _explained("create_model_package_group"):
                _client(self).create_model_package_group(
                    ModelPackageGroupName=group, ModelPackageGroupDescription=description
                )
        except ApiError:
            if not self._group_exists(group):  # else somebody else was first
                raise

    def create_package(self, request: dict[str, Any]) -> dict[str, Any]:
        """Register a model package; its description."""
        with _explained("create_model_package"):
            arn = _client(self).create_model_package(**request)["ModelPackageArn"]
            package: dict[str, Any] = _client(self).describe_model_package(ModelPackageName=arn)
            return package

    def _group_exists(self, group: str) -> bool:
        with _absence_is_none(), _explained("describe_model_package_group"):
            _client(self).describe_model_package_group(ModelPackageGroupName=group)
            return True
        return False

    def _packages(self, group: str, **criteria: Any) -> Iterator[dict[str, Any]]:
        """The packages of a group, newest first."""
        with _explained("list_model_packages"):
            pages = (
                _client(self)
                .get_paginator("list_model_packages")
                .paginate(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", **criteria)
            )
            for page in pages:
                for summary in page["ModelPackageSummaryList"]:
                    yield _client(self).describe_model_package(ModelPackageName=summary["ModelPackageArn"])


class AsyncJobs:
    """What triggers ask of SageMaker; the methods do as their namesakes of LifecycleHook."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def describe_job(self, kind: JobKind, name: str) -> Description | None:
        """The job ``name``, None if there is none."""
        with _absence_is_none(), _explained(kind.describe):
            description: Description = await getattr(self._client, kind.describe)(**{kind.name_key: name})
            return description
        return None

    async def stop_job(self, kind: JobKind, name: str) -> None:
        """Have the job ``name`` stopped; nothing happens if it has ended or never was."""
        with _absence_is_none(), _explained(kind.stop):
            await getattr(self._client, kind.stop)(**{kind.name_key: name})


def _client(hook: AwsBaseHook) -> Any:
    return hook.conn


@contextmanager
def _explained(operation: str) -> Iterator[None]:
    """Turn botocore's errors into ApiError, so that nothing beyond this module knows botocore."""
    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        raise ApiError(operation, details.get("Code", "Unknown"), details.get("Message", "")) from error
    except BotoCoreError as error:
        raise ApiError(operation, type(error).__name__, str(error)) from error


@contextmanager
def _absence_is_none() -> Iterator[None]:
    """Leave the block quietly when SageMaker does not know the name."""
    try:
        yield
    except ApiError as error:
        if error.code not in ABSENCE_CODES:
            raise
