"""The schemas of a model card's content.

Source: the guide's pages "Amazon SageMaker Model Cards" and "Update the Details of a Model Version", which print them
as JSON schemas, and CloudFormation's ``AWS::SageMaker::ModelCard`` for ``model_package_details``. What the printed
schemas do not constrain is not constrained here: ``objective_function`` is none, and ``maxContains`` is no word of the
JSON schema's draft 7 that they are written in.
"""

from __future__ import annotations

from sagemaker_local.domain.model_cards.checks import (
    Check,
    any_of,
    anything,
    array,
    boolean,
    mapping,
    number,
    one_of,
    structure,
    text,
)

_NAME = text(shortest=1)
_URI = text(1024)
_PROSE = text(2048)
_ENVIRONMENT = structure({"container_image": array(_URI)})

_INTENDED_USES = structure(
    {
        "purpose_of_model": _PROSE,
        "intended_uses": _PROSE,
        "factors_affecting_model_efficiency": _PROSE,
        "risk_rating": one_of("High", "Medium", "Low", "Unknown"),
        "explanations_for_risk_rating": _PROSE,
    }
)
_BUSINESS_DETAILS = structure({"business_problem": _PROSE, "business_stakeholders": _PROSE, "line_of_business": _PROSE})
_ADDITIONAL_INFORMATION = structure(
    {
        "ethical_considerations": _PROSE,
        "caveats_and_recommendations": _PROSE,
        "custom_details": mapping(text(1024)),
    }
)

# Training

_TRAINING_METRIC = structure({"name": _NAME, "notes": text(1024), "value": number()}, required=("name", "value"))


def _training_details(hyperparameter: Check) -> Check:
    job = {
        "training_arn": text(1024),
        "training_datasets": array(_URI),
        "training_environment": _ENVIRONMENT,
        "training_metrics": array(_TRAINING_METRIC),
        "user_provided_training_metrics": array(_TRAINING_METRIC),
        "hyper_parameters": array(hyperparameter),
        "user_provided_hyper_parameters": array(hyperparameter),
    }
    return structure(
        {
            "objective_function": anything,
            "training_observations": text(1024),
            "training_job_details": structure(job),
        }
    )


# Evaluation

_AXIS, _AXES = text(63), array(text(63))


def _metric(types: tuple[str, ...], value: Check, x_axis: Check, y_axis: Check) -> Check:
    members = {
        "name": _NAME,
        "notes": text(1024),
        "type": one_of(*types),
        "value": value,
        "x_axis_name": x_axis,
        "y_axis_name": y_axis,
    }
    return structure(members, required=("name", "type", "value"))


_METRIC = any_of(
    _metric(("number", "string", "boolean"), any_of(number(), text(63), boolean), _AXIS, _AXIS),
    _metric(("linear_graph",), array(array(number(), 2, 2), 1), _AXIS, _AXIS),
    _metric(("bar_chart",), array(number(), 1), _AXES, _AXIS),
    _metric(("matrix",), array(array(number(), 1, 20), 1, 20), _AXES, _AXES),
)
_METRIC_GROUP = structure(
    {"name": _NAME, "metric_data": array(_METRIC)}, required=("name", "metric_data"), closed=False
)
_EVALUATION = structure(
    {
        "name": _NAME,
        "evaluation_observation": text(2096),
        "evaluation_job_arn": text(256),
        "datasets": array(_URI, 0, 10),
        "metadata": mapping(text(1024)),
        "metric_groups": array(_METRIC_GROUP),
    },
    required=("name",),
)

# Whole cards

_SECTIONS = {
    "intended_uses": _INTENDED_USES,
    "business_details": _BUSINESS_DETAILS,
    "evaluation_details": array(_EVALUATION),
    "additional_information": _ADDITIONAL_INFORMATION,
}
_PACKAGE_OVERVIEW: dict[str, Check] = {"model_creator": text(1024), "model_artifact": array(_URI)}
_OVERVIEW = {
    **_PACKAGE_OVERVIEW,
    "model_description": text(1024),
    "model_owner": text(1024),
    "problem_type": text(),
    "algorithm_type": text(1024),
    "model_id": text(1024),
    "model_name": text(1024),
    "model_version": number(1),
    "inference_environment": _ENVIRONMENT,
}
_CONTAINER = structure(
    {"image": text(255), "model_data_url": text(1024), "nearest_model_name": text()}, required=("image",)
)
_SOURCE_ALGORITHM = structure({"algorithm_name": text(170), "model_data_url": text(1024)}, required=("algorithm_name",))
_PACKAGE_DETAILS = {
    "approval_description": text(1024),
    "created_by": structure({"user_profile_name": text()}),
    "domain": text(),
    "inference_specification": structure({"containers": array(_CONTAINER)}, required=("containers",)),
    "model_approval_status": text(),
    "model_package_arn": text(),
    "model_package_description": text(1024),
    "model_package_group_name": text(),
    "model_package_name": text(),
    "model_package_status": text(),
    "model_package_version": number(1),
    "source_algorithms": array(_SOURCE_ALGORITHM),
    "task": text(),
}

CARD = structure(
    {
        **_SECTIONS,
        "model_overview": structure(_OVERVIEW),
        "model_package_details": structure(_PACKAGE_DETAILS),
        "training_details": _training_details(structure({"name": _NAME, "value": text()}, required=("name",))),
    }
)
"""of a card of its own"""

PACKAGE_CARD = structure(
    {
        **_SECTIONS,
        "model_overview": structure(_PACKAGE_OVERVIEW),
        "training_details": _training_details(structure({"name": _NAME, "value": _NAME}, required=("name", "value"))),
    }
)
"""of a model package's card"""
