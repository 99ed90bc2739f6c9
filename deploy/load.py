"""Puts data files where training runs look for them: `<use case>/data/day=YYYY-MM-DD/<hash>.csv`.

An object is written once, under the day its rows became known and its content's hash. A later correction is
another object, so that what a run has seen can always be read again.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from deploy.aws_errors import told
from deploy.errors import Failure
from deploy.objects import put_once

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def data_key(use_case: str, day: datetime.date, content: bytes) -> str:
    """The key of a data object."""
    return f"{use_case}/data/day={day.isoformat()}/{hashlib.sha256(content).hexdigest()[:16]}.csv"


def load(s3: S3Client, bucket: str, use_case: str, day: datetime.date, content: bytes) -> tuple[str, bool]:
    """Store the rows of a day, CSV with a header; returns their S3 URI and whether they were new."""
    key = data_key(use_case, day, content)
    return f"s3://{bucket}/{key}", put_once(s3, bucket, key, content)


def main() -> None:
    """Load the files named on the command line; where to and as whom, boto3's environment says."""
    parser = argparse.ArgumentParser(prog="python -m deploy.load", description=__doc__.splitlines()[0])
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--use-case", required=True)
    parser.add_argument("--day", required=True, type=datetime.date.fromisoformat, help="the day the rows became known")
    parser.add_argument("files", nargs="+", type=Path)
    given = parser.parse_args()
    try:
        with told(f"s3://{given.bucket}"):
            s3 = boto3.client("s3")
            for file in given.files:
                uri, new = load(s3, given.bucket, given.use_case, given.day, file.read_bytes())
                print(f"{'loaded' if new else 'already there'}: {uri}")
    except (Failure, OSError) as error:
        parser.exit(1, f"error: {error}\n")


if __name__ == "__main__":
    main()
