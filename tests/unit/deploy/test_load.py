from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from deploy.load import load

DAY = datetime.date(1995, 11, 30)


def test_a_file_goes_under_its_day_and_content_hash(s3: Any, bucket: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(b"a,b\n1,2\n")
    uri, new = load(s3, bucket, "abalone", DAY, file)
    assert uri == f"s3://{bucket}/abalone/data/day=1995-11-30/492d5ea496056f1a.csv"
    assert new
    key = uri.removeprefix(f"s3://{bucket}/")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"a,b\n1,2\n"


def test_loading_again_changes_nothing_and_a_correction_is_another_object(s3: Any, bucket: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(b"a\n1\n")
    first, _ = load(s3, bucket, "abalone", DAY, file)
    assert load(s3, bucket, "abalone", DAY, file) == (first, False)
    file.write_bytes(b"a\n2\n")
    second, new = load(s3, bucket, "abalone", DAY, file)
    assert new
    assert second != first
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 2
