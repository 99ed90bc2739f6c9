"""EventBridge events as SageMaker sends them (source ``aws.sagemaker``).

Time formats differ by event, as documented: training and tuning have epoch milliseconds as strings, processing and
endpoints as numbers, model packages and model cards ISO 8601. ``Tags`` is a map here, not the API's list. Source: the
guide's page "Events that Amazon SageMaker sends to EventBridge" (automating-sagemaker-with-eventbridge).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.jobs import PROCESSING, TRAINING, TRANSFORM, TUNING, JobKind, Record

_TIME_KEYS = re.compile(r"Time$")
_MODEL_CARD_EVENT = "SageMaker Model Card State Change"
_MODEL_EVENT = "SageMaker Model State Change"
_MODEL_MEMBERS = ("ModelName", "ModelArn", "CreationTime")
_MODEL_PACKAGE_EVENT = "SageMaker Model Package State Change"
_TRAINING_MEMBERS = (
    "TrainingJobName",
    "TrainingJobArn",
    "TrainingJobStatus",
    "SecondaryStatus",
    "FailureReason",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "SecondaryStatusTransitions",
)
_PROCESSING_MEMBERS = (
    "ProcessingJobName",
    "ProcessingJobArn",
    "ProcessingJobStatus",
    "FailureReason",
    "ExitMessage",
    "ProcessingInputs",
    "ProcessingOutputConfig",
    "ProcessingResources",
    "StoppingCondition",
    "AppSpecification",
    "Environment",
    "NetworkConfig",
    "RoleArn",
    "ExperimentConfig",
    "CreationTime",
    "ProcessingStartTime",
    "ProcessingEndTime",
    "LastModifiedTime",
)
_TRANSFORM_MEMBERS = (
    "TransformJobName",
    "TransformJobArn",
    "TransformJobStatus",
    "FailureReason",
    "ModelName",
    "MaxConcurrentTransforms",
    "ModelClientConfig",
    "MaxPayloadInMB",
    "BatchStrategy",
    "Environment",
    "TransformInput",
    "TransformOutput",
    "TransformResources",
    "DataProcessing",
    "CreationTime",
    "TransformStartTime",
    "TransformEndTime",
)
_MODEL_PACKAGE_MEMBERS = (
    "ModelPackageGroupName",
    "ModelPackageName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "ApprovalDescription",
    "MetadataProperties",
    "ModelMetrics",
    "ModelLifeCycle",
    "CustomerMetadataProperties",
    "LastModifiedTime",
)
_MODEL_CARD_MEMBERS = (
    "ModelCardVersion",
    "LastModifiedTime",
    "LastModifiedBy",
    "CreationTime",
    "CreatedBy",
    "ModelCardName",
    "ModelId",
    "ModelCardStatus",
    "SecurityConfig",
)
_TUNING_MEMBERS = (
    "HyperParameterTuningJobName",
    "HyperParameterTuningJobArn",
    "TrainingJobDefinition",
    "TrainingJobDefinitions",
    "HyperParameterTuningJobStatus",
    "FailureReason",
    "CreationTime",
    "LastModifiedTime",
    "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
)
_ENDPOINT_EVENT = "SageMaker Endpoint State Change"
_DEPLOYMENT_EVENT = "SageMaker Endpoint Deployment State Change"
_ENDPOINT_MEMBERS = (
    "EndpointName",
    "EndpointArn",
    "EndpointConfigName",
    "ProductionVariants",
    "ShadowProductionVariants",
    "EndpointStatus",
    "FailureReason",
    "CreationTime",
    "LastModifiedTime",
)
# The enums inside a processing event are upper case; its status is not.
_PROCESSING_DATA = ("ProcessingInputs", "ProcessingOutputConfig")
_PROCESSING_UPPER = ("S3DataType", "S3InputMode", "S3DataDistributionType", "S3CompressionType", "S3UploadMode")


@dataclass(frozen=True)
class Event:
    """One event before EventBridge adds its envelope."""

    detail_type: str
    resources: tuple[str, ...]
    detail: dict[str, Any] = field(hash=False)


def job_event(kind: JobKind, record: Record, tags: dict[str, str]) -> Event:
    """The event of a job's state change."""
    if kind is TRAINING:
        detail = {"VpcConfig": {}, **_timed(_picked(record, _TRAINING_MEMBERS), _milliseconds_text), "Tags": tags}
    elif kind is PROCESSING:
        # Its example has no tags.
        detail = {"ExperimentConfig": {}, **_timed(_picked(record, _PROCESSING_MEMBERS), _milliseconds)}
        detail.update({name: _upper_enums(detail[name]) for name in _PROCESSING_DATA if name in detail})
    elif kind is TRANSFORM:
        detail = {**_timed(_picked(record, _TRANSFORM_MEMBERS), _iso), "Tags": tags}
    elif kind is TUNING:
        detail = {**_timed(_picked(record, _TUNING_MEMBERS), _milliseconds_text), "Tags": tags}
    else:
        raise ValueError(f"no event is documented for a {kind.noun}")
    return Event(kind.event, (record[kind.arn_key],), detail)


def model_event(record: Record, tags: dict[str, str]) -> Event:
    """The event of a model that was created or deleted; of its detail nothing is documented."""
    detail = _timed(_picked(record, _MODEL_MEMBERS), _iso)
    return Event(_MODEL_EVENT, (record["ModelArn"],), {**detail, "Tags": tags})


def model_package_event(record: Record, updated: tuple[str, ...] = ()) -> Event:
    """The event of a new or changed model package; *updated* names the members that an update changed."""
    detail = _timed(_picked(record, _MODEL_PACKAGE_MEMBERS), _iso)
    if updated:
        detail["UpdatedModelPackageFields"] = list(updated)
    return Event(_MODEL_PACKAGE_EVENT, (record["ModelPackageArn"],), detail)


def model_card_event(scope: Scope, record: Record) -> Event:
    """The event of a new version of a model card, or of another status."""
    detail = _timed(_picked(record, _MODEL_CARD_MEMBERS), _iso_milliseconds)
    detail.setdefault("SecurityConfig", {})
    return Event(_MODEL_CARD_EVENT, (record["ModelCardArn"],), {**detail, "AccountId": scope.account})


def _picked(record: Record, members: tuple[str, ...]) -> dict[str, Any]:
    return {name: record[name] for name in members if record.get(name) is not None}


def _timed(value: Any, convert: Callable[[float], Any]) -> Any:
    """*value* with every timestamp (a number under a name that ends in ``Time``) converted."""
    if isinstance(value, dict):
        return {
            name: convert(item) if _TIME_KEYS.search(name) and isinstance(item, int | float) else _timed(item, convert)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_timed(item, convert) for item in value]
    return value


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _milliseconds_text(seconds: float) -> str:
    return str(_milliseconds(seconds))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _iso_milliseconds(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _upper_enums(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _upper(name, item) if name in _PROCESSING_UPPER else _upper_enums(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_upper_enums(item) for item in value]
    return value


def _upper(name: str, value: str) -> str:
    # The documented example has MANIFEST_FILE but FULLYREPLICATED: only the data type is split into words.
    return (_words(value) if name == "S3DataType" else value).upper()


def _words(text: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)


def endpoint_event(record: Record, tags: dict[str, str]) -> Event:
    """The event of an endpoint's change of status, which is in upper case there (``IN_SERVICE``)."""
    detail = _endpoint_detail(record, _ENDPOINT_MEMBERS)
    return Event(_ENDPOINT_EVENT, (record["EndpointArn"],), {**detail, "Tags": tags})


def endpoint_deployment_event(record: Record, tags: dict[str, str]) -> Event:
    """The event of a step of a deployment: what becomes of the variants that are being deployed."""
    detail = _endpoint_detail(record, (*_ENDPOINT_MEMBERS, "PendingDeploymentSummary"))
    return Event(_DEPLOYMENT_EVENT, (record["EndpointArn"],), {**detail, "Tags": tags})


def _endpoint_detail(record: Record, members: tuple[str, ...]) -> dict[str, Any]:
    detail: dict[str, Any] = _timed(_picked(record, members), _milliseconds)
    detail["EndpointStatus"] = _words(detail["EndpointStatus"]).upper()
    return detail
