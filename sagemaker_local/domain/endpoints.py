"""An endpoint's life: which states follow which, and what each change leaves in the record.

A record is what ``DescribeEndpoint`` answers with, and members that it does not show: ``Live``, the configuration
that serves, ``Pending``, the one that is being deployed, and ``Mixed``, one that serves beside the live one since
neither its deployment nor the rollback came to an end. They hold copies of the endpoint configuration and of its models
as they were when the deployment began: either may be deleted under a live endpoint. Functions here change the record
that they are given and nothing else. Source: the API reference and the guide's pages on deployment guardrails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sagemaker_local.domain import variants
from sagemaker_local.domain.variants import VariantSpec

Record = dict[str, Any]

CREATING, UPDATING, IN_SERVICE, DELETING = "Creating", "Updating", "InService", "Deleting"
ROLLING_BACK, FAILED, UPDATE_ROLLBACK_FAILED = "RollingBack", "Failed", "UpdateRollbackFailed"
UNDER_WAY = (CREATING, UPDATING, ROLLING_BACK, DELETING)
ALL = (*UNDER_WAY, IN_SERVICE, FAILED, UPDATE_ROLLBACK_FAILED)

_FOLLOWS = {
    CREATING: {IN_SERVICE, FAILED, DELETING},
    IN_SERVICE: {UPDATING, DELETING},
    UPDATING: {IN_SERVICE, ROLLING_BACK},
    ROLLING_BACK: {IN_SERVICE, UPDATE_ROLLBACK_FAILED},
    UPDATE_ROLLBACK_FAILED: {UPDATING, DELETING},
    FAILED: {DELETING},
}
_VARIANT_LISTS = ("ProductionVariants", "ShadowProductionVariants")
_REASON_LIMIT = 1024


class IllegalTransition(Exception):
    """An endpoint in that state cannot change so."""


def configuration(config: Record, models: dict[str, Record]) -> Record:
    """A copy of an endpoint configuration and of its models, by name."""
    return {"EndpointConfig": config, "Models": models}


def config_name(configured: Record) -> str:
    """The name of the endpoint configuration in *configured*."""
    return str(configured["EndpointConfig"]["EndpointConfigName"])


def specs(configured: Record, kind: str = "ProductionVariants") -> list[VariantSpec]:
    """The variants of a configuration; *kind* may also be ``ShadowProductionVariants``."""
    listed = configured["EndpointConfig"].get(kind, [])
    return [VariantSpec.of(variant, configured["Models"][variant["ModelName"]]) for variant in listed]


def new_record(name: str, arn: str, pending: Record, deployment: Record | None, now: float) -> Record:
    """An endpoint that is being created."""
    record: Record = {
        "EndpointName": name,
        "EndpointArn": arn,
        "EndpointConfigName": config_name(pending),
        "EndpointStatus": CREATING,
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    if deployment is not None:
        record["LastDeploymentConfig"] = deployment
    _expect(record, pending, now)
    return record


def advance(record: Record, status: str, now: float) -> None:
    """Put the endpoint into *status*; a clock that jumps back takes no time from it. Raises ``IllegalTransition``."""
    current = record["EndpointStatus"]
    if status not in _FOLLOWS.get(current, set()):
        raise IllegalTransition(f"endpoint {record['EndpointName']} is {current} and cannot become {status}")
    record["EndpointStatus"] = status
    record["LastModifiedTime"] = max(now, record["LastModifiedTime"])


def begin_update(record: Record, pending: Record, deployment: Record | None, now: float) -> None:
    """A new configuration is being deployed; the old one serves on."""
    advance(record, UPDATING, now)
    record.pop("FailureReason", None)
    if deployment is not None:
        record["LastDeploymentConfig"] = deployment
    _expect(record, pending, now)


def retain(record: Record, excluded: set[str]) -> None:
    """Variants that are live and pending keep what the live ones were given last, but for the *excluded* members."""
    live = {variant["VariantName"]: variant for variant in all_variants(record)}
    for shown in pending_variants(record):
        for member in {"DesiredInstanceCount", "DesiredWeight"} - excluded:
            if shown["VariantName"] in live:
                shown[member] = live[shown["VariantName"]][member]


def _expect(record: Record, pending: Record, now: float) -> None:
    record["Pending"] = pending
    shown: Record = {"EndpointConfigName": config_name(pending), "StartTime": now}
    for kind in _VARIANT_LISTS:
        if kind in pending["EndpointConfig"]:
            shown[kind] = [variants.summary(spec, now) for spec in specs(pending, kind)]
    record["PendingDeploymentSummary"] = shown


def all_variants(record: Record) -> Iterator[Record]:
    """The summaries of the live variants, production and shadow."""
    for kind in _VARIANT_LISTS:
        yield from record.get(kind, [])


def pending_variants(record: Record) -> Iterator[Record]:
    """The summaries of the variants that are being deployed, production and shadow."""
    yield from all_variants(record.get("PendingDeploymentSummary", {}))


def deployed(record: Record, now: float) -> None:
    """The pending configuration serves: the endpoint is ``InService`` with it."""
    advance(record, IN_SERVICE, now)
    pending, shown = record.pop("Pending"), record.pop("PendingDeploymentSummary")
    record.pop("Mixed", None)
    record["Live"] = pending
    record["EndpointConfigName"] = config_name(pending)
    for kind in _VARIANT_LISTS:
        record.pop(kind, None)
        if kind in shown:
            record[kind] = shown[kind]
    for variant in all_variants(record):
        variants.reached(variant)
    _show_configuration(record, pending["EndpointConfig"])


def _show_configuration(record: Record, config: Record) -> None:
    """What DescribeEndpoint shows of the endpoint configuration."""
    for member in ("AsyncInferenceConfig", "ExplainerConfig", "DataCaptureConfig", "MetricsConfig"):
        record.pop(member, None)
        if member in config:
            record[member] = config[member]
    if "DataCaptureConfig" in config:
        capture = config["DataCaptureConfig"]
        enabled = capture.get("EnableCapture", True)
        record["DataCaptureConfig"] = {
            "EnableCapture": enabled,
            "CaptureStatus": "Started" if enabled else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }


def creation_failed(record: Record, reason: str, now: float) -> None:
    """The first deployment failed: the endpoint is ``Failed``, and can only be deleted."""
    advance(record, FAILED, now)
    del record["Pending"], record["PendingDeploymentSummary"]
    record["FailureReason"] = reason[:_REASON_LIMIT]


def begin_rollback(record: Record, reason: str, now: float) -> None:
    """The update failed: all traffic goes back to the live configuration."""
    advance(record, ROLLING_BACK, now)
    record["FailureReason"] = reason[:_REASON_LIMIT]


def rolled_back(record: Record, now: float) -> None:
    """The live configuration serves alone again; ``FailureReason`` tells why the other does not."""
    advance(record, IN_SERVICE, now)
    for member in ("Pending", "PendingDeploymentSummary", "Mixed"):
        record.pop(member, None)
    for variant in all_variants(record):
        variants.reached(variant)


def rollback_failed(record: Record, reason: str, live: dict[str, int], pending: dict[str, int], now: float) -> None:
    """The rollback failed too: both configurations serve with the instances that they have, given by variant."""
    advance(record, UPDATE_ROLLBACK_FAILED, now)
    record["FailureReason"] = f"{record['FailureReason']} The rollback failed too: {reason}"[:_REASON_LIMIT]
    for shown in pending_variants(record):
        shown["DesiredInstanceCount"] = pending[shown["VariantName"]]
    record["Mixed"] = {**record.pop("Pending"), "Shown": record.pop("PendingDeploymentSummary")}
    for shown in all_variants(record):
        shown["CurrentInstanceCount"] = live[shown["VariantName"]]


def mixed_share(record: Record) -> float:
    """The share of the traffic that the mixed configuration has: that of its instances."""
    mixed = sum(shown["DesiredInstanceCount"] for shown in record["Mixed"]["Shown"]["ProductionVariants"])
    live = sum(shown["CurrentInstanceCount"] for shown in record["ProductionVariants"])
    return float(mixed / max(1, mixed + live))


def begin_change(record: Record, desired: dict[str, Record], now: float) -> None:
    """Live variants, by name, want other weights, counts or concurrency (``UpdateEndpointWeightsAndCapacities``)."""
    advance(record, UPDATING, now)
    record.pop("FailureReason", None)
    for variant in all_variants(record):
        variant.update(desired.get(variant["VariantName"], {}))


def changed(record: Record, now: float) -> None:
    """The live variants have what they wanted."""
    advance(record, IN_SERVICE, now)
    for variant in all_variants(record):
        variants.reached(variant)


def want_what_is(record: Record) -> None:
    """The live variants want again what they have: a change of theirs came to nothing."""
    for variant in all_variants(record):
        variants.content(variant)


def instances_wanted(record: Record) -> int:
    """How many instances the endpoint has or is to have, those of a fleet that is coming up included."""
    mixed = all_variants(record.get("Mixed", {}).get("Shown", {}))
    everyone = (*all_variants(record), *pending_variants(record), *mixed)
    return sum(int(shown["DesiredInstanceCount"]) for shown in everyone)


def largest(shown: Record) -> int:
    """The number of instances of the largest production variant in *shown*; a serverless one counts as one."""
    return max(1, *(int(variant["DesiredInstanceCount"]) for variant in shown["ProductionVariants"]), 1)
