"""Wiring: builds the parts, serves, and takes them down in order."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import json
import logging
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import uvloop
from hypercorn.config import Config

from sagemaker_local import clock, scaling_stacks, stacks, state
from sagemaker_local.admin import Admin
from sagemaker_local.api import Api
from sagemaker_local.autoscaler import LOOK_EVERY_SECONDS as AUTOSCALING_SECONDS
from sagemaker_local.autoscaler import Autoscaler
from sagemaker_local.base import ministack
from sagemaker_local.base.aws import Aws
from sagemaker_local.base.elsewhere import without_s3
from sagemaker_local.base.save_point import SavePoint
from sagemaker_local.call_log import CallLog
from sagemaker_local.config import ACCOUNT, REGION, Settings, detach_from_users_aws
from sagemaker_local.coordinator import Coordinator
from sagemaker_local.errors import CannotGoOn
from sagemaker_local.execution.images import ImageCatalog
from sagemaker_local.execution.job import Platform
from sagemaker_local.execution.metrics import MetricBuffer
from sagemaker_local.execution.process import ProcessExecutor, hidden_folders
from sagemaker_local.execution.runner import JobRunner
from sagemaker_local.execution.serving.container import ServingPlatform
from sagemaker_local.execution.serving.ports import Ports
from sagemaker_local.execution.usage import SECONDS as USAGE_SECONDS
from sagemaker_local.faults import Faults
from sagemaker_local.front import Front
from sagemaker_local.gateway import Gateway
from sagemaker_local.hosting.asynchronous.processing import Processor
from sagemaker_local.hosting.asynchronous.service import AsyncInference
from sagemaker_local.hosting.capture import FLUSH_SECONDS as CAPTURE_SECONDS
from sagemaker_local.hosting.capture import Capture
from sagemaker_local.hosting.fleet import FleetPlatform
from sagemaker_local.hosting.invocation import Invoker
from sagemaker_local.hosting.metrics import FLUSH_SECONDS as METRICS_SECONDS
from sagemaker_local.hosting.metrics import Metrics
from sagemaker_local.hosting.service import Hosting
from sagemaker_local.hosting.streaming import Streams
from sagemaker_local.operations import all_operations, autoscaling_operations, every_name, runtime_operations
from sagemaker_local.operations.registry import Services
from sagemaker_local.outbox import Dispatcher
from sagemaker_local.pages import Pages
from sagemaker_local.runtime import Runtime
from sagemaker_local.store import Store

log = logging.getLogger(__name__)

_SAVE_SECONDS = 1.0
_ALARM_SECONDS = 10.0
_SHUTDOWN_SECONDS = 3.0
# No round number: what a client does every so many seconds never comes just then.
_IDLE_SECONDS = 77.0
_BACKLOG = 1024


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises ``CannotGoOn``."""
    environ = dict(os.environ)
    detach_from_users_aws()
    # Invocations pass through this loop: one in C takes half the time over it.
    with state.claimed(settings.state_dir) as claim, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        _keep_temporary_files_in(settings.state_dir / state.TEMPORARY)
        runner.run(_serve(settings, _listen(settings.host, settings.port), claim, environ))


def _keep_temporary_files_in(folder: Path) -> None:
    """What a killed server leaves there goes at the next start; in the system's folder nobody would clear it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=_BACKLOG)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise CannotGoOn(f"port {port} on {host} is taken by another program: give another --port") from error


async def _serve(settings: Settings, listener: socket.socket, claim: state.Claim, environ: Mapping[str, str]) -> None:
    ministack.configure(settings.state_dir / state.BASE, ACCOUNT, REGION, settings.port)
    base = ministack.Ministack()
    if settings.s3 is not None:
        base.app = without_s3(base.app, settings.s3.url)
    calls = CallLog(settings.calls) if settings.calls else None
    if calls:
        base.app = calls.app(base.app)
    store = Store(settings.state_dir / state.DATABASE)
    faults = _faults(store, settings.faults)
    aws = Aws(settings.endpoint, settings.s3)
    images = ImageCatalog(settings.containers, settings.environments, environ)
    executor = ProcessExecutor(settings.isolation, hidden_folders([settings.state_dir, *settings.hidden]))
    serving = ServingPlatform(aws, images, executor, Ports(), settings.port, lambda made: front.run(front.listen(made)))
    platform = Platform(store, aws, images, executor, faults, _from_any_thread(serving), settings.stop_grace_seconds)
    runner = JobRunner(platform, settings.state_dir / state.JOBS, settings.max_jobs)
    waits = clock.Waits(settings.speed_up)
    hosting = Hosting(store, FleetPlatform(serving, waits), settings.state_dir / state.HOSTING)
    invoker = Invoker(hosting.find, clock.now)
    capture, invocations, metrics = Capture(aws), Metrics(), MetricBuffer(aws)
    invoker.observers = (capture, invocations)
    hosting.on_retired = capture.flush
    processor = Processor(aws, invoker, metrics, SavePoint(base.save))
    asynchronous = AsyncInference(store, hosting.find, processor, waits)
    hosting.on_deleting = asynchronous.forget
    for resource in (*stacks.resources(aws, store), *scaling_stacks.resources(aws)):
        base.register_stack_resource(resource)
    operations = {**all_operations(), **autoscaling_operations()}
    autoscaler = Autoscaler(store, aws, waits)
    background: list[asyncio.Task[None]] = []

    async def start() -> None:
        runner.reconcile()
        coordinator.start()
        await hosting.reconcile()
        base.end_interrupted_stacks(lambda scope, stack_id: stacks.made_by(store, scope, stack_id))
        await asynchronous.resume()
        background.append(asyncio.create_task(Dispatcher(store, base).run()))
        background.append(asyncio.create_task(_every(_SAVE_SECONDS, save)))
        background.append(asyncio.create_task(_every(_ALARM_SECONDS, evaluate_alarms)))
        background.append(asyncio.create_task(_every(waits.seconds(CAPTURE_SECONDS), capture.flush)))
        background.append(asyncio.create_task(_every(METRICS_SECONDS, measure)))
        background.append(asyncio.create_task(_every(waits.seconds(USAGE_SECONDS), measure_instances)))
        background.append(asyncio.create_task(_every(AUTOSCALING_SECONDS, autoscaler.look)))
        _spare_what_stays()
        claim.announce(state.Announcement(settings.port, clock.now(), settings.options()))
        log.warning("listening on %s, isolation of jobs: %s", settings.endpoint, executor.isolation)

    async def save() -> None:
        await asyncio.to_thread(base.save_if_touched)

    async def evaluate_alarms() -> None:
        base.evaluate_alarms()

    async def measure_instances() -> None:
        for source, values in await asyncio.to_thread(executor.usage.measure):
            metrics.add(source, **values)

    async def measure() -> None:
        asynchronous.measure(hosting.endpoints(), metrics)
        invocations.collect(metrics)
        await metrics.flush()

    def health() -> dict[str, object]:
        return {
            "status": "ok",
            "isolation": executor.isolation,
            "images": images.names(),
            "operations": every_name(),
        }

    async def stop() -> None:
        await _terminated()
        # While requests are still answered: the jobs' last lines go to Logs over HTTP.
        await asyncio.gather(asyncio.to_thread(coordinator.close), asynchronous.close())
        await asyncio.gather(asyncio.to_thread(runner.close), hosting.close())
        await asyncio.gather(capture.flush(), measure())

    services = Services(store, aws, images, runner, hosting, invoker, Streams(invoker), asynchronous, executor.isolated)
    coordinator = Coordinator(services)
    runtime = Runtime(runtime_operations(), services, faults)
    pages = Pages(operations, services)
    admin = Admin(health, faults, {"jobs": pages.job, "logs": pages.log, "objects": pages.objects})
    gateway = Gateway(base, Api(operations, services, faults), runtime, admin, start, calls)
    front = Front(gateway, gateway.accept, _hypercorn())
    await front.serve(listener, stop)
    for task in background:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    store.close()
    if calls:
        calls.close()


def _spare_what_stays() -> None:
    """What start has made lives as long as the server: a full collection would walk it for a tenth of a second."""
    gc.collect()
    gc.freeze()


def _faults(store: Store, path: Path | None) -> Faults:
    """The stored plan, or the one in the file at *path*."""
    faults = Faults(store)
    if path is not None:
        try:
            faults.begin_with(json.loads(path.read_text()))
        except (OSError, ValueError) as error:
            raise CannotGoOn(f"the fault plan {path} cannot be used: {error}") from error
    return faults


def _from_any_thread(serving: ServingPlatform) -> ServingPlatform:
    """The same for containers of jobs, each of which has an event loop of its own."""
    loop = asyncio.get_running_loop()

    def listen(made: socket.socket) -> None:
        loop.call_soon_threadsafe(serving.listen, made)

    return replace(serving, listen=listen)


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except OSError as error:
            log.error("%s; trying again", error)
        except Exception:
            log.exception("what is done every %g seconds goes on", seconds)


def _hypercorn() -> Config:
    config = Config()
    config.graceful_timeout = _SHUTDOWN_SECONDS
    config.shutdown_timeout = _SHUTDOWN_SECONDS
    # A connection that is closed just as a request comes over it loses the answer to what was done, and the client asks
    # again: after the usual five seconds that befell our own metrics, sent each five seconds, which counted twice.
    config.keep_alive_timeout = _IDLE_SECONDS
    config.loglevel = "WARNING"
    return config


async def _terminated() -> None:
    """Until SIGTERM or SIGINT."""
    terminated = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, terminated.set)
    await terminated.wait()
