"""The AWS command line as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def run(*arguments: str) -> str:
    """``aws ARGUMENTS``, told only of the endpoint, and of keys that every endpoint wants; raises if it fails."""
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "PATH", "HOME")
    environ = {name: os.environ[name] for name in names}
    command = [str(Path(sys.executable).with_name("aws")), *arguments]
    return subprocess.run(command, env=environ, text=True, stdout=subprocess.PIPE, check=True).stdout


def aws_cli(*arguments: str) -> Any:
    """What a command prints, which is JSON."""
    return json.loads(run(*arguments) or "{}")


def sagemaker(operation: str, request: dict[str, Any]) -> Any:
    """An operation whose parameters come from a file."""
    Path("request.json").write_text(json.dumps(request))
    return aws_cli("sagemaker", operation, "--cli-input-json", "file://request.json")
