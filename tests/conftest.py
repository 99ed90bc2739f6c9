"""For every test: whatever the developer's shell holds, no test can reach real AWS or go through a proxy."""

from __future__ import annotations

import os

for name in list(os.environ):
    if name.startswith(("AWS_", "AIRFLOW_")) or name.lower().endswith("_proxy"):
        del os.environ[name]
os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
    NO_PROXY="*",
)
