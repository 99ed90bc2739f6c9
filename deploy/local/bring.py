"""Puts a file where files arrive, as any client of S3 does: `python -m deploy.local.bring USE_CASE FILE`.

Runs in the airflow environment, which has boto3, with the local endpoint in its environment.
"""

from __future__ import annotations

import sys
from pathlib import Path

import boto3

from deploy.local.settings import BUCKET


def bring(use_case: str, file: Path) -> str:
    """Upload the file under its own name, in parts if it is large; where it is then."""
    key = f"{use_case}/incoming/{file.name}"
    boto3.client("s3").upload_file(str(file), BUCKET, key)
    return f"s3://{BUCKET}/{key}"


if __name__ == "__main__":
    print(bring(sys.argv[1], Path(sys.argv[2])))
