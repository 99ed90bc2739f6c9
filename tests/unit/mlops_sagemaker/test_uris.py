import pytest

from mlops_sagemaker import uris
from mlops_sagemaker.errors import UserError


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("s3://bucket/a/b.json", ("bucket", "a/b.json")),
        ("s3://bucket", ("bucket", "")),
        ("s3://b/", ("b", "")),
    ],
)
def test_a_uri_splits_into_bucket_and_key(uri: str, parts: tuple[str, str]) -> None:
    assert uris.parse(uri) == parts


@pytest.mark.parametrize("uri", ["", "bucket/key", "http://bucket/key", "s3://", "s3:///key", "S3://bucket/key"])
def test_what_is_no_s3_uri_is_refused_by_name(uri: str) -> None:
    with pytest.raises(UserError, match="is not an S3 URI") as caught:
        uris.parse(uri)
    assert repr(uri) in str(caught.value)


def test_joining_puts_one_slash_between_parts_and_none_at_the_end() -> None:
    assert uris.join("s3://bucket/", "a/", "/b") == "s3://bucket/a/b"


def test_a_folder_ends_in_a_slash_so_that_it_is_no_prefix_of_its_neighbour() -> None:
    assert uris.folder("s3://bucket", "train") == "s3://bucket/train/"


def test_keys_match_patterns_with_case() -> None:
    assert uris.matching(["a.csv", "A.CSV", "b/c.csv", "d.txt"], "*.csv") == ["a.csv", "b/c.csv"]


def test_the_parent_is_the_folder_of_an_object() -> None:
    assert uris.parent("s3://b/quality/statistics.json") == "s3://b/quality/"
