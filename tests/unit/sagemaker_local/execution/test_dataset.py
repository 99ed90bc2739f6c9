"""What an input names on S3: objects and lines, their order in each epoch, and the shares of instances."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from sagemaker_local.execution.dataset import (
    Dataset,
    Share,
    TransferError,
    check_whole_folder,
    contents,
    has_objects,
    sources,
    split_uri,
)
from tests.support.local_aws import BUCKET, LocalAws, unique

NUMBERS = [str(number) for number in range(9)]


@pytest.fixture
def prefix(aws: LocalAws) -> str:
    """A prefix that nothing lies below."""
    return unique("dataset")


@pytest.fixture
def numbers(aws: LocalAws, prefix: str) -> str:
    """The URI of a prefix with an object for each of nine numbers, whose content it is."""
    for number in NUMBERS:
        aws.put(f"{prefix}/{number}", number)
    return f"s3://{BUCKET}/{prefix}/"


def names(aws: LocalAws, dataset: Dataset, epoch: int = 0) -> list[str]:
    return [source.path for source in sources(aws.s3, dataset, epoch)]


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("s3://b/k", ("b", "k")),
        ("s3://b/deep/k/", ("b", "deep/k/")),
        ("s3://b", ("b", "")),
        ("s3://b/", ("b", "")),
        ("s3://b//k", ("b", "/k")),
    ],
)
def test_an_s3_uri_is_a_bucket_and_a_key(uri: str, parts: tuple[str, str]) -> None:
    assert split_uri(uri) == parts


@pytest.mark.parametrize("uri", ["", "s3://", "s3:///k", "https://b/k", "b/k", "S3://b/k"])
def test_anything_else_is_no_s3_uri(uri: str) -> None:
    with pytest.raises(ValueError, match="is not an S3 URI"):
        split_uri(uri)


def test_whether_there_are_objects(aws: LocalAws, prefix: str) -> None:
    uri = f"s3://{BUCKET}/{prefix}"
    assert not has_objects(aws.s3, uri)
    assert not has_objects(aws.s3, f"s3://{unique('no-bucket')}/x")
    aws.put(f"{prefix}/a", "1")
    assert has_objects(aws.s3, uri)


# Order


def test_without_a_seed_every_epoch_has_the_order_of_the_keys(aws: LocalAws, numbers: str) -> None:
    dataset = Dataset(numbers, "S3Prefix")
    assert names(aws, dataset, 0) == names(aws, dataset, 1) == NUMBERS


def test_a_seed_shuffles_each_epoch_otherwise_and_the_same_way_again(aws: LocalAws, numbers: str) -> None:
    orders = [names(aws, Dataset(numbers, "S3Prefix", seed=7), epoch) for epoch in range(4)]
    assert all(sorted(order) == NUMBERS for order in orders)
    assert len({tuple(order) for order in orders}) == 4
    assert names(aws, Dataset(numbers, "S3Prefix", seed=7), 2) == orders[2]
    assert names(aws, Dataset(numbers, "S3Prefix", seed=8), 2) != orders[2]


def test_the_keys_of_a_manifest_are_shuffled(aws: LocalAws, prefix: str, numbers: str) -> None:
    manifest = aws.put(f"{prefix}-manifest", json.dumps([{"prefix": numbers}, *NUMBERS]))
    plain, shuffled = (names(aws, Dataset(manifest, "ManifestFile", seed=seed)) for seed in (None, 7))
    assert plain == NUMBERS
    assert shuffled != NUMBERS
    assert sorted(shuffled) == NUMBERS


@pytest.mark.parametrize("seed", [None, 7])
def test_shares_are_disjoint_and_together_all(aws: LocalAws, numbers: str, seed: int | None) -> None:
    for epoch in range(2):
        shares = [names(aws, Dataset(numbers, "S3Prefix", Share(index, 2), seed), epoch) for index in range(2)]
        assert [len(share) for share in shares] == [5, 4]
        assert sorted([*shares[0], *shares[1]]) == NUMBERS


def test_shuffled_shares_go_to_other_instances_in_another_epoch(aws: LocalAws, numbers: str) -> None:
    dataset = Dataset(numbers, "S3Prefix", Share(0, 2), seed=7)
    assert set(names(aws, dataset, 0)) != set(names(aws, dataset, 1))


# Augmented manifests


def augmented(aws: LocalAws, prefix: str, *lines: Any, **members: Any) -> Dataset:
    """An augmented manifest of these lines, with the attributes ``image-ref`` and ``label``."""
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    uri = aws.put(f"{prefix}-manifest", f"{text}\n")
    return Dataset(uri, "AugmentedManifestFile", **{"attributes": ("image-ref", "label"), **members})


def test_attributes_come_in_the_order_asked_for_and_references_are_objects(aws: LocalAws, prefix: str) -> None:
    first, second = aws.put(f"{prefix}/1", b"one"), aws.put(f"{prefix}/2", b"two")
    lines = [{"label": 1, "image-ref": first, "other": "x"}, {"image-ref": second, "label": "cat"}]
    assert list(contents(aws.s3, augmented(aws, prefix, *lines))) == [b"one", b"1", b"two", b"cat"]
    one = augmented(aws, prefix, *lines, attributes=("label",))
    assert list(contents(aws.s3, one)) == [b"1", b"cat"]


def test_an_attribute_may_be_any_json(aws: LocalAws, prefix: str) -> None:
    values = [True, None, 1.5, [1, "a"], {"a": "ü"}, "größe", ""]
    dataset = augmented(aws, prefix, *({"label": value} for value in values), attributes=("label",))
    assert [content.decode() for content in contents(aws.s3, dataset)] == [
        "true", "null", "1.5", '[1, "a"]', json.dumps({"a": "ü"}), "größe", "",
    ]  # fmt: skip


def test_the_lines_are_shuffled_and_shared_as_wholes(aws: LocalAws, prefix: str) -> None:
    lines = [{"a": number, "b": f"b{number}"} for number in range(9)]
    halves = [
        [content.decode() for content in contents(aws.s3, dataset, 1)]
        for dataset in (
            augmented(aws, prefix, *lines, attributes=("a", "b"), seed=3, share=Share(index, 2)) for index in range(2)
        )
    ]
    assert [half[1::2] for half in halves] == [[f"b{number}" for number in half[::2]] for half in halves]
    assert sorted([*halves[0][::2], *halves[1][::2]]) == NUMBERS
    assert halves[0][::2] != sorted(halves[0][::2])


def test_referenced_objects_are_unpacked_and_values_are_not(aws: LocalAws, prefix: str) -> None:
    packed = aws.put(f"{prefix}/1", gzip.compress(b"plain"))
    dataset = augmented(aws, prefix, {"image-ref": packed, "label": "1"}, gzipped=True)
    assert list(contents(aws.s3, dataset)) == [b"plain", b"1"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "line 2 of .* is not JSON"),
        ("[]", "line 2 of .* is no JSON object with the attribute image-ref"),
        ({"image-ref": "s3://b/k", "other": 1}, "Unable to download object s3://b/k"),
        ({"label": 1}, "line 2 of .* is no JSON object with the attribute image-ref"),
        ({"image-ref": "/local", "label": 1}, "/local is not an S3 URI"),
        ({"image-ref": 5, "label": 1}, "5 is not an S3 URI"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_by_its_number(aws: LocalAws, prefix: str, line: Any, problem: str) -> None:
    good = {"image-ref": aws.put(f"{prefix}/1", b"one"), "label": 1}
    with pytest.raises(TransferError, match=problem):
        list(contents(aws.s3, augmented(aws, prefix, good, line)))


# FastFile


def test_a_folder_or_an_object_can_be_mounted(aws: LocalAws, prefix: str) -> None:
    aws.put(f"{prefix}/in/a", "1")
    aws.put(f"{prefix}/in/deep/b", "1")
    for key in (f"{prefix}/in", f"{prefix}/in/", f"{prefix}/in/a", ""):
        check_whole_folder(aws.s3, Dataset(f"s3://{BUCKET}/{key}", "S3Prefix"))


def test_the_beginning_of_names_cannot_be_mounted(aws: LocalAws, prefix: str) -> None:
    aws.put(f"{prefix}/input-1/a", "1")
    with pytest.raises(TransferError, match="For FastFile mode, partial S3 prefix is not supported"):
        check_whole_folder(aws.s3, Dataset(f"s3://{BUCKET}/{prefix}/input", "S3Prefix"))
