from datetime import UTC, datetime
from typing import Any

import pytest

from mlops_sagemaker import deployments
from mlops_sagemaker.deployments import FAILED, MARK, NOBODY, SUPERSEDED
from mlops_sagemaker.errors import UserError

SHA = "ab" * 32
FACTS = {
    "gate": "s3://b/gate.json",
    "candidate": "xgboost",
    "evaluation_sha256": "e" * 64,
    "model_data": "s3://b/model.tar.gz",
    "model_sha256": SHA,
    "smoke": "s3://b/smoke.json",
    "distribution": "s3://b/distribution.json",
}
GATE = {"passed": True, "candidate": "xgboost", "report_sha256": "e" * 64}
SERVED = {"config_name": "new", "version": 2}


def package(version: int, hour: int = 0, status: str = "Approved", **facts: str) -> dict[str, Any]:
    """A version that was decided on at an hour of the day."""
    return {
        "ModelPackageArn": f"arn:{version}",
        "ModelPackageVersion": version,
        "ModelApprovalStatus": status,
        "LastModifiedTime": datetime(2026, 3, 2, hour, tzinfo=UTC),
        "CustomerMetadataProperties": {**FACTS, **facts},
    }


def chosen(*packages: dict[str, Any], served_hour: int | None = None) -> tuple[Any, list[Any]]:
    served = None if served_hour is None else {"approved_at": datetime(2026, 3, 2, served_hour, tzinfo=UTC).timestamp()}
    choice = deployments.choose(packages, served)
    return choice.chosen and choice.chosen["ModelPackageVersion"], [p["ModelPackageVersion"] for p in choice.overtaken]


def test_the_latest_approval_wins_and_overtakes_the_others() -> None:
    assert chosen(package(1, 5), package(2, 9), package(3, 7)) == (2, [1, 3])


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_only_what_is_approved_is_chosen(status: str) -> None:
    assert chosen(package(1, 5, status)) == (None, [])


def test_what_was_marked_waits_no_longer() -> None:
    assert chosen(package(1, 5, **{MARK: FAILED}), package(2, 4, **{MARK: SUPERSEDED})) == (None, [])


def test_what_was_approved_before_the_served_version_is_overtaken() -> None:
    assert chosen(package(1, 5), package(4, 9), served_hour=7) == (4, [1])
    assert chosen(package(1, 7), served_hour=7) == (None, [1])


def test_a_version_that_was_approved_when_it_was_made_waits_since_then() -> None:
    made = package(1)
    made["CreationTime"] = made.pop("LastModifiedTime")
    assert chosen(made) == (1, [])


def test_a_version_with_gate_and_model_may_be_deployed() -> None:
    assert deployments.obstacles(package(1), GATE, SHA) == []


@pytest.mark.parametrize(
    ("changes", "gate", "sha256", "reason"),
    [
        ({"status": "PendingManualApproval"}, GATE, SHA, "it is PendingManualApproval, not Approved"),
        ({}, None, SHA, "it has no gate record"),
        ({}, ["passed"], SHA, "it has no gate record"),
        ({}, {**GATE, "passed": False}, SHA, "does not say that it passed"),
        ({}, {**GATE, "passed": "yes"}, SHA, "does not say that it passed"),
        ({}, {**GATE, "candidate": "linear"}, SHA, "is another model's"),
        ({}, {**GATE, "report_sha256": None}, SHA, "is another model's"),
        ({}, GATE, None, "there is no model at s3://b/model.tar.gz"),
        ({}, GATE, "cd" * 32, "it was changed"),
        ({"smoke": ""}, GATE, SHA, "it names no smoke rows"),
        ({"distribution": ""}, GATE, SHA, "it names no distribution of predictions"),
    ],
)
def test_a_version_may_not_be_deployed(changes: dict[str, str], gate: Any, sha256: str | None, reason: str) -> None:
    (found,) = deployments.obstacles(package(1, **changes), gate, sha256)
    assert reason in found


def test_a_version_without_any_history_may_not_be_deployed() -> None:
    bare = {"ModelApprovalStatus": "Approved", "ModelPackageArn": "arn:1"}
    assert len(deployments.obstacles(bare, None, None)) == 4
    assert "what hash" in deployments.obstacles({**bare, "CustomerMetadataProperties": {}}, None, SHA)[1]


def test_the_champion_before_becomes_the_previous_one_and_can_come_back() -> None:
    first = deployments.promoted(NOBODY, {"config_name": "old"})
    assert first == {"champion": {"config_name": "old"}, "previous": None}
    second = deployments.promoted(first, SERVED)
    assert second == {"champion": SERVED, "previous": {"config_name": "old"}}
    assert deployments.promoted(second, {**SERVED, "since": "later"}) == second, "promoting again changes nothing"


def test_a_rollback_is_to_the_previous_champion_once_and_from_no_other() -> None:
    back = {"config_name": "old", "model_package_arn": "arn:1"}
    pointer = {"champion": {**SERVED, "model_package_arn": "arn:2"}, "previous": back}
    returned = deployments.rolled_back(pointer, "arn:2", back, "noon")
    left = {**pointer["champion"], "until": "noon"}
    assert returned == {"champion": back, "previous": None, "left": left}
    assert deployments.rolled_back(returned, "arn:2", back, "later") == returned
    assert deployments.promoted(returned, SERVED)["left"] == left, "its traffic may not have been looked at yet"
    with pytest.raises(UserError, match="has moved meanwhile"):
        deployments.rolled_back({**pointer, "champion": {"model_package_arn": "arn:3"}}, "arn:2", back, "noon")


def test_a_mark_is_what_sagemaker_stores() -> None:
    assert deployments.mark(FAILED, 'row 1: "x" ≠ 2\n\tµ') == {MARK: "failed: row 1: x 2"}
    assert len(deployments.mark(FAILED, "long " * 100)[MARK]) <= 256


LIVE = {
    "EndpointStatus": "InService",
    "EndpointConfigName": "new",
    "DataCaptureConfig": {"CaptureStatus": "Started"},
    "ProductionVariants": [{"VariantName": "AllTraffic", "CurrentInstanceCount": 2, "DesiredInstanceCount": 2}],
}
CONFIG = {"ProductionVariants": [{"ModelName": "model"}]}
FEWER = [{"VariantName": "AllTraffic", "CurrentInstanceCount": 1, "DesiredInstanceCount": 2}]


def test_an_endpoint_as_requested_has_no_deviations() -> None:
    assert deployments.deviations(LIVE, CONFIG, "new", "model") == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"EndpointStatus": "Updating"}, "its status is Updating, not InService"),
        ({"EndpointConfigName": "old"}, "its config is old, not new"),
        ({"DataCaptureConfig": {"CaptureStatus": "Stopped"}}, "its capture is Stopped, not Started"),
        ({"DataCaptureConfig": {}}, "its capture is None, not Started"),
        ({"ProductionVariants": FEWER}, "variant AllTraffic has 1 instances of 2"),
    ],
)
def test_an_endpoint_deviates(change: dict[str, Any], found: str) -> None:
    assert deployments.deviations({**LIVE, **change}, CONFIG, "new", "model") == [found]


def test_an_endpoint_of_another_model_or_none_deviates() -> None:
    assert deployments.deviations(LIVE, CONFIG, "new", "other") == ["its models is ['model'], not ['other']"]
    assert deployments.deviations(None, CONFIG, "new", "model") == ["there is no endpoint"]
    assert deployments.deviations(LIVE, None, "new", "model") == ["there is no config new"]
