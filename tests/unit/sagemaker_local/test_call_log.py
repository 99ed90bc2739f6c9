"""The file in which a server writes down what it was asked."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_local.call_log import CallLog
from sagemaker_local.calls import Call, HttpAnswer
from sagemaker_local.faults import ResponseLost
from sagemaker_local.signature import signer
from tests.support.local_aws import LocalAws

pytestmark = pytest.mark.local_only
SIGNED = b"AWS4-HMAC-SHA256 Credential=me/20260101/us-east-1/%b/aws4_request, SignedHeaders=host"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_server_writes_down_who_asked_what_of_which_service_and_how_that_ended(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "calls.jsonl"
    aws = LocalAws(tmp_path / "data", tmp_path / "images", "--calls", str(path)).start()
    try:
        aws.s3.create_bucket(Bucket="bucket")
        aws.s3.put_object(Bucket="bucket", Key="a key", Body=b'{"data": 1}', ContentType="application/json")
        aws.client("sqs", access_key="someone").create_queue(QueueName="queue")
        with pytest.raises(ClientError):
            aws.sagemaker.describe_training_job(TrainingJobName="none")
        aws.health()  # is nobody's, and no call
        with pytest.raises(ClientError):
            aws.client("sagemaker-runtime").invoke_endpoint(EndpointName="none", Body=b"1,2", ContentType="text/csv")
    finally:
        aws.kill()
    bucket, put, queue, described, invoked = lines(path)
    assert (bucket["service"], bucket["method"], bucket["path"], bucket["status"]) == ("s3", "PUT", "/bucket", 200)
    assert (put["path"], put["body"], put["access_key"]) == ("/bucket/a%20key", None, "local")
    assert (queue["access_key"], json.loads(queue["body"])) == ("someone", {"QueueName": "queue"})
    assert queue["headers"] == {"x-amz-target": "AmazonSQS.CreateQueue"}
    assert (described["service"], described["status"]) == ("sagemaker", 400)
    assert json.loads(described["body"]) == {"TrainingJobName": "none"}
    assert (invoked["path"], invoked["body"]) == ("/endpoints/none/invocations", None)
    assert bucket["at"] <= invoked["at"]


def test_a_call_whose_answer_is_lost_is_written_down_without_a_status(tmp_path: Path) -> None:
    async def lost(body: bytes) -> HttpAnswer:
        raise ResponseLost

    log = CallLog(tmp_path / "calls.jsonl")
    who = signer((SIGNED % b"sagemaker").decode())
    call = log.around(Call(lost, lambda: HttpAnswer(413, [], b"")), who, "POST", "/", {})
    with pytest.raises(ResponseLost):
        asyncio.run(call.answer(b"{}"))
    log.close()
    assert [line["status"] for line in lines(tmp_path / "calls.jsonl")] == [None]


def write(log: CallLog, service: bytes, body: bytes) -> None:
    async def answer(body: bytes) -> HttpAnswer:
        return HttpAnswer(200, [], b"")

    who = signer((SIGNED % service).decode())
    headers = {b"content-type": b"application/x-amz-json-1.1"}
    call = log.around(Call(answer, lambda: HttpAnswer(413, [], b"")), who, "POST", "/", headers)
    asyncio.run(call.answer(body))


def test_secrets_are_not_written_down_and_nobody_else_reads_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.touch(0o644)
    log = CallLog(path)
    write(log, b"secretsmanager", b'{"SecretString": "xyz"}')
    write(log, b"sagemaker", b'{"ModelName": "m"}')
    log.close()
    assert [line["body"] for line in lines(path)] == [None, '{"ModelName": "m"}']
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("before", [b"", b'{"whole": 1}\n'])
def test_half_a_line_of_a_killed_server_is_taken_off(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "calls.jsonl"
    for left in (b"", b'{"ha'):
        path.write_bytes(before + left)
        log = CallLog(path)
        write(log, b"sagemaker", b"{}")
        log.close()
        assert len(lines(path)) == before.count(b"\n") + 1


def test_an_application_gets_every_request_whole_and_data_is_not_written_down(tmp_path: Path) -> None:
    big = b"x" * (1 << 20)
    got: list[bytes] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        got.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def receive() -> Any:
        return {"type": "http.request", "body": big}

    async def send(message: Any) -> None:
        got.append(message["status"])

    log = CallLog(tmp_path / "calls.jsonl")
    headers = [(b"Authorization", SIGNED % b"sns"), (b"Content-Type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "raw_path": b"/", "query_string": b"a=1", "headers": headers}
    asyncio.run(log.app(application)(scope, receive, send))
    asyncio.run(log.app(application)({**scope, "headers": headers[1:]}, receive, send))
    log.close()
    assert got == [big, 204] * 2
    (line,) = lines(tmp_path / "calls.jsonl")  # of nobody none
    assert (line["path"], line["status"], line["body"]) == ("/?a=1", 204, None)
