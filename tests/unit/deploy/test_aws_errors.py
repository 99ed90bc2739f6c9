"""What AWS refuses, and AWS that cannot be asked, are no tracebacks."""

from __future__ import annotations

import socket
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, NoRegionError, ProfileNotFound

from deploy import load, samples, stacks, trial
from deploy.aws_errors import told
from deploy.errors import Failure


def client(port: int, **keys: Any) -> Any:
    """A client of whatever listens there."""
    config = Config(connect_timeout=5, read_timeout=1, retries={"total_max_attempts": 1})
    return boto3.client("sts", "us-east-1", endpoint_url=f"http://127.0.0.1:{port}", config=config, **keys)


def test_an_address_where_nobody_is_and_one_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(Failure, match=r"s3://b: Read timeout .* every step may be repeated"), told("s3://b"):
            client(port).get_caller_identity()
    with pytest.raises(Failure, match=r"Could not connect .*\. Look at the network"), told():
        client(port).get_caller_identity()


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    session = boto3.session.Session(region_name="us-east-1")
    with pytest.raises(Failure, match=r"Unable to locate credentials\. Sign in"), told():
        session.client("sts").get_caller_identity()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ProfileNotFound(profile="x"), "list-profiles"),
        (NoRegionError(), "specify a region"),
        (
            ClientError({"Error": {"Code": "ExpiredToken", "Message": "it has expired"}}, "Op"),
            "it has expired. Sign in",
        ),
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Op"), "Op operation: no$"),
    ],
)
def test_what_it_was_and_what_to_do(error: Exception, said: str) -> None:
    with pytest.raises(Failure, match=said), told():
        raise error


@pytest.mark.parametrize("command", [stacks, trial, load, samples], ids=lambda each: each.__name__)
def test_every_command_tells_it(
    command: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    (tmp_path / "rows.csv").write_text("a\n1\n")
    words = {
        load: ["--bucket", "b", "--use-case", "abalone", "--day", "2026-01-01", str(tmp_path / "rows.csv")],
        samples: ["abalone", "--bucket", "b"],
    }
    monkeypatch.setattr("sys.argv", ["command", *words.get(command, ["dev"])])
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1
    assert "Unable to locate credentials. Sign in" in capsys.readouterr().err
