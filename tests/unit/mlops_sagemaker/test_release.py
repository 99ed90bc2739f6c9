from typing import Any

import pytest

from mlops_sagemaker import release
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.release import Artifact, Code

SOURCE = "s3://bucket/releases/current.json"
SHA = "ab" * 32


@pytest.fixture
def document() -> dict[str, Any]:
    return {
        "format": 2,
        "release": "0123456789abcdef",
        "environment": "local",
        "region": "us-east-1",
        "bucket": "bucket",
        "role_arn": "arn:aws:iam::000000000000:role/jobs",
        "code": {
            "abalone": {
                "uri": "s3://bucket/code/1/",
                "sha256": SHA,
                "steps": {"train": {"uri": "s3://bucket/code/2/", "sha256": SHA}},
            }
        },
        "images": {"training": {"uri": "registry/training:1", "sha256": SHA}},
    }


def test_a_manifest_yields_bucket_role_code_and_images(document: dict[str, Any]) -> None:
    parsed = release.parse(document, SOURCE)
    assert (parsed.id, parsed.bucket) == ("0123456789abcdef", "bucket")
    assert parsed.role_arn == "arn:aws:iam::000000000000:role/jobs"
    steps = {"train": Artifact("s3://bucket/code/2/", SHA)}
    assert parsed.code_of("abalone") == Code("s3://bucket/code/1/", SHA, steps)
    assert parsed.image("training") == Artifact("registry/training:1", SHA)


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("format",), 1, "format is 1, not 2"),
        (("release",), None, "release is None, not text"),
        (("bucket",), "", "bucket is '', not text"),
        (("role_arn",), 7, "role_arn is 7, not text"),
        (("code",), [], "code is not an object"),
        (("images",), None, "images is not an object"),
        (("code", "abalone"), "uri", "code.abalone is not an object"),
        (("code", "abalone", "uri"), None, "code.abalone.uri is None, not text"),
        (("code", "abalone", "steps"), None, "code.abalone.steps is not an object"),
        (("code", "abalone", "steps", "train", "uri"), "", "code.abalone.steps.train.uri is '', not text"),
        (("images", "training", "sha256"), "short", "images.training.sha256 is not 64 hex digits"),
    ],
)
def test_a_broken_manifest_is_refused_with_place_and_remedy(
    document: dict[str, Any], path: tuple[str, ...], value: Any, problem: str
) -> None:
    *parents, last = path
    entry = document
    for key in parents:
        entry = entry[key]
    entry[last] = value
    with pytest.raises(UserError) as caught:
        release.parse(document, SOURCE)
    assert str(caught.value) == f"{SOURCE}: {problem}; publish the release again"


@pytest.mark.parametrize("document", [None, [], "text", 1])
def test_what_is_no_object_is_no_manifest(document: Any) -> None:
    with pytest.raises(UserError, match="it is not a JSON object"):
        release.parse(document, SOURCE)


def test_a_use_case_or_image_that_was_not_published_is_named_with_what_was(document: dict[str, Any]) -> None:
    parsed = release.parse(document, SOURCE)
    with pytest.raises(UserError, match="code holds abalone, but not 'churn'"):
        parsed.code_of("churn")
    with pytest.raises(UserError, match="images holds training, but not 'serving'"):
        parsed.image("serving")
