"""The private names of ministack that the local SageMaker stands on, each in a process of its own.

ministack takes its settings when it is imported and keeps its state in its modules. When a test here fails after a
new version was pinned, ``sagemaker_local/base/ministack.py`` is the one place to change.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.support.local_aws import ROOT

PRELUDE = """
import asyncio, importlib, json, pathlib, sys
from sagemaker_local.base import ministack
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.events import Event

DATA = pathlib.Path(sys.argv[1])
STATE = DATA / "state"
SCOPE = Scope("111111111111", "eu-west-1")
ministack.configure(DATA, "000000000000", "us-east-1", 1)

async def ask(app, target, body, service="sqs"):
    '''One request through the ASGI application: its status and body.'''
    credential = f"111111111111/20260101/eu-west-1/{service}/aws4_request"
    headers = [
        (b"authorization", f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=h, Signature=0".encode()),
        (b"x-amz-target", target.encode()),
        (b"content-type", b"application/x-amz-json-1.0"),
    ]
    scope = {
        "type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers,
        "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 1), "client": ("127.0.0.1", 2),
    }
    sent = []
    async def receive():
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}
    async def send(message):
        sent.append(message)
    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(content)

def create_queue(app):
    return asyncio.run(ask(app, "AmazonSQS.CreateQueue", {"QueueName": "q"}))
"""


def in_a_process(tmp_path: Path, script: str) -> Any:
    """What *script* assigns to ``result``."""
    code = f"{PRELUDE}\n{dedent(script)}\nprint('RESULT', json.dumps(result))"
    command = [sys.executable, "-c", code, str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.rpartition("RESULT ")[2])


def test_app_is_the_asgi_application_of_all_services(tmp_path: Path) -> None:
    status, body = in_a_process(
        tmp_path,
        """
        app = importlib.import_module("ministack.app").app
        result = create_queue(app)
        """,
    )
    assert status == 200
    assert body["QueueUrl"].endswith("/111111111111/q")


def test_build_persistence_save_dict_gives_the_state_of_every_service_in_use(tmp_path: Path) -> None:
    before, after = in_a_process(
        tmp_path,
        """
        module = importlib.import_module("ministack.app")
        before = sorted(module._build_persistence_save_dict())
        create_queue(module.app)
        states = module._build_persistence_save_dict()
        result = [before, {"sqs": "q" in repr(states["sqs"]())}]
        """,
    )
    assert "sqs" not in before
    assert after == {"sqs": True}


def test_save_state_writes_a_service_to_its_file(tmp_path: Path) -> None:
    written = in_a_process(
        tmp_path,
        """
        importlib.import_module("ministack.core.persistence").save_state("sqs", {"queues": [1]})
        result = json.loads((STATE / "sqs.json").read_text())["payload"]
        """,
    )
    assert written == {"queues": [1]}


def test_request_scope_pins_account_and_region(tmp_path: Path) -> None:
    inside, outside = in_a_process(
        tmp_path,
        """
        responses = importlib.import_module("ministack.core.responses")
        with responses.request_scope("111111111111", "eu-west-1"):
            inside = [responses.get_account_id(), responses.get_region()]
        result = [inside, [responses.get_account_id(), responses.get_region()]]
        """,
    )
    assert inside == ["111111111111", "eu-west-1"]
    assert outside == ["000000000000", "us-east-1"]


def test_put_events_lets_only_the_platform_send_as_aws(tmp_path: Path) -> None:
    allowed, refused = in_a_process(
        tmp_path,
        """
        put = importlib.import_module("ministack.services.eventbridge")._put_events
        entries = {"Entries": [{"Source": "aws.sagemaker", "DetailType": "t", "Resources": ["a"], "Detail": "{}"}]}
        result = []
        for options in ({"allow_aws_source": True}, {}):
            status, _, body = put(entries, **options)
            result.append([status, json.loads(body)["FailedEntryCount"]])
        """,
    )
    assert allowed == [200, 0]
    assert refused == [200, 1]


def test_atomic_write_is_called_with_an_objects_content_and_then_with_its_description(tmp_path: Path) -> None:
    written = in_a_process(
        tmp_path,
        """
        s3 = importlib.import_module("ministack.services.s3")
        original, result = s3._atomic_write, []
        def recorded(path, data, *, text=False):
            result.append([str(pathlib.Path(path).relative_to(DATA / "s3")), type(data).__name__])
            original(path, data, text=text)
        s3._atomic_write = recorded
        s3._persist_object("b", "k", {"body": b"content", "etag": "e"})
        """,
    )
    assert written == [["000000000000/b/k", "bytes"], ["000000000000/b/k.meta.json", "str"]]


def test_hypercorn_compat_install_gives_answers_their_reason_phrase_and_can_be_repeated(tmp_path: Path) -> None:
    assert (
        in_a_process(
            tmp_path,
            """
        import h11
        compat = importlib.import_module("ministack.core.hypercorn_compat")
        compat.install()
        compat.install()
        result = bytes(h11.Response(status_code=404, headers=[]).reason).decode()
        """,
        )
        == "Not Found"
    )


def test_state_is_saved_once_it_was_touched_and_found_by_the_next_process(tmp_path: Path) -> None:
    untouched, saved = in_a_process(
        tmp_path,
        """
        base = ministack.Ministack()
        create_queue(base.app)
        base.save_if_touched()
        untouched = STATE.exists()
        base.touched()
        base.save_if_touched()
        result = [untouched, "q" in (STATE / "sqs.json").read_text()]
        """,
    )
    assert (untouched, saved) == (False, True)


@pytest.mark.parametrize(("pattern", "count"), [("aws.sagemaker", 1), ("aws.ec2", 0)])
def test_an_event_reaches_the_queues_of_its_scope_through_a_rule(tmp_path: Path, pattern: str, count: int) -> None:
    messages = in_a_process(
        tmp_path,
        f"""
        base = ministack.Ministack()
        create_queue(base.app)
        pattern = json.dumps({{"source": ["{pattern}"]}})
        arn = "arn:aws:sqs:eu-west-1:111111111111:q"
        async def run():
            await ask(base.app, "AWSEvents.PutRule", {{"Name": "r", "EventPattern": pattern}}, "events")
            targets = {{"Rule": "r", "Targets": [{{"Id": "1", "Arn": arn}}]}}
            await ask(base.app, "AWSEvents.PutTargets", targets, "events")
            await base.emit_event(SCOPE, Event("SageMaker Something", ("arn:x",), {{"n": 1}}))
            await base.emit_event(Scope("222222222222", "eu-west-1"), Event("SageMaker Other", (), {{}}))
            url = "http://127.0.0.1:1/111111111111/q"
            return await ask(base.app, "AmazonSQS.ReceiveMessage", {{"QueueUrl": url, "MaxNumberOfMessages": 10}})
        result = asyncio.run(run())[1].get("Messages", [])
        """,
    )
    bodies = [json.loads(message["Body"]) for message in messages]
    assert len(bodies) == count
    for body in bodies:
        assert (body["source"], body["detail-type"]) == ("aws.sagemaker", "SageMaker Something")
        assert (body["account"], body["region"]) == ("111111111111", "eu-west-1")
        assert (body["resources"], body["detail"]) == (["arn:x"], {"n": 1})


def test_a_state_that_cannot_be_written_is_an_error_and_is_saved_later(tmp_path: Path) -> None:
    told, saved = in_a_process(
        tmp_path,
        """
        base = ministack.Ministack()
        create_queue(base.app)
        in_the_way = STATE / "sqs.json.tmp"
        in_the_way.mkdir(parents=True)
        base.touched()
        try:
            base.save_if_touched()
        except OSError as error:
            told = str(error)
        in_the_way.rmdir()
        base.save_if_touched()
        result = [told, "q" in (STATE / "sqs.json").read_text()]
        """,
    )
    assert "the state of sqs could not be written" in told
    assert saved


def test_a_search_of_logs_keeps_to_the_streams_whose_names_begin_so(tmp_path: Path) -> None:
    found, none, refused = in_a_process(
        tmp_path,
        """
        base = ministack.Ministack()
        def logs(operation, **request):
            target = f"Logs_20140328.{operation}"
            return asyncio.run(ask(base.app, target, {"logGroupName": "g", **request}, service="logs"))
        logs("CreateLogGroup")
        for name in ("job-1/algo-1", "job-1/algo-2", "job-10/algo-1"):
            logs("CreateLogStream", logStreamName=name)
            logs("PutLogEvents", logStreamName=name, logEvents=[{"timestamp": 1, "message": name}])
        def search(**request):
            status, body = logs("FilterLogEvents", startTime=0, **request)
            return [event["message"] for event in body["events"]] if status == 200 else body["__type"]
        both = {"logStreamNamePrefix": "job", "logStreamNames": ["job-1/algo-1"]}
        result = [search(logStreamNamePrefix="job-1/"), search(logStreamNamePrefix="x"), search(**both)]
        """,
    )
    assert found == ["job-1/algo-1", "job-1/algo-2"]
    assert none == []
    assert refused == "InvalidParameterException"


LOGS = """
def logs(operation, **request):
    target = f"Logs_20140328.{operation}"
    return asyncio.run(ask(base.app, target, {"logGroupName": "g", **request}, service="logs"))[1]
def put(stream, *messages):
    logs("CreateLogStream", logStreamName=stream)
    for message in messages:
        logs("PutLogEvents", logStreamName=stream, logEvents=[{"timestamp": 1, "message": message}])
def found(stream):
    events = logs("GetLogEvents", logStreamName=stream, startFromHead=True)["events"]
    return [event["message"] for event in events]
base = ministack.Ministack()
"""
RESTART = (
    LOGS
    + """
importlib.import_module("ministack.app")._load_persisted_state()
result = [found("a"), found("b")]
"""
)


def test_log_events_are_appended_to_a_file_of_their_own(tmp_path: Path) -> None:
    script = """
logs("CreateLogGroup")
put("a", "one", "two")
base.save()
put("b", "gone")
logs("DeleteLogStream", logStreamName="b")
put("b", "three")
base.save()
result = (STATE / "cloudwatch_logs.json").read_text()
"""
    assert "three" not in in_a_process(tmp_path, LOGS + script)
    assert in_a_process(tmp_path, RESTART) == [["one", "two"], ["three"]]
    file = tmp_path / "state" / "log_events.jsonl"
    assert "gone" not in file.read_text()
    # Killed as it wrote, and not saved since.
    with file.open("ab") as events:
        events.write(b'\n["cut o')
    assert in_a_process(tmp_path, RESTART + 'put("a", "four"); base.save()') == [["one", "two"], ["three"]]
    assert in_a_process(tmp_path, RESTART) == [["one", "two", "four"], ["three"]]


def test_the_events_in_an_older_state_are_taken_over(tmp_path: Path) -> None:
    script = """
from types import SimpleNamespace
module = importlib.import_module("ministack.services.cloudwatch_logs")
base = SimpleNamespace(app=importlib.import_module("ministack.app").app)
logs("CreateLogGroup")
put("a", "one")
put("b")
importlib.import_module("ministack.core.persistence").save_state("cloudwatch_logs", module.get_state())
result = sorted(module.get_state())
"""
    names = in_a_process(tmp_path, LOGS.replace("base = ministack.Ministack()", "") + script)
    for _ in range(2):
        assert in_a_process(tmp_path, RESTART + "base.save()") == [["one"], []]
    kept = json.loads((tmp_path / "state" / "cloudwatch_logs.json").read_text())["payload"]
    assert sorted([*kept, "log_records"]) == names


def test_log_events_that_cannot_be_written_are_written_once_later(tmp_path: Path) -> None:
    script = """
import resource
from sagemaker_local.base.log_events import EventFile
path = STATE / "log_events.jsonl"
file = EventFile(path)
file.add("a", [{"message": "one"}])
file.write()
size = path.stat().st_size
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, most))
file.add("a", [{"message": "two"}])
try:
    file.write()
except OSError:
    left = path.stat().st_size - size
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
file.write()
file.write()
result = [left, list(file.read())]
"""
    left, read = in_a_process(tmp_path, script)
    assert left == 0
    assert read == [["a", [{"message": "one"}]], ["a", [{"message": "two"}]]]
