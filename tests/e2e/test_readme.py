"""The README's AWS commands, as they stand there, against the stack that `make run` left."""

from __future__ import annotations

import shlex

import pytest

from tests.e2e.test_run import aws_cli
from tests.support.documents import commands
from tests.support.stack import LocalStack


@pytest.mark.local_only
@pytest.mark.parametrize("command", commands("README.md", "aws"))
def test_an_aws_command_of_the_readme_shows_something(stack: LocalStack, command: str) -> None:
    assert len(aws_cli(stack.aws, *shlex.split(command)[1:])) > 50
