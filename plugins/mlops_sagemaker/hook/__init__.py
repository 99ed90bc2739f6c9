"""The one door to AWS: every call of this package, blocking or not, goes through here.

Built on the amazon provider's hooks. Unlike there, S3 and CloudWatch Logs get the connection's region,
verification and client settings too, and throttled or dropped calls are repeated by botocore itself.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

from airflow.configuration import conf
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.logs import AwsLogsHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from botocore.config import Config

from mlops_sagemaker.errors import ApiError, LifecycleError
from mlops_sagemaker.hook.asynchronous import AsyncAws
from mlops_sagemaker.hook.calls import absence_is_none, client_of, explained
from mlops_sagemaker.hook.lines import LogPositions, line, move_on
from mlops_sagemaker.hook.numbers import with_numbers
from mlops_sagemaker.hook.objects import Objects
from mlops_sagemaker.hook.serving import Serving
from mlops_sagemaker.jobs import JobKind
from mlops_sagemaker.placement import Placement, read
from mlops_sagemaker.resources import Describable, Description, Resource

__all__ = ["AsyncAws", "LifecycleHook", "LogPositions"]

ATTEMPTS = 10
"""They span about a minute: even with 30 % of all calls throttled, one call in 170,000 fails."""
PATIENT = Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS})
MAX_SUBJECT = 99
"""API_Publish: fewer than 100 characters of ASCII, no line breaks."""
ONCE = Config(retries={"total_max_attempts": 1})


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


class _PatientAwsHook(_Patient, AwsBaseHook):
    """Of the service that ``client_type`` names."""


class _OnceHook(SageMakerHook):
    """Its client repeats no call, for AWS would do it twice."""

    @property
    def config(self) -> Config:
        chosen: Config = super().config
        return chosen.merge(ONCE)


def placement() -> Placement:
    """What Airflow's configuration says: `subnets`, `security_groups` and `kms_key` in its section `nightshift`."""
    return read(*(conf.get("nightshift", name, fallback="") for name in ("subnets", "security_groups", "kms_key")))


class LifecycleHook(_Patient, Objects, Serving, SageMakerHook):
    """SageMaker's jobs and resources, their logs, and the small JSON objects around them.

    Takes the arguments of ``AwsBaseHook``. Every method raises ApiError when AWS refuses a call or cannot be
    reached.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.s3_hook = _PatientS3Hook(*args, **kwargs)
        self.logs_hook = _PatientLogsHook(*args, **kwargs)
        self.once_hook = _OnceHook(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.runtime_hook = _PatientAwsHook(*args, **{**kwargs, "client_type": "sagemaker-runtime"})
        self.alarms_hook = _PatientAwsHook(*args, **{**kwargs, "client_type": "cloudwatch"})
        self.queues_hook = _PatientAwsHook(*args, **{**kwargs, "client_type": "sqs"})
        self.topics_hook = _PatientAwsHook(*args, **{**kwargs, "client_type": "sns"})
        self.scaling_hook = _PatientAwsHook(*args, **{**kwargs, "client_type": "application-autoscaling"})

    @property
    def endpoint(self) -> str:
        """The address that SageMaker's requests go to."""
        address: str = client_of(self).meta.endpoint_url
        return address

    # Jobs and resources

    def describe(self, kind: Describable, name: str) -> Description | None:
        """What SageMaker says of ``name``, None if there is none."""
        with absence_is_none(), explained(kind.describe):
            description: Description = getattr(client_of(self), kind.describe)(**{kind.name_key: name})
            return description
        return None

    def create(self, kind: JobKind | Resource, name: str, request: Mapping[str, Any]) -> None:
        """Create ``name``; ApiError if it exists already, for a job with code ResourceInUse.

        What the API has as a number may be given as text, which is what templates make of it. Network and key are
        Airflow's settings where the request names none.
        """
        with explained(kind.create):
            client = client_of(self)
            placed = placement().applied(kind.create, request)
            arguments = with_numbers(client, kind.create, {kind.name_key: name, **placed})
            getattr(client, kind.create)(**arguments)

    def stop(self, kind: JobKind, name: str) -> None:
        """Have the job ``name`` stopped; nothing happens if it has ended or never was."""
        with absence_is_none(), explained(kind.stop):
            getattr(client_of(self), kind.stop)(**{kind.name_key: name})

    def delete(self, kind: Resource, name: str) -> None:
        """Delete ``name``; nothing happens if there is none."""
        with absence_is_none(), explained(kind.delete):
            getattr(client_of(self), kind.delete)(**{kind.name_key: name})

    def ensure(self, kind: Resource, name: str, request: Mapping[str, Any]) -> Description:
        """The description of ``name``, which is created from ``request`` unless it is there."""
        known = self.describe(kind, name)
        if known is not None:
            return known
        try:
            self.create(kind, name, request)
        except ApiError:
            known = self.describe(kind, name)  # made by an earlier call whose answer was lost, or by somebody else
            if known is None:
                raise
            return known
        created = self.describe(kind, name)
        if created is None:
            raise LifecycleError(f"SageMaker {kind.name} {name} is gone; was it deleted?")
        return created

    def names(self, kind: Resource, part: str) -> list[str]:
        """The names that hold ``part``, the newest first."""
        with explained(kind.list):
            pages = (
                client_of(self)
                .get_paginator(kind.list)
                .paginate(NameContains=part, SortBy="CreationTime", SortOrder="Descending")
            )
            return [each[kind.name_key] for page in pages for each in page[kind.listed_key]]

    def begin_update(self, name: str, request: Mapping[str, Any]) -> None:
        """Begin to move the endpoint ``name`` to another config."""
        with explained("update_endpoint"):
            client_of(self).update_endpoint(EndpointName=name, **request)

    def begin_update_of_weights(self, name: str, weights: list[dict[str, Any]]) -> None:
        """Begin to give the variants of the endpoint ``name`` other weights and instance counts."""
        with explained("update_endpoint_weights_and_capacities"):
            client_of(self).update_endpoint_weights_and_capacities(
                EndpointName=name, DesiredWeightsAndCapacities=weights
            )

    @asynccontextmanager
    async def asynchronous(self) -> AsyncIterator[AsyncAws]:
        """What triggers need, through clients that live as long as the block."""
        async with AsyncExitStack() as stack:
            yield AsyncAws(self, stack)

    # Notices

    def publish(self, topic: str, subject: str, text: str) -> None:
        """Tell all who have subscribed to the SNS topic, an ARN. Of the subject remains what SNS takes."""
        line = " ".join(subject.split()).encode("ascii", "replace").decode()[:MAX_SUBJECT]
        with explained(f"publishing to {topic}"):
            client_of(self.topics_hook).publish(TopicArn=topic, Subject=line, Message=text)

    # Logs

    def new_log_lines(self, kind: JobKind, name: str, positions: LogPositions) -> Iterator[str]:
        """What a job has logged since ``positions``, which this moves on; of several hosts, with the host."""
        streams = self._log_streams(kind, name)
        for stream in streams:
            for event in self._new_events(kind.log_group, stream, positions.setdefault(stream, [0, 0])):
                yield line(kind, name, stream, len(streams), event)

    def _log_streams(self, kind: JobKind, name: str) -> list[str]:
        try:
            with explained("describe_log_streams"):
                pages = (
                    client_of(self.logs_hook)
                    .get_paginator("describe_log_streams")
                    .paginate(logGroupName=kind.log_group, logStreamNamePrefix=kind.log_prefix(name))
                )
                return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
        except ApiError as error:
            if error.code != "ResourceNotFoundException":
                raise
            return []  # the account's first job of this kind has logged nothing yet

    def _new_events(self, group: str, stream: str, position: list[int]) -> Iterator[Any]:
        timestamp, count = position
        with explained("get_log_events"):
            for event in self.logs_hook.get_log_events(group, stream, start_time=timestamp, skip=count):
                move_on(position, event)
                yield event

    # Model registry

    def champion(self, group: str) -> dict[str, Any] | None:
        """The newest Approved package of a model package group, None if there is none or no such group."""
        return next(self.packages(group, ModelApprovalStatus="Approved"), None)

    def find_package(self, group: str, properties: dict[str, str], since: datetime) -> dict[str, Any] | None:
        """The newest package registered after ``since`` that has all of ``properties``, None if none has."""
        for package in self.packages(group, CreationTimeAfter=since):
            if properties.items() <= package.get("CustomerMetadataProperties", {}).items():
                return package
        return None

    def ensure_group(self, group: str, description: str) -> None:
        """Create the model package group unless it exists."""
        if self._group_exists(group):
            return
        try:
            with explained("create_model_package_group"):
                client_of(self).create_model_package_group(
                    ModelPackageGroupName=group, ModelPackageGroupDescription=description
                )
        except ApiError:
            if not self._group_exists(group):  # else somebody else was first
                raise

    def create_package(self, request: dict[str, Any]) -> dict[str, Any]:
        """Register a model package; its description."""
        with explained("create_model_package"):
            arn = client_of(self).create_model_package(**request)["ModelPackageArn"]
            package: dict[str, Any] = client_of(self).describe_model_package(ModelPackageName=arn)
            return package

    def update_package(self, arn: str, changes: Mapping[str, Any]) -> None:
        """Change a model package."""
        with explained("update_model_package"):
            client_of(self).update_model_package(ModelPackageArn=arn, **changes)

    def mark(self, arn: str, properties: Mapping[str, str]) -> None:
        """Add properties to a model package, or change them."""
        self.update_package(arn, {"CustomerMetadataProperties": dict(properties)})

    def update_model_card(self, name: str, changes: Mapping[str, Any]) -> None:
        """Change content (which makes a version) or status of a model card. The call is not repeated."""
        with explained("update_model_card"):
            client_of(self.once_hook).update_model_card(ModelCardName=name, **changes)

    def _group_exists(self, group: str) -> bool:
        with absence_is_none(), explained("describe_model_package_group"):
            client_of(self).describe_model_package_group(ModelPackageGroupName=group)
            return True
        return False

    def packages(self, group: str, **criteria: Any) -> Iterator[dict[str, Any]]:
        """The packages of a group, newest first; none if there is no such group, as before the first registration."""
        if not self._group_exists(group):
            return
        with explained("list_model_packages"):
            pages = (
                client_of(self)
                .get_paginator("list_model_packages")
                .paginate(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", **criteria)
            )
            for page in pages:
                for summary in page["ModelPackageSummaryList"]:
                    yield client_of(self).describe_model_package(ModelPackageName=summary["ModelPackageArn"])
