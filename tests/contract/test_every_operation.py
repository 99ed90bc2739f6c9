"""Every supported operation has been seen to do what is documented, and to refuse what is documented."""

from __future__ import annotations

import pytest

from sagemaker_local.operations import every_name
from tests.contract import (  # noqa: F401 - imported for what they prove
    test_autoscaling_operations,
    test_hosting_operations,
    test_job_operations,
    test_model_cards,
    test_registry_operations,
    test_search,
    test_tag_operations,
    test_transform_operations,
    test_tuning_operations,
)
from tests.contract.proof import ERROR, PROVEN, SUCCESS
from tests.support.local_aws import LocalAws

pytestmark = pytest.mark.local_only


def test_every_operation_has_a_proven_success_and_a_proven_error() -> None:
    assert {(name, outcome) for name in every_name() for outcome in (SUCCESS, ERROR)} == PROVEN


def test_the_server_offers_exactly_these_operations(aws: LocalAws) -> None:
    health = aws.health()
    assert health is not None
    assert set(health["operations"]) == {operation for operation, _ in PROVEN}
