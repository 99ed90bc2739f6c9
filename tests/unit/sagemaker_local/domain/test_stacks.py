"""Resources of stacks: each has the properties that its operations take."""

from __future__ import annotations

import pytest

from sagemaker_local.domain import stacks
from sagemaker_local.domain.stacks import ResourceType
from sagemaker_local.protocol import model

TYPES = [stacks.MODEL, stacks.ENDPOINT_CONFIG, stacks.ENDPOINT, stacks.MODEL_PACKAGE_GROUP]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.kind)
def test_replacing_properties_are_members_of_create_and_attributes_of_describe(kind: ResourceType) -> None:
    described = model.operation(f"Describe{kind.kind}").output_shape
    assert described is not None
    assert set(kind.replacing) <= set(model.input_shape(f"Create{kind.kind}").members)  # type: ignore[attr-defined]
    assert set(kind.attributes) <= set(described.members)
    assert kind.name_property in kind.replacing


def test_a_creation_leaves_out_what_only_updates_take_and_tags_that_clients_may_not_give() -> None:
    properties = {
        "EndpointConfigName": "c",
        "RetainAllVariantProperties": True,
        "Tags": [{"Key": "team", "Value": 1}, {"Key": "aws:cloudformation:stack-name", "Value": "s"}],
    }
    request = {"EndpointName": "e", "EndpointConfigName": "c", "Tags": [{"Key": "team", "Value": "1"}]}
    assert stacks.creation(stacks.ENDPOINT, "e", properties) == request


def test_an_endpoints_update_takes_all_but_its_tags() -> None:
    properties = {"EndpointConfigName": "c", "RetainAllVariantProperties": True, "Tags": []}
    request = {"EndpointName": "e", "EndpointConfigName": "c", "RetainAllVariantProperties": True}
    assert stacks.endpoint_update("e", properties) == request
