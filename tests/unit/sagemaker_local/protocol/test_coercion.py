"""Scalars of templates in the types that requests have."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.protocol import model
from sagemaker_local.protocol.coercion import coerced


def variant(**members: Any) -> Any:
    request = {"ProductionVariants": [members]}
    return coerced(request, model.input_shape("CreateEndpointConfig"))["ProductionVariants"][0]


@pytest.mark.parametrize(
    ("member", "written", "sent"),
    [
        ("InitialInstanceCount", "2", 2),
        ("InitialInstanceCount", 2, 2),
        ("InitialInstanceCount", "two", "two"),
        ("InitialVariantWeight", "0.5", 0.5),
        ("EnableSSMAccess", "TRUE", True),
        ("EnableSSMAccess", "yes", "yes"),
        ("VariantName", 7, "7"),
        ("VariantName", 1.5, "1.5"),
        ("VariantName", True, "true"),
        ("Unknown", "1", "1"),
    ],
)
def test_a_scalar_gets_the_type_of_its_shape_or_stays_as_it_is(member: str, written: Any, sent: Any) -> None:
    value = variant(**{member: written})[member]
    assert (value, type(value)) == (sent, type(sent))


def test_maps_lists_and_structures_are_gone_through() -> None:
    request = {"Containers": [{"Environment": {"A": 1, "B": False}}], "EnableNetworkIsolation": "false"}
    assert coerced(request, model.input_shape("CreateModel")) == {
        "Containers": [{"Environment": {"A": "1", "B": "false"}}],
        "EnableNetworkIsolation": False,
    }


def test_what_is_no_structure_where_one_is_wanted_is_left_for_validation() -> None:
    request = {"PrimaryContainer": "image", "Containers": {"Image": "i"}}
    assert coerced(request, model.input_shape("CreateModel")) == request
