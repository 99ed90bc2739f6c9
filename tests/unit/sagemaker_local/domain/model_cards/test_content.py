"""The content of model cards against the printed schemas."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from sagemaker_local.domain.model_cards.checks import Check
from sagemaker_local.domain.model_cards.content import InvalidContent, metadata, parsed
from sagemaker_local.domain.model_cards.schema import CARD, PACKAGE_CARD

SECTIONS: dict[str, Any] = {
    "intended_uses": {
        "purpose_of_model": "to count rings",
        "intended_uses": "counting",
        "factors_affecting_model_efficiency": "salt",
        "risk_rating": "Low",
        "explanations_for_risk_rating": "it is only about snails",
    },
    "business_details": {"business_problem": "p", "business_stakeholders": "s", "line_of_business": "l"},
    "training_details": {
        "objective_function": {"function": {"function": "Minimize", "facet": "loss"}, "notes": "n"},
        "training_observations": "converged",
        "training_job_details": {
            "training_arn": "arn:aws:sagemaker:us-east-1:000000000000:training-job/j",
            "training_datasets": ["s3://b/train"],
            "training_environment": {"container_image": ["image"]},
            "training_metrics": [{"name": "loss", "value": 0.5, "notes": "n"}],
            "user_provided_training_metrics": [{"name": "loss", "value": 1}],
            "hyper_parameters": [{"name": "depth", "value": "3"}],
            "user_provided_hyper_parameters": [{"name": "rate", "value": "0.1"}],
        },
    },
    "evaluation_details": [
        {
            "name": "holdout",
            "evaluation_observation": "good",
            "evaluation_job_arn": "arn",
            "datasets": ["s3://b/test"],
            "metadata": {"any": "thing"},
            "metric_groups": [
                {
                    "name": "group",
                    "metric_data": [
                        {"name": "mse", "type": "number", "value": 4.25, "x_axis_name": "x", "notes": "n"},
                        {"name": "verdict", "type": "string", "value": "good"},
                        {"name": "passed", "type": "boolean", "value": True},
                        {"name": "curve", "type": "linear_graph", "value": [[0, 1], [1, 0.5]], "y_axis_name": "y"},
                        {"name": "bars", "type": "bar_chart", "value": [1, 2], "x_axis_name": ["a", "b"]},
                        {"name": "confusion", "type": "matrix", "value": [[1, 2], [3, 4]], "y_axis_name": ["a", "b"]},
                    ],
                }
            ],
        }
    ],
    "additional_information": {
        "ethical_considerations": "none",
        "caveats_and_recommendations": "none",
        "custom_details": {"team": "ml"},
    },
}
OWN = {
    **SECTIONS,
    "model_overview": {
        "model_description": "d",
        "model_owner": "o",
        "model_creator": "c",
        "problem_type": "regression",
        "algorithm_type": "linear",
        "model_id": "arn:aws:sagemaker:us-east-1:000000000000:model/m",
        "model_artifact": ["s3://b/model.tar.gz"],
        "model_name": "m",
        "model_version": 1,
        "inference_environment": {"container_image": ["image"]},
    },
    "model_package_details": {
        "model_package_arn": "arn",
        "model_package_group_name": "g",
        "model_package_version": 2,
        "created_by": {"user_profile_name": "u"},
        "inference_specification": {"containers": [{"image": "i", "model_data_url": "s3://b/m"}]},
        "source_algorithms": [{"algorithm_name": "a"}],
    },
}
OF_PACKAGE = {**SECTIONS, "model_overview": {"model_creator": "c", "model_artifact": ["s3://b/model.tar.gz"]}}


def fault(card: Any, schema: Check = CARD) -> str:
    with pytest.raises(InvalidContent) as caught:
        parsed(card if isinstance(card, str) else json.dumps(card), schema)
    return str(caught.value)


def changed(card: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """*card* with another value at *path*, in the first elements of lists."""
    whole = copy.deepcopy(card)
    place: Any = whole
    *parents, last = path.split(".")
    for name in parents:
        place = place[name][0] if isinstance(place[name], list) else place[name]
    place[last] = value
    return whole


@pytest.mark.parametrize(("card", "schema"), [(OWN, CARD), (OF_PACKAGE, PACKAGE_CARD), ({}, CARD), ({}, PACKAGE_CARD)])
def test_a_card_with_every_member_of_the_schema_is_good(card: dict[str, Any], schema: Check) -> None:
    assert parsed(json.dumps(card), schema) == card


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "it must be an object"),
        ("null", "it must be an object"),
        ('"text"', "it must be an object"),
    ],
)
def test_content_that_is_no_json_object_is_refused(content: str, said: str) -> None:
    assert said in fault(content)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("intended_uses.risk_rating", "Enormous", "risk_rating must be one of High, Medium, Low, Unknown"),
        ("intended_uses.purpose_of_model", "x" * 2049, "purpose_of_model must have at most 2048 characters"),
        ("intended_uses.more", "x", "intended_uses.more is unknown"),
        ("business_details.line_of_business", 1, "line_of_business must be text"),
        ("training_details.training_observations", "x" * 1025, "at most 1024 characters"),
        ("training_details.training_job_details.training_datasets", "s3://b", "training_datasets must be a list"),
        ("training_details.training_job_details.training_metrics.value", "0.5", "[0].value must be a number"),
        ("training_details.training_job_details.hyper_parameters.name", "", "name must have at least 1 characters"),
        ("evaluation_details.name", None, "evaluation_details[0].name must be text"),
        ("evaluation_details.datasets", ["s"] * 11, "datasets must have at most 10 elements"),
        ("evaluation_details.metadata", {"a": 1}, "metadata.a must be text"),
        ("evaluation_details.metric_groups.metric_data", None, "metric_data must be a list"),
        ("evaluation_details.metric_groups.metric_data.type", "number of", "metric_data[0].type must be one of number"),
        ("evaluation_details.metric_groups.metric_data.value", "x" * 64, "must have at most 63 characters"),
        ("additional_information.custom_details", {"a": []}, "custom_details.a must be text"),
    ],
)  # fmt: skip
def test_a_fault_is_told_by_its_place(path: str, value: Any, said: str) -> None:
    for card, schema in ((OWN, CARD), (OF_PACKAGE, PACKAGE_CARD)):
        assert said in fault(changed(card, path, value), schema)


@pytest.mark.parametrize(
    "metric",
    [
        {"name": "m", "type": "linear_graph", "value": [[1, 2, 3]]},
        {"name": "m", "type": "linear_graph", "value": []},
        {"name": "m", "type": "bar_chart", "value": []},
        {"name": "m", "type": "bar_chart", "value": [1], "x_axis_name": "x"},
        {"name": "m", "type": "matrix", "value": [[1] * 21]},
        {"name": "m", "type": "matrix", "value": [1]},
        {"name": "m", "type": "number", "value": [1]},
        {"name": "m", "value": 1},
        {"type": "number", "value": 1},
        {"name": "m", "type": "number"},
        {"name": "m", "type": "number", "value": 1, "unit": "s"},
    ],
)
def test_a_metric_is_of_one_of_four_forms(metric: dict[str, Any]) -> None:
    path = "evaluation_details.metric_groups.metric_data"
    assert " or " in fault(changed(OWN, path, [metric]))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("model_overview.model_id", "m", "model_overview.model_id is unknown"),
        ("model_package_details", {}, "model_package_details is unknown"),
        ("training_details.training_job_details.hyper_parameters", [{"name": "d"}], "[0].value is missing"),
    ],
)  # fmt: skip
def test_a_packages_card_knows_less_than_one_of_its_own(path: str, value: Any, said: str) -> None:
    assert said in fault(changed(OF_PACKAGE, path, value), PACKAGE_CARD)
    parsed(json.dumps(changed(OWN, path, value)), CARD)


def test_without_its_key_little_of_a_card_is_seen() -> None:
    assert json.loads(metadata(json.dumps(OWN))) == {
        "model_overview": {"model_id": OWN["model_overview"]["model_id"], "model_name": "m"},
        "intended_uses": {"risk_rating": "Low"},
        "model_package_details": {"model_package_group_name": "g", "model_package_arn": "arn"},
    }
    assert json.loads(metadata(json.dumps(OF_PACKAGE))) == {"intended_uses": {"risk_rating": "Low"}}
    assert metadata("{}") == "{}"
