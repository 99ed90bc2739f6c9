"""All queues of this server."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from sagemaker_local import clock
from sagemaker_local.clock import Waits
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.asynchronous import AsyncRequest
from sagemaker_local.errors import ServiceError
from sagemaker_local.execution.metrics import MetricBuffer
from sagemaker_local.hosting.asynchronous import records
from sagemaker_local.hosting.asynchronous.processing import Processor
from sagemaker_local.hosting.asynchronous.queue import Queue
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.invocation import endpoint_not_found
from sagemaker_local.hosting.metrics import endpoint_source
from sagemaker_local.store import Store

Find = Callable[[Scope, str], Endpoint | None]


class AsyncInference:
    """Takes requests, and has them answered; belongs to the event loop."""

    def __init__(self, store: Store, find: Find, processor: Processor, waits: Waits) -> None:
        """*find* gives the endpoint of a name that serves."""
        self._store, self._find, self._processor, self._waits = store, find, processor, waits
        self._queues: dict[tuple[Scope, str], Queue] = {}

    async def accept(self, scope: Scope, name: str, members: dict[str, Any], body: bytes) -> AsyncRequest:
        """Keep a request, and return it once it cannot be lost any more. Raises ``ServiceError``."""
        config = self._found(scope, name).fleet.home.config.get("AsyncInferenceConfig")
        if config is None:
            message = f"Endpoint {name} is not configured for asynchronous inference: invoke it with InvokeEndpoint."
            raise ServiceError("ValidationError", message)
        request = AsyncRequest.of(str(uuid.uuid4()), name, config, members, body, clock.now())
        await asyncio.to_thread(records.keep, self._store, scope, request)
        try:
            self._found(scope, name)  # it may have been deleted meanwhile, and what waited for it then
        except ServiceError:
            await asyncio.to_thread(records.remove, self._store, scope, request.id)
            raise
        self._queue(scope, name).put(records.waiting(request))
        return request

    def _found(self, scope: Scope, name: str) -> Endpoint:
        endpoint = self._find(scope, name)
        if endpoint is None:
            raise endpoint_not_found(scope, name)
        return endpoint

    async def resume(self) -> None:
        """After a restart: what was acknowledged and is not done has its turn."""
        for scope, name, waiting in await asyncio.to_thread(records.kept, self._store):
            self._queue(scope, name).put(waiting)

    async def forget(self, scope: Scope, name: str) -> None:
        """The endpoint is being deleted: nothing of it is processed any more."""
        queue = self._queues.pop((scope, name), None)
        if queue is not None:
            await queue.close()

    async def close(self) -> None:
        """Break off; everything that is not done is resumed at the next start."""
        await asyncio.gather(*(queue.close() for queue in self._queues.values()))

    def measure(self, endpoints: Iterable[Endpoint], metrics: MetricBuffer) -> None:
        """Add the backlogs of *endpoints*, as far as these are asynchronous, to *metrics*."""
        for endpoint in endpoints:
            if endpoint.asynchronous:
                instances = sum(variant.count for variant in endpoint.fleet.production)
                backlog = self._queue(endpoint.scope, endpoint.name).backlog(instances)
                metrics.add(endpoint_source(endpoint), **backlog.metrics())

    def _queue(self, scope: Scope, name: str) -> Queue:
        if (scope, name) not in self._queues:
            find = partial(self._find, scope, name)
            self._queues[scope, name] = Queue(scope, find, self._store, self._processor, self._waits)
        return self._queues[scope, name]
