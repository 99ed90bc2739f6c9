from __future__ import annotations

import re

import pytest

from sagemaker_local.toolkit.xgboost_algorithm.channels import format_of, validated
from sagemaker_local.toolkit.xgboost_algorithm.errors import UserError

pytestmark = pytest.mark.documented("sagemaker-xgboost-container: channel_validation, data_utils")
FILE = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"}


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("csv", "csv"),
        ("text/csv", "csv"),
        ("Text/CSV; label_size=1; charset=utf8", "csv"),
        ("libsvm", "libsvm"),
        ("text/libsvm ;charset=utf8", "libsvm"),
        ("text/x-libsvm", "libsvm"),
        ("parquet", "parquet"),
        ("application/x-parquet", "parquet"),
        ("application/x-recordio-protobuf", "recordio-protobuf"),
    ],
)
def test_the_format_of_a_content_type(content_type: str, expected: str) -> None:
    assert format_of(content_type) == expected


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        (
            "text/plain",
            "text/plain is not an accepted ContentType: csv, libsvm, parquet, recordio-protobuf, text/csv, ",
        ),
        ("text/csv;label_size=2", "text/csv;label_size=2 is not an accepted csv ContentType. Optional parameter label"),
    ],
)
def test_another_content_type_is_refused(content_type: str, text: str) -> None:
    with pytest.raises(UserError, match=re.escape(text)):
        format_of(content_type)


def test_libsvm_is_the_default() -> None:
    assert validated({"train": FILE})["train"]["ContentType"] == "text/libsvm"


@pytest.mark.parametrize(
    ("channels", "text"),
    [
        ({}, "Missing required channel: train"),
        ({"train": FILE, "test": FILE}, "Extraneous channel found: test"),
        ({"train": {**FILE, "ContentType": "x"}}, "Channel configuration for 'train' channel is not supported: {"),
        (
            {"train": {**FILE, "TrainingInputMode": "Pipe"}},
            "Channel configuration for 'train' channel is not supported",
        ),
    ],
)
def test_other_channels_are_refused(channels: dict[str, dict[str, str]], text: str) -> None:
    with pytest.raises(UserError, match=re.escape(text)):
        validated(channels)


def test_csv_may_come_through_a_pipe_and_code_is_no_data() -> None:
    pipe = {**FILE, "TrainingInputMode": "Pipe", "ContentType": "text/csv"}
    assert validated({"train": pipe, "code": FILE}).keys() == {"train", "code"}
