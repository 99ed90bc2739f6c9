from __future__ import annotations

import datetime
from typing import Any

from deploy.load import load

DAY = datetime.date(1995, 11, 30)


def test_rows_go_under_their_day_and_content_hash(s3: Any, bucket: str) -> None:
    uri, new = load(s3, bucket, "abalone", DAY, b"a,b\n1,2\n")
    assert uri == f"s3://{bucket}/abalone/data/day=1995-11-30/492d5ea496056f1a.csv"
    assert new
    key = uri.removeprefix(f"s3://{bucket}/")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"a,b\n1,2\n"


def test_loading_again_changes_nothing_and_a_correction_is_another_object(s3: Any, bucket: str) -> None:
    first, _ = load(s3, bucket, "abalone", DAY, b"a\n1\n")
    assert load(s3, bucket, "abalone", DAY, b"a\n1\n") == (first, False)
    second, new = load(s3, bucket, "abalone", DAY, b"a\n2\n")
    assert new
    assert second != first
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 2
