"""Deals the sample data over days, always the same way: `python -m deploy.samples abalone --bucket B --add 1`.

The first day holds what was known before; each day after it gets its share of the rest. A day's rows lie under that day
like any other data, see `deploy.load`.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from deploy.aws_errors import told
from deploy.errors import Failure
from deploy.load import data_key, load

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DAYS = 32
"""What a new bucket gets: what was known before, and a month of nights."""


@dataclass(frozen=True)
class Sample:
    """A CSV file with a header: its first `stock` rows in the order of the deal, then `daily` rows a day."""

    file: Path
    stock: int
    daily: int
    first_day: datetime.date = datetime.date(2026, 2, 28)

    def days(self) -> Iterator[tuple[datetime.date, bytes]]:
        """Each day and its rows below the header, until none is left; only the rows' content decides their order."""
        header, *rows = self.file.read_bytes().splitlines(keepends=True)
        order = sorted(range(len(rows)), key=lambda row: (hashlib.sha256(rows[row]).digest(), row))
        starts = [0, *range(self.stock, len(rows), self.daily)]
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(rows)], strict=True)):
            dealt = (rows[row] for row in order[start:end])
            yield self.first_day + datetime.timedelta(days=number), b"".join([header, *dealt])


# The stock is large enough for the gate's least number of test rows.
SAMPLES: Mapping[str, Sample] = {
    "abalone": Sample(Path("include/data/abalone.csv"), stock=2400, daily=40),
    "churn": Sample(Path("include/data/churn.csv"), stock=2600, daily=50),
}


def deal(s3: S3Client, bucket: str, use_case: str, days: int) -> list[tuple[str, bool]]:
    """Load the first `days` days of a sample; returns each one's S3 URI and whether it was new."""
    dealt = list(SAMPLES[use_case].days())[:days]
    return [load(s3, bucket, use_case, day, content) for day, content in dealt]


def add(s3: S3Client, bucket: str, use_case: str, days: int) -> list[tuple[str, bool]]:
    """Load the next `days` days. Raises Failure where the sample does not last for so many."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{use_case}/data/")
    there = {item["Key"] for page in pages for item in page.get("Contents", [])}
    left = [each for each in SAMPLES[use_case].days() if data_key(use_case, *each) not in there]
    if not 0 < days <= len(left):
        raise Failure(f"the sample data of {use_case} has {len(left)} days left: {days} cannot be added")
    return [load(s3, bucket, use_case, day, content) for day, content in left[:days]]


def main() -> None:
    """Add days as the command line says; where to and as whom, boto3's environment says."""
    parser = argparse.ArgumentParser(prog="python -m deploy.samples", description=__doc__.splitlines()[0])
    parser.add_argument("use_case", choices=SAMPLES)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--add", type=int, default=1, help="how many days to add (default: %(default)s)")
    given = parser.parse_args()
    try:
        with told(f"s3://{given.bucket}"):
            added = add(boto3.client("s3"), given.bucket, given.use_case, given.add)
    except Failure as error:
        parser.exit(1, f"error: {error}\n")
    for uri, _ in added:
        print(f"loaded: {uri}")


if __name__ == "__main__":
    main()
