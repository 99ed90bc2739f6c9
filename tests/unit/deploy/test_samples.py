from __future__ import annotations

import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import Failure
from deploy.samples import DAYS, SAMPLES, Sample, add, deal

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def keys(s3: Any, bucket: str) -> dict[str, Any]:
    return {item["Key"]: item["LastModified"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_row_is_dealt_once_below_the_header(name: str) -> None:
    sample = SAMPLES[name]
    header, *rows = sample.file.read_bytes().splitlines(keepends=True)
    dealt = [content.splitlines(keepends=True) for _, content in sample.days()]
    assert {lines[0] for lines in dealt} == {header}
    assert sorted(row for lines in dealt for row in lines[1:]) == sorted(rows)
    assert len(dealt[0]) - 1 == sample.stock
    assert {len(lines) - 1 for lines in dealt[1:-1]} == {sample.daily}


@pytest.mark.parametrize("name", SAMPLES)
def test_days_follow_each_other_and_outlast_what_is_dealt_at_first(name: str) -> None:
    days = [day for day, _ in SAMPLES[name].days()]
    assert days[0] == datetime.date(2026, 2, 28)
    assert {later - day for day, later in pairwise(days)} == {datetime.timedelta(days=1)}
    assert len(days) > DAYS


def test_the_order_of_the_files_rows_decides_nothing(tmp_path: Path) -> None:
    header, *rows = SAMPLES["abalone"].file.read_bytes().splitlines(keepends=True)
    (tmp_path / "reversed.csv").write_bytes(b"".join([header, *reversed(rows)]))
    assert list(Sample(tmp_path / "reversed.csv", 2400, 40).days()) == list(
        Sample(SAMPLES["abalone"].file, 2400, 40).days()
    )


def test_dealing_again_changes_nothing(s3: Any, bucket: str) -> None:
    assert [new for _, new in deal(s3, bucket, "abalone", 3)] == [True] * 3
    before = keys(s3, bucket)
    assert [new for _, new in deal(s3, bucket, "abalone", 3)] == [False] * 3
    assert keys(s3, bucket) == before


def test_what_is_added_is_what_comes_next(s3: Any, bucket: str) -> None:
    dealt = deal(s3, bucket, "abalone", 2)
    added = add(s3, bucket, "abalone", 2)
    assert [uri.split("day=")[1][:10] for uri, _ in added] == ["2026-03-02", "2026-03-03"]
    assert not {uri for uri, _ in dealt} & {uri for uri, _ in added}
    assert add(s3, bucket, "abalone", 1)[0][0].split("day=")[1][:10] == "2026-03-04"


@pytest.mark.parametrize("days", [0, -1, 1000])
def test_days_that_there_are_not_are_refused_with_how_many_are_left(s3: Any, bucket: str, days: int) -> None:
    left = len(list(SAMPLES["churn"].days()))
    with pytest.raises(Failure, match=f"has {left} days left: {days} cannot be added"):
        add(s3, bucket, "churn", days)
