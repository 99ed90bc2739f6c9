"""Endpoints from their records: whatever a record says is under way is carried out, also after a restart."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from sagemaker_local import clock
from sagemaker_local.clock import Waits
from sagemaker_local.domain import endpoints, rollouts, variants
from sagemaker_local.domain.arns import Scope
from sagemaker_local.hosting import records
from sagemaker_local.hosting.alarms import Alarms
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.fleet import Fleet, FleetFailed, FleetPlatform, Home
from sagemaker_local.hosting.records import Record
from sagemaker_local.hosting.rollout import Rollout
from sagemaker_local.store import Store

log = logging.getLogger(__name__)

INTERNAL_ERROR = "InternalServerError: We encountered an internal error.  Please try again."
_RETRY_SECONDS = 1.0
_REVIVAL_SECONDS = 5.0

Key = tuple[Scope, str]
T = TypeVar("T")


class Hosting:
    """All endpoints of this server. Its methods run in the event loop; ``attend`` may be called from any thread."""

    def __init__(self, store: Store, platform: FleetPlatform, folder: Path) -> None:
        self._store, self._platform, self._folder = store, platform, folder
        self._loop = asyncio.get_running_loop()
        self._serving: dict[Key, Endpoint] = {}
        self._fleets: set[Fleet] = set()
        self._revivals: dict[Fleet, asyncio.Task[None]] = {}
        self._work: set[asyncio.Task[None]] = set()
        self.on_retired: Callable[[], Awaitable[None]] = _nothing
        """called when a fleet has given its last answer"""
        self.on_deleting: Callable[[Scope, str], Awaitable[None]] = _nothing
        """called when an endpoint takes no more requests, before its fleet ends"""

    @property
    def waits(self) -> Waits:
        """How long the platform waits where AWS does."""
        return self._platform.waits

    def find(self, scope: Scope, name: str) -> Endpoint | None:
        """The endpoint of exactly that name, if it serves."""
        return self._serving.get((scope, name))

    def endpoints(self) -> list[Endpoint]:
        """Every endpoint that serves."""
        return list(self._serving.values())

    def attend(self, scope: Scope, name: str) -> None:
        """The endpoint's record says that something is under way: begin it, and return at once."""
        self._loop.call_soon_threadsafe(self._begin, self._carry_out(scope, name))

    async def reconcile(self) -> None:
        """After a restart: what was live serves again, what was under way goes on, what belongs to nothing goes."""
        found = await asyncio.to_thread(self._store.in_states, records.ENDPOINT, endpoints.ALL)
        await asyncio.to_thread(self._tidy, [record for _, record in found])
        for scope, record in found:
            status, name = record["EndpointStatus"], record["EndpointName"]
            if "Live" in record and status != endpoints.DELETING:
                self._revive(scope, record)
            if status in endpoints.UNDER_WAY:
                self._begin(self._carry_out(scope, name))

    async def close(self) -> None:
        """End everything at once; the records are taken up again at the next start."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        self._serving.clear()
        await asyncio.gather(*(fleet.kill() for fleet in self._fleets))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    def _tidy(self, found: list[Record]) -> None:
        """Of the folders only the model data of fleets stays that are or will be."""
        self._folder.mkdir(parents=True, exist_ok=True)
        staying = [record for record in found if record["EndpointStatus"] != endpoints.DELETING]
        needed = {
            record[kind]["Fleet"] for record in staying for kind in ("Live", "Pending", "Mixed") if kind in record
        }
        for path in self._folder.iterdir():
            stale = path.glob("*/instances") if path.name in needed else [path]
            for each in stale:
                shutil.rmtree(each, ignore_errors=True)

    # Fleets

    def _fleet(self, scope: Scope, name: str, configured: Record, shown: Record) -> Fleet:
        home = Home(scope, name, self._folder / configured["Fleet"], configured["EndpointConfig"])
        fleet = Fleet(self._platform, home, configured, shown)
        self._fleets.add(fleet)
        return fleet

    def _revive(self, scope: Scope, record: Record) -> None:
        name = record["EndpointName"]
        fleet = self._fleet(scope, name, record["Live"], record)
        endpoint = self._serving[scope, name] = Endpoint(scope, name, fleet)
        self._revivals[fleet] = self._begin(self._restarted(fleet, record))
        if "Mixed" in record:
            shown = record["Mixed"]["Shown"]
            mixed = self._fleet(scope, name, record["Mixed"], shown)
            endpoint.mix(mixed, endpoints.mixed_share(record))
            self._revivals[mixed] = self._begin(self._restarted(mixed, shown))

    async def _restarted(self, fleet: Fleet, record: Record) -> None:
        """Its instances go on trying by themselves; only what comes before them has to be tried again."""
        while True:
            try:
                await fleet.adapt(record)
                return
            except FleetFailed as error:
                log.error("endpoint %s is not back yet: %s", fleet.home.endpoint_name, error)
                await asyncio.sleep(_REVIVAL_SECONDS)

    async def _end(self, fleet: Fleet) -> None:
        revival = self._revivals.pop(fleet, None)
        if revival is not None:
            revival.cancel()
            await asyncio.wait([revival])
        await fleet.retire()
        self._fleets.discard(fleet)
        await self.on_retired()

    # What a record can say is under way

    async def _carry_out(self, scope: Scope, name: str) -> None:
        record = await asyncio.to_thread(self._store.get, records.ENDPOINT, scope, name)
        assert record is not None, f"endpoint {name} has no record"
        match record["EndpointStatus"]:
            case endpoints.CREATING:
                await self._create(scope, record)
            case endpoints.UPDATING if "Pending" in record:
                await self._update(scope, record)
            case endpoints.UPDATING:
                await self._change(scope, record)
            case endpoints.ROLLING_BACK if "Pending" in record:
                new = self._fleet(scope, name, record["Pending"], record["PendingDeploymentSummary"])
                await self._roll_back(self._serving[scope, name], record, new)
            case endpoints.ROLLING_BACK:
                await self._change_record(scope, name, endpoints.rolled_back)
            case endpoints.DELETING:
                await self._delete(scope, record)

    async def _create(self, scope: Scope, record: Record) -> None:
        name = record["EndpointName"]
        fleet = self._fleet(scope, name, record["Pending"], record["PendingDeploymentSummary"])
        await self._tell(scope, name, variants.CREATING, lambda count: f"Launching {count} instance(s).")
        reason = await _failure(fleet.adapt(record["PendingDeploymentSummary"]))
        if reason is None:
            self._serving[scope, name] = Endpoint(scope, name, fleet)
            await self._change_record(scope, name, endpoints.deployed)
        else:
            await self._end(fleet)
            await self._change_record(scope, name, lambda it, now: endpoints.creation_failed(it, reason, now))
            await fleet.discard()

    async def _update(self, scope: Scope, record: Record) -> None:
        name, endpoint = record["EndpointName"], self._serving[scope, record["EndpointName"]]
        old = endpoint.fleet
        new = self._fleet(scope, name, record["Pending"], record["PendingDeploymentSummary"])
        wanted, deployment = record["PendingDeploymentSummary"], record.get("LastDeploymentConfig")
        alarms = Alarms(self._platform.serving.aws.client("cloudwatch", scope), rollouts.alarms(deployment))
        rollout = Rollout(endpoint, new, alarms, self._platform.waits, lambda *it: self._tell(scope, name, *it))
        steps = rollouts.steps(deployment, endpoints.largest(wanted))
        reason = await _failure(rollout.run(record, wanted, steps, rollouts.time_limit(deployment)))
        if reason is None:
            mixed = endpoint.mixed
            endpoint.switch(new)
            await self._tell(scope, name, variants.DELETING, lambda count: f"Terminating {count} instance(s).")
            await self._replace((old, mixed), scope, name, endpoints.deployed)
        else:
            await self._change_record(scope, name, lambda it, now: endpoints.begin_rollback(it, reason, now))
            await self._roll_back(endpoint, record, new)

    async def _roll_back(self, endpoint: Endpoint, record: Record, new: Fleet) -> None:
        """The live fleet gets back what it has given up, and then all traffic; if it does not, both serve on."""
        scope, name, old, mixed = endpoint.scope, endpoint.name, endpoint.fleet, endpoint.mixed
        lacking = await _failure(old.adapt(record))
        if lacking is None:
            endpoint.switch(old)
            await self._replace((new, mixed), scope, name, endpoints.rolled_back)
            return
        live, pending = await old.keep_in_service(), await new.keep_in_service()

        def fail(it: Record, now: float) -> None:
            endpoints.rollback_failed(it, lacking, live, pending, now)

        failed = await self._change_record(scope, name, fail)
        endpoint.mix(new, endpoints.mixed_share(failed))
        await self._end_for_good(mixed)

    async def _replace(
        self, gone: tuple[Fleet | None, ...], scope: Scope, name: str, mutate: Callable[[Record, float], None]
    ) -> None:
        """End the fleets of which nothing is needed any more; then the record may say that another serves alone."""
        for fleet in filter(None, gone):
            await self._end(fleet)
        await self._change_record(scope, name, mutate)
        for fleet in filter(None, gone):
            await fleet.discard()

    async def _end_for_good(self, fleet: Fleet | None) -> None:
        if fleet is not None:
            await self._end(fleet)
            await fleet.discard()

    async def _change(self, scope: Scope, record: Record) -> None:
        name, fleet = record["EndpointName"], self._serving[scope, record["EndpointName"]].fleet
        reason = await _failure(fleet.adapt(record))
        if reason is None:
            await self._change_record(scope, name, endpoints.changed)
            return

        def begin_rollback(it: Record, now: float) -> None:
            endpoints.begin_rollback(it, reason, now)
            endpoints.want_what_is(it)

        reverted = await self._change_record(scope, name, begin_rollback)
        await fleet.adapt(reverted)
        await self._change_record(scope, name, endpoints.rolled_back)

    async def _delete(self, scope: Scope, record: Record) -> None:
        name = record["EndpointName"]
        endpoint = self._serving.pop((scope, name), None)
        await self.on_deleting(scope, name)
        if endpoint is not None:
            await self._end_for_good(endpoint.mixed)
            await self._end_for_good(endpoint.fleet)
        await self._stored(lambda: records.remove(self._store, scope, name))

    # Records

    async def _tell(self, scope: Scope, name: str, status: str, message: Callable[[int], str]) -> None:
        def enter(record: Record, now: float) -> None:
            for shown in endpoints.pending_variants(record):
                variants.entered(shown, status, message(int(shown["DesiredInstanceCount"])), now)

        await self._change_record(scope, name, enter)

    async def _change_record(self, scope: Scope, name: str, mutate: Callable[[Record, float], None]) -> Record:
        return await self._stored(
            lambda: records.change(self._store, scope, name, lambda record: mutate(record, clock.now()))
        )

    async def _stored(self, write: Callable[[], T]) -> T:
        """A full disk holds a change up and loses nothing."""
        while True:
            try:
                return await asyncio.to_thread(write)
            except sqlite3.OperationalError as error:
                log.error("the state of an endpoint cannot be stored yet: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)


async def _nothing(*_: object) -> None:
    pass


async def _failure(deployment: Coroutine[Any, Any, None]) -> str | None:
    """Why *deployment* failed, fit for a ``FailureReason``; ``None`` if it did not."""
    try:
        await deployment
    except FleetFailed as error:
        return str(error)
    except Exception:
        log.exception("a deployment failed for no fault of the model's")
        return INTERNAL_ERROR
    return None
