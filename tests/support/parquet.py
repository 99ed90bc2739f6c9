"""Parquet files, read by the image that has Apache Arrow."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.support.local_aws import ROOT

READ = """
import io, json, sys
import pyarrow.parquet
table = pyarrow.parquet.read_table(io.BytesIO(sys.stdin.buffer.read()))
json.dump(table.to_pylist(), sys.stdout, default=str)
"""


def rows(content: bytes) -> list[dict[str, Any]]:
    """The rows of a file; a time is text."""
    (python,) = (ROOT / ".venv" / "images").glob("inference-*/bin/python")
    done = subprocess.run([str(python), "-c", READ], input=content, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
