"""A fleet: the instances of all variants of one endpoint configuration."""

from __future__ import annotations

import asyncio
import logging
import random
import shutil
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_local.clock import Waits
from sagemaker_local.domain import endpoints
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.routing import Weighted
from sagemaker_local.domain.variants import VariantSpec
from sagemaker_local.execution.metrics import MetricSource
from sagemaker_local.execution.serving.container import Served, ServingPlatform
from sagemaker_local.execution.serving.model import NoModelData, fetch
from sagemaker_local.execution.threads import interruptible
from sagemaker_local.hosting.instance import Instance, InstanceFailed, InstancePlan

log = logging.getLogger(__name__)

LOG_GROUP = "/aws/sagemaker/Endpoints/{}"
_INSTANCE_METRICS = "/aws/sagemaker/Endpoints"


class FleetFailed(Exception):
    """The fleet cannot serve; the text is a ``FailureReason``."""


@dataclass(frozen=True)
class FleetPlatform:
    """What every fleet runs with."""

    serving: ServingPlatform
    waits: Waits


@dataclass(frozen=True)
class Home:
    """Whose fleet it is, and where it lives."""

    scope: Scope
    endpoint_name: str
    folder: Path
    """the fleet's own"""
    config: dict[str, Any]
    """the endpoint configuration that it is a fleet of"""

    @property
    def log_group(self) -> str:
        return LOG_GROUP.format(self.endpoint_name)


class Variant:
    """The instances of one variant."""

    def __init__(self, platform: FleetPlatform, home: Home, spec: VariantSpec, wanted: dict[str, Any]) -> None:
        self._platform, self._home = platform, home
        self._instances: list[Instance] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._retiring: set[Instance] = set()
        self._scaling = asyncio.Lock()
        self._folder = home.folder / spec.name
        self.spec = spec
        self.weight: float = wanted["DesiredWeight"]
        self.name = spec.name
        self.max_concurrency = _concurrency(wanted) if spec.serverless else None
        """requests at a time; more are throttled. Without limit unless serverless."""
        self.outstanding = 0
        """the requests that it is answering at the moment"""
        self.in_service: list[Instance] = []

    @property
    def config(self) -> dict[str, Any]:
        """The endpoint configuration that it is a variant of."""
        return self._home.config

    @property
    def count(self) -> int:
        """Instances that there are or are to be."""
        return len(self._instances)

    def pick(self) -> Instance | None:
        """The instance for the next request, by the variant's routing strategy; ``None`` if none is in service."""
        candidates = self.in_service
        if len(candidates) <= 1:
            return candidates[0] if candidates else None
        if self.spec.least_outstanding:
            return min(candidates, key=lambda instance: instance.outstanding)
        return random.choice(candidates)

    def with_room(self, most: int) -> Instance | None:
        """The instance with the fewest requests, if it has fewer than *most*."""
        least = min(self.in_service, key=lambda instance: instance.outstanding, default=None)
        return least if least is not None and least.outstanding < most else None

    async def scale(self, count: int) -> None:
        """Start or retire instances until there are *count*, and wait for those that start. Raises ``FleetFailed``."""
        async with self._scaling:
            if count:
                await self._fetch_model()
            while len(self._instances) > count:
                self._leave(self._instances.pop())
            self._instances += [self._new_instance() for _ in range(count - len(self._instances))]
            starting = list(self._instances)
        await _all_launched(starting)

    async def keep_in_service(self) -> int:
        """End the instances that are not in service; returns how many are."""
        async with self._scaling:
            for instance in [each for each in self._instances if not each.in_service]:
                self._instances.remove(instance)
                self._leave(instance)
            return len(self._instances)

    async def retire(self) -> None:
        """Answer what is being answered, and end; returns when all instances are gone."""
        await self.scale(0)
        await asyncio.gather(*self._leaving)

    async def kill(self) -> None:
        """End at once; returns when all instances are gone."""
        everyone = [*self._instances, *self._retiring]
        self._instances = []
        await asyncio.gather(*(instance.kill() for instance in everyone))

    def _leave(self, instance: Instance) -> None:
        self._retiring.add(instance)
        task = asyncio.create_task(instance.retire())
        self._leaving.add(task)

        def gone(_: asyncio.Task[None]) -> None:
            self._leaving.discard(task)
            self._retiring.discard(instance)

        task.add_done_callback(gone)

    def _new_instance(self) -> Instance:
        return Instance(self._platform.serving, self._plan(), self._refresh)

    def _refresh(self) -> None:
        self.in_service = [instance for instance in self._instances if instance.in_service]

    @property
    def _model(self) -> Path:
        return self._folder / "model"

    def _plan(self) -> InstancePlan:
        spec = self.spec
        dimensions = (("EndpointName", self._home.endpoint_name), ("VariantName", spec.name))
        return InstancePlan(
            served=Served(
                self._home.scope,
                spec.image_uri,
                spec.environment,
                self._model,
                spec.network_isolation,
                MetricSource(self._home.scope, _INSTANCE_METRICS, (dimensions,)),
            ),
            variant=spec.name,
            health_check_seconds=spec.health_check_seconds,
            folder=self._folder / "instances",
            log_group=self._home.log_group,
            waits=self._platform.waits,
            data_log="AsyncInferenceConfig" in self.config,
        )

    async def _fetch_model(self) -> None:
        """Once for all instances, and once for all starts of the server: the model of a fleet never changes."""
        if self._model.exists():
            return
        s3 = self._platform.serving.aws.client("s3", self._home.scope)
        seconds = self._platform.waits.seconds(self.spec.download_seconds)
        try:
            async with asyncio.timeout(seconds):
                await interruptible(lambda check: fetch(s3, self.spec.container, self._model, check))
        except NoModelData as error:
            raise FleetFailed(str(error)) from error
        except TimeoutError as error:
            raise FleetFailed(
                f"The model data of production variant {self.name} was not downloaded within {seconds:g} seconds."
            ) from error


async def _all(parts: Iterable[Coroutine[Any, Any, None]]) -> None:
    """All at once; the first to fail ends the others."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _all_launched(instances: list[Instance]) -> None:
    """Until all are in service. Raises ``FleetFailed`` when the first fails."""
    try:
        await asyncio.gather(*(asyncio.shield(instance.launched) for instance in instances))
    except InstanceFailed as error:
        raise FleetFailed(str(error)) from error


class Fleet:
    """All variants of a configuration: production ones, which share the traffic, and a shadow, which gets copies."""

    def __init__(self, platform: FleetPlatform, home: Home, configured: dict[str, Any], shown: dict[str, Any]) -> None:
        """*configured* is the configuration, *shown* holds the variants' summaries; nothing is started yet."""
        self.home, self.configured = home, configured
        wanted = {variant["VariantName"]: variant for variant in endpoints.all_variants(shown)}

        def made(kind: str) -> list[Variant]:
            return [Variant(platform, home, spec, wanted[spec.name]) for spec in endpoints.specs(configured, kind)]

        self.production, self.shadows = made("ProductionVariants"), made("ShadowProductionVariants")
        self.by_name = {variant.name: variant for variant in self.production}
        self._shares = _shares(self.production)

    def pick(self) -> Variant | None:
        """The production variant for the next request, by weight."""
        return self._shares.pick(random.random())

    @property
    def asynchronous(self) -> bool:
        """Whether its configuration has an ``AsyncInferenceConfig``."""
        return "AsyncInferenceConfig" in self.home.config

    def pick_shadow(self) -> Variant | None:
        """The shadow variant, if the next request is one of those that it gets a copy of."""
        if not self.shadows:
            return None
        shadow = self.shadows[0]
        return shadow if random.random() * self.production[0].weight < shadow.weight else None

    async def adapt(self, shown: dict[str, Any]) -> None:
        """Give the variants the counts, concurrency and weights that their summaries in *shown* want.

        Returns when every instance is in service; raises ``FleetFailed`` when the first fails.
        """
        wanted = {variant["VariantName"]: variant for variant in endpoints.all_variants(shown)}
        everyone = self._everyone()
        await _all(each.scale(_instances_of(each.spec, wanted[each.name])) for each in everyone)
        for each in everyone:
            each.weight = wanted[each.name]["DesiredWeight"]
            if each.spec.serverless:
                each.max_concurrency = _concurrency(wanted[each.name])
        self._shares = _shares(self.production)

    async def keep_in_service(self) -> dict[str, int]:
        """End the instances that are not in service; returns how many are, by variant."""
        return {each.name: await each.keep_in_service() for each in self._everyone()}

    async def retire(self) -> None:
        """Answer what is being answered, then end; returns when all instances are gone."""
        await asyncio.gather(*(variant.retire() for variant in self._everyone()))

    async def discard(self) -> None:
        """Remove the model data: the fleet does not come back."""
        await asyncio.to_thread(shutil.rmtree, self.home.folder, ignore_errors=True)

    async def kill(self) -> None:
        """End at once; the model data stays for the next start."""
        await asyncio.gather(*(variant.kill() for variant in self._everyone()))

    def _everyone(self) -> tuple[Variant, ...]:
        return (*self.production, *self.shadows)


def _shares(variants: list[Variant]) -> Weighted[Variant]:
    return Weighted([(variant, variant.weight) for variant in variants])


def _instances_of(spec: VariantSpec, wanted: dict[str, Any]) -> int:
    """A serverless variant is one container here, whatever its concurrency."""
    return 1 if spec.serverless else int(wanted["DesiredInstanceCount"])


def _concurrency(wanted: dict[str, Any]) -> int:
    return int((wanted.get("DesiredServerlessConfig") or wanted["CurrentServerlessConfig"])["MaxConcurrency"])
