"""Files that arrive reach Airflow: S3, EventBridge, SQS, and the trigger of an asset's watcher."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.module_loading import import_string

from deploy.local import events
from mlops_sagemaker.hook import LifecycleHook
from mlops_sagemaker.triggers.queue import QueueTrigger
from tests.support.local_aws import BUCKET, LocalAws, unique

PART_BYTES = 5 << 20
"""API_UploadPart: the least size of every part but the last."""


@pytest.fixture
def use_case(aws: LocalAws) -> str:
    """A use case whose files are told of in a queue."""
    name = unique("uc").replace("-", "_")
    events.tell_of_objects(aws.s3, BUCKET)
    events.ensure(aws.client("sqs"), aws.client("events"), events.incoming(name, BUCKET))
    return name


def told(use_case: str, act: Callable[[], Any]) -> list[tuple[str, int, str]]:
    """Key, size and ETag of the files that the trigger fires for once ``act`` is done."""
    path, arguments = QueueTrigger(events.incoming(use_case, BUCKET).name).serialize()

    async def first() -> Any:
        act()
        return (await anext(import_string(path)(**arguments).run())).payload["bodies"]

    objects = [json.loads(body)["detail"]["object"] for body in asyncio.run(first())]
    return [(each["key"].removeprefix(f"{use_case}/"), each["size"], each["etag"]) for each in objects]


@pytest.mark.documented("https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html")
@pytest.mark.parametrize("name", ["a.csv", "in a folder/ü+ %20.csv"])
def test_a_file_is_told_of_under_its_own_name(aws: LocalAws, use_case: str, name: str) -> None:
    answers: list[Any] = []

    def put() -> None:
        for folder in ("data", "incoming"):
            answers.append(aws.s3.put_object(Bucket=BUCKET, Key=f"{use_case}/{folder}/{name}", Body=b"rings\n1\n"))

    found = told(use_case, put)
    assert found == [(f"incoming/{name}", 8, answers[1]["ETag"].strip('"'))]


@pytest.mark.documented("https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html")
def test_a_file_in_parts_is_told_of_once_it_is_whole(aws: LocalAws, use_case: str) -> None:
    named = {"Bucket": BUCKET, "Key": f"{use_case}/incoming/large.csv"}

    def upload() -> None:
        upload_id = aws.s3.create_multipart_upload(**named)["UploadId"]
        parts = [
            {
                "PartNumber": number,
                "ETag": aws.s3.upload_part(**named, UploadId=upload_id, PartNumber=number, Body=body)["ETag"],
            }
            for number, body in enumerate((bytes(PART_BYTES), b"end"), start=1)
        ]
        aws.s3.complete_multipart_upload(**named, UploadId=upload_id, MultipartUpload={"Parts": parts})

    assert [(key, size) for key, size, _ in told(use_case, upload)] == [("incoming/large.csv", PART_BYTES + 3)]


@pytest.mark.documented("https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html")
def test_what_was_overwritten_is_neither_copied_nor_deleted(aws: LocalAws, use_case: str) -> None:
    hook, key = LifecycleHook(), f"{use_case}/incoming/ü+ x.csv"
    source, target = f"s3://{BUCKET}/{key}", f"s3://{BUCKET}/{use_case}/runs/1/0001.csv"
    old, new = (aws.s3.put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"].strip('"') for body in (b"old", b"new"))
    assert hook.copy(source, target, old) is False
    hook.remove(source, old)
    assert (hook.read(source), hook.read(target)) == (b"new", None)
    assert hook.copy(source, target, new) is True
    hook.remove(source, new)
    hook.remove(source, new)  # as a repeated task does
    assert (hook.read(source), hook.read(target)) == (None, b"new")
    assert hook.copy(source, target, new) is False
