import json
from typing import Any

from mlops_sagemaker.cards import MAX_DETAIL, ModelCard

CARD = ModelCard(
    purpose="rings",
    creator="run 1 of rings_training",
    model_data="s3://b/model.tar.gz",
    training_job="arn:aws:sagemaker:us-east-1:000000000000:training-job/job",
    image="registry/training:1",
    datasets=("s3://b/manifest.json",),
    hyperparameters={"eta": "0.1", "booster": ""},
    evaluated_on="s3://b/evaluation.json",
    metrics={"mse": 4.5, "mae": 1.5},
    details={"gate_reason": "x" * 2000, "release": "0123"},
)


def content() -> Any:
    return json.loads(json.dumps(CARD.content()))


def test_a_card_says_what_the_model_was_made_of_and_by_what() -> None:
    job = content()["training_details"]["training_job_details"]
    assert job["training_arn"] == CARD.training_job
    assert job["training_datasets"] == ["s3://b/manifest.json"]
    assert job["training_environment"] == {"container_image": ["registry/training:1"]}
    assert content()["model_overview"]["model_artifact"] == ["s3://b/model.tar.gz"]


def test_a_hyperparameter_without_a_value_is_none_in_the_schema() -> None:
    assert content()["training_details"]["training_job_details"]["hyper_parameters"] == [
        {"name": "eta", "value": "0.1"}
    ]


def test_a_card_says_how_good_the_model_is() -> None:
    (evaluation,) = content()["evaluation_details"]
    assert evaluation["datasets"] == ["s3://b/evaluation.json"]
    (group,) = evaluation["metric_groups"]
    assert [(metric["name"], metric["type"], metric["value"]) for metric in group["metric_data"]] == [
        ("mse", "number", 4.5),
        ("mae", "number", 1.5),
    ]


def test_a_detail_is_cut_to_what_a_card_holds() -> None:
    details = content()["additional_information"]["custom_details"]
    assert (len(details["gate_reason"]), details["release"]) == (MAX_DETAIL, "0123")
