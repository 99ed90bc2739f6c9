"""The door for triggers, which must not block."""

from contextlib import AsyncExitStack
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from mlops_sagemaker import uris
from mlops_sagemaker.errors import ApiError
from mlops_sagemaker.hook.calls import absence_is_none, explained
from mlops_sagemaker.hook.lines import LogPositions, line, move_on
from mlops_sagemaker.jobs import JobKind
from mlops_sagemaker.resources import Describable, Description

LONG_POLL_SECONDS = 10
MAX_MESSAGES = 10


class AsyncAws:
    """What triggers ask of AWS; the methods do as their namesakes of LifecycleHook.

    Clients are made when first asked for and live as long as ``stack``.
    """

    def __init__(self, hook: Any, stack: AsyncExitStack) -> None:
        self._hook, self._stack = hook, stack
        self._clients: dict[str, Any] = {}

    async def describe(self, kind: Describable, name: str) -> Description | None:
        """What SageMaker says of ``name``, None if there is none."""
        client = await self._client(self._hook)
        with absence_is_none(), explained(kind.describe):
            description: Description = await getattr(client, kind.describe)(**{kind.name_key: name})
            return description
        return None

    async def stop(self, kind: JobKind, name: str) -> None:
        """Have the job ``name`` stopped; nothing happens if it has ended or never was."""
        client = await self._client(self._hook)
        with absence_is_none(), explained(kind.stop):
            await getattr(client, kind.stop)(**{kind.name_key: name})

    async def new_log_lines(self, kind: JobKind, name: str, positions: LogPositions) -> list[str]:
        """What a job has logged since ``positions``, which this moves on."""
        streams = await self._log_streams(kind, name)
        return [
            line(kind, name, stream, len(streams), event)
            for stream in streams
            for event in await self._new_events(kind.log_group, stream, positions.setdefault(stream, [0, 0]))
        ]

    async def list_keys(self, uri: str) -> list[str]:
        """Keys of all objects below the prefix ``uri``, relative to it."""
        bucket, prefix = uris.parse(uri)
        client = await self._client(self._hook.s3_hook)
        with explained(f"listing {uri}"):
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [entry["Key"].removeprefix(prefix) async for page in pages for entry in page.get("Contents", ())]

    async def receive(self, queue: str) -> list[Any]:
        """The messages that are in the queue of this name, or come within `LONG_POLL_SECONDS`."""
        client = await self._client(self._hook.queues_hook)
        with explained(f"receiving from {queue}"):
            url = (await client.get_queue_url(QueueName=queue))["QueueUrl"]
            answer = await client.receive_message(
                QueueUrl=url, MaxNumberOfMessages=MAX_MESSAGES, WaitTimeSeconds=LONG_POLL_SECONDS
            )
            return list(answer.get("Messages", ()))

    async def forget(self, queue: str, messages: list[Any]) -> None:
        """Delete messages that were received: they are dealt with."""
        client = await self._client(self._hook.queues_hook)
        with explained(f"deleting from {queue}"):
            url = (await client.get_queue_url(QueueName=queue))["QueueUrl"]
            for message in messages:
                await client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    async def _log_streams(self, kind: JobKind, name: str) -> list[str]:
        client = await self._client(self._hook.logs_hook)
        try:
            with explained("describe_log_streams"):
                pages = client.get_paginator("describe_log_streams").paginate(
                    logGroupName=kind.log_group, logStreamNamePrefix=kind.log_prefix(name)
                )
                return [stream["logStreamName"] async for page in pages for stream in page["logStreams"]]
        except ApiError as error:
            if error.code != "ResourceNotFoundException":
                raise
            return []  # the account's first job of this kind has logged nothing yet

    async def _new_events(self, group: str, stream: str, position: list[int]) -> list[Any]:
        client = await self._client(self._hook.logs_hook)
        timestamp, skip = position
        events: list[Any] = []
        token: dict[str, str] = {}
        with explained("get_log_events"):
            while True:
                page = await client.get_log_events(
                    logGroupName=group, logStreamName=stream, startTime=timestamp, startFromHead=True, **token
                )
                events += page["events"]
                if page["nextForwardToken"] == token.get("nextToken"):
                    break  # documented: at the end of the stream the same token comes back
                token = {"nextToken": page["nextForwardToken"]}
        for event in events[skip:]:
            move_on(position, event)
        return events[skip:]

    async def _client(self, hook: AwsBaseHook) -> Any:
        """The hook's client, made when first asked for."""
        service = str(hook.client_type)
        if service not in self._clients:
            connection = await hook.get_async_conn()  # type: ignore[no-untyped-call]
            self._clients[service] = await self._stack.enter_async_context(connection)
        return self._clients[service]
