"""An endpoint's states, and what each change leaves in its record."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sagemaker_local.domain import endpoints, variants
from sagemaker_local.domain.endpoints import IllegalTransition, Record

STATES = pytest.mark.documented("API_DescribeEndpoint: EndpointStatus")


def configured(name: str = "cfg", *variant_names: str, **config: Any) -> Record:
    """A configuration with a variant of each name, and its model."""
    listed = [
        {"VariantName": each, "ModelName": "m", "InitialInstanceCount": 2, "InitialVariantWeight": 1.0}
        for each in variant_names or ("AllTraffic",)
    ]
    model = {"ModelName": "m", "Resolved": {"Image": "image:1"}}
    return endpoints.configuration({"EndpointConfigName": name, "ProductionVariants": listed, **config}, {"m": model})


def created(pending: Record | None = None) -> Record:
    return endpoints.new_record("e", "arn:e", pending or configured(), None, 1.0)


def in_service(pending: Record | None = None) -> Record:
    record = created(pending)
    endpoints.deployed(record, 2.0)
    return record


@STATES
def test_a_new_endpoint_is_creating_and_shows_what_is_coming() -> None:
    record = created()
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("Creating", "cfg")
    assert "ProductionVariants" not in record
    (shown,) = record["PendingDeploymentSummary"]["ProductionVariants"]
    assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"], shown["DesiredWeight"]) == (0, 2, 1.0)


@STATES
def test_once_deployed_it_is_in_service_with_what_was_wanted() -> None:
    record = in_service()
    assert record["EndpointStatus"] == "InService"
    assert not {"Pending", "PendingDeploymentSummary", "FailureReason"} & record.keys()
    (shown,) = record["ProductionVariants"]
    assert (shown["CurrentInstanceCount"], shown["CurrentWeight"]) == (2, 1.0)
    assert "VariantStatus" not in shown


@STATES
def test_a_failed_creation_has_failed_for_good() -> None:
    record = created()
    endpoints.creation_failed(record, "x" * 2000, 3.0)
    assert (record["EndpointStatus"], len(record["FailureReason"])) == ("Failed", 1024)
    for change in (
        lambda: endpoints.begin_update(record, configured(), None, 4.0),
        lambda: endpoints.deployed(record, 4),
    ):
        with pytest.raises(IllegalTransition):
            change()
    endpoints.advance(record, endpoints.DELETING, 5.0)


@pytest.mark.documented("API_DescribeEndpoint: EndpointConfigName is the old one until the update is complete")
def test_while_it_is_updated_the_old_configuration_is_shown_beside_the_coming_one() -> None:
    record = in_service()
    endpoints.begin_update(record, configured("new", "a", "b"), {"d": 1}, 3.0)
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("Updating", "cfg")
    assert record["PendingDeploymentSummary"]["EndpointConfigName"] == "new"
    assert record["LastDeploymentConfig"] == {"d": 1}
    endpoints.deployed(record, 4.0)
    assert record["EndpointConfigName"] == "new"
    assert [shown["VariantName"] for shown in record["ProductionVariants"]] == ["a", "b"]


@pytest.mark.local_only
def test_a_rollback_leaves_the_old_configuration_and_the_reason() -> None:
    record = in_service()
    before = copy.deepcopy({key: record[key] for key in ("EndpointConfigName", "ProductionVariants", "Live")})
    endpoints.begin_update(record, configured("new"), None, 3.0)
    endpoints.begin_rollback(record, "never healthy", 4.0)
    assert record["EndpointStatus"] == "RollingBack"
    endpoints.rolled_back(record, 5.0)
    assert (record["EndpointStatus"], record["FailureReason"]) == ("InService", "never healthy")
    assert {key: record[key] for key in before} == before
    assert not {"Pending", "PendingDeploymentSummary"} & record.keys()
    endpoints.begin_update(record, configured("new"), None, 6.0)
    assert "FailureReason" not in record


@pytest.mark.documented("API_UpdateEndpoint: RetainAllVariantProperties, ExcludeRetainedVariantProperties")
@pytest.mark.parametrize(
    ("excluded", "expected"),
    [(set(), (5, 9.0)), ({"DesiredWeight"}, (5, 1.0)), ({"DesiredInstanceCount", "DesiredWeight"}, (2, 1.0))],
)
def test_variants_keep_what_they_were_given_last(excluded: set[str], expected: tuple[int, float]) -> None:
    record = in_service(configured("cfg", "kept", "gone"))
    desired = {"kept": {"DesiredInstanceCount": 5, "DesiredWeight": 9.0}}
    endpoints.begin_change(record, desired, 3.0)
    endpoints.changed(record, 4.0)
    endpoints.begin_update(record, configured("new", "kept", "added"), None, 5.0)
    endpoints.retain(record, excluded)
    kept, added = record["PendingDeploymentSummary"]["ProductionVariants"]
    assert (kept["DesiredInstanceCount"], kept["DesiredWeight"]) == expected
    assert (added["DesiredInstanceCount"], added["DesiredWeight"]) == (2, 1.0)


@pytest.mark.documented("API_UpdateEndpointWeightsAndCapacities")
def test_a_change_of_capacity_is_wanted_and_then_there() -> None:
    record = in_service()
    endpoints.begin_change(record, {"AllTraffic": {"DesiredInstanceCount": 4}}, 3.0)
    (shown,) = record["ProductionVariants"]
    assert (record["EndpointStatus"], shown["CurrentInstanceCount"], shown["DesiredInstanceCount"]) == (
        "Updating",
        2,
        4,
    )
    endpoints.changed(record, 4.0)
    assert (record["EndpointStatus"], shown["CurrentInstanceCount"]) == ("InService", 4)


@pytest.mark.local_only
def test_a_change_that_came_to_nothing_wants_again_what_there_is() -> None:
    record = in_service()
    endpoints.begin_change(record, {"AllTraffic": {"DesiredInstanceCount": 4, "DesiredWeight": 2.0}}, 3.0)
    endpoints.begin_rollback(record, "no", 4.0)
    endpoints.want_what_is(record)
    endpoints.rolled_back(record, 5.0)
    (shown,) = record["ProductionVariants"]
    assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"], shown["CurrentWeight"]) == (2, 2, 1.0)


@pytest.mark.documented("API_DescribeEndpoint: DataCaptureConfig")
def test_capture_is_described_as_it_works() -> None:
    capture = {"InitialSamplingPercentage": 20, "DestinationS3Uri": "s3://b/c", "CaptureOptions": []}
    assert in_service(configured(DataCaptureConfig=capture))["DataCaptureConfig"] == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 20,
        "DestinationS3Uri": "s3://b/c",
        "KmsKeyId": "",
    }
    stopped = configured(DataCaptureConfig={**capture, "EnableCapture": False})
    assert in_service(stopped)["DataCaptureConfig"]["CaptureStatus"] == "Stopped"


@STATES
@pytest.mark.parametrize("status", ["Creating", "Updating", "RollingBack", "Deleting"])
def test_nothing_else_begins_while_something_is_under_way(status: str) -> None:
    record = in_service()
    record["EndpointStatus"] = status
    with pytest.raises(IllegalTransition):
        endpoints.begin_update(record, configured(), None, 9.0)


@pytest.mark.local_only
@pytest.mark.parametrize(
    "change",
    [
        lambda record: endpoints.begin_update(record, configured(), None, 0.5),
        lambda record: endpoints.advance(record, endpoints.DELETING, 0.5),
    ],
)
def test_a_clock_that_jumps_back_takes_no_time_from_it(change: Callable[[Record], None]) -> None:
    record = in_service()
    change(record)
    assert record["LastModifiedTime"] == 2.0


@pytest.mark.documented("API_ProductionVariant: defaults")
def test_a_variant_without_settings_has_the_documented_ones() -> None:
    model = {"Resolved": {"Image": "image:1"}}
    spec = variants.VariantSpec.of({"VariantName": "v", "ModelName": "m"}, model)
    assert (spec.weight, spec.least_outstanding, spec.health_check_seconds, spec.environment) == (1.0, False, 240, {})


@pytest.mark.documented("API_ProductionVariantSummary: DesiredServerlessConfig, CurrentServerlessConfig")
def test_a_serverless_variant_has_a_concurrency_instead_of_instances() -> None:
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 3}
    config = {"ProductionVariants": [{"VariantName": "v", "ModelName": "m", "ServerlessConfig": serverless}]}
    record = created(configured("cfg", "unused", **config))
    (shown,) = record["PendingDeploymentSummary"]["ProductionVariants"]
    assert (shown["DesiredInstanceCount"], shown["DesiredServerlessConfig"]) == (0, serverless)
    endpoints.deployed(record, 2.0)
    assert record["ProductionVariants"][0]["CurrentServerlessConfig"] == serverless


@pytest.mark.local_only
def test_instances_of_a_fleet_that_is_coming_count_too() -> None:
    record = in_service()
    assert endpoints.instances_wanted(record) == 2
    endpoints.begin_update(record, configured("new", "a", "b"), None, 3.0)
    assert endpoints.instances_wanted(record) == 6


@pytest.mark.documented("API_DescribeEndpoint: UpdateRollbackFailed, in service with a mix of both configurations")
def test_a_rollback_that_failed_leaves_both_configurations_with_what_they_have() -> None:
    record = in_service()
    endpoints.begin_update(record, configured("new"), None, 3.0)
    endpoints.begin_rollback(record, "It failed.", 4.0)
    endpoints.rollback_failed(record, "No instance came up.", {"AllTraffic": 1}, {"AllTraffic": 3}, 5.0)
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("UpdateRollbackFailed", "cfg")
    assert record["FailureReason"] == "It failed. The rollback failed too: No instance came up."
    assert not {"Pending", "PendingDeploymentSummary"} & record.keys()
    (shown,) = record["ProductionVariants"]
    assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"]) == (1, 2)
    assert (endpoints.mixed_share(record), endpoints.instances_wanted(record)) == (0.75, 5)
    with pytest.raises(IllegalTransition):
        endpoints.changed(record, 6.0)
    endpoints.begin_update(record, configured("newest"), None, 6.0)
    assert "Mixed" in record
    endpoints.deployed(record, 7.0)
    assert "Mixed" not in record
