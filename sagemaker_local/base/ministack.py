"""ministack in this process, as the base.

It takes its settings from the environment when it is imported, so ``configure`` comes first. These private names of
it are used, pinned by version and held by ``tests/unit/sagemaker_local/base/test_ministack.py``:
``app.app``, ``app._build_persistence_save_dict``, ``core.persistence.save_state`` and ``STATE_DIR``,
``core.responses.request_scope``, ``services.eventbridge._put_events``, ``core.hypercorn_compat.install``,
``services.s3._atomic_write``; those of its CloudFormation, CloudWatch and Logs are in ``base/cloudformation.py``,
``base/interrupted_stacks.py``, ``base/alarms.py``, ``base/embedded_metrics.py``, ``base/logs.py`` and
``base/log_events.py``.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from sagemaker_local.base import cloudformation, embedded_metrics, interrupted_stacks, log_events, logs, s3_files
from sagemaker_local.base.alarms import Evaluator
from sagemaker_local.base.encryption import with_managed_key
from sagemaker_local.base.interface import AsgiApp, Made, StackResource
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.events import Event

log = logging.getLogger(__name__)

_SNAPSHOT_ATTEMPTS = 10


def configure(data_dir: Path, account: str, region: str, port: int) -> None:
    """Set ministack's environment; call it before ``Ministack``."""
    os.environ.update(
        {
            "PERSIST_STATE": "1",
            "STATE_DIR": str(data_dir / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(data_dir / "s3"),
            "MINISTACK_ACCOUNT_ID": account,
            "MINISTACK_REGION": region,
            "MINISTACK_HOST": "127.0.0.1",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "LOG_LEVEL": "WARNING",
            # Listeners on fixed ports: two stacks on one machine would clash.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
        }
    )


class Ministack:
    """Implements ``Base``."""

    def __init__(self) -> None:
        data = Path(os.environ["S3_DATA_DIR"])
        s3_files.recover(data)  # before it reads them, which it does when it is imported
        importlib.import_module("ministack.services.s3").__dict__["_atomic_write"] = s3_files.Writer(data).write
        self._ministack = importlib.import_module("ministack.app")
        self._persistence = importlib.import_module("ministack.core.persistence")
        self._responses = importlib.import_module("ministack.core.responses")
        self._eventbridge = importlib.import_module("ministack.services.eventbridge")
        cloudwatch_logs = importlib.import_module("ministack.services.cloudwatch_logs")
        logs.search_by_prefix(cloudwatch_logs)
        embedded_metrics.extract(cloudwatch_logs, importlib.import_module("ministack.services.cloudwatch"))
        log_events.keep_apart(cloudwatch_logs, Path(os.environ["STATE_DIR"]) / "log_events.jsonl")
        importlib.import_module("ministack.core.hypercorn_compat").install()
        self._alarms = Evaluator()
        self.app: AsgiApp = with_managed_key(self._ministack.app)
        self._saving = threading.Lock()
        self._touched = threading.Event()
        self._replacing: dict[str, tuple[str, ...]] = {}
        self._work: set[asyncio.Task[None]] = set()
        interrupted_stacks.remember(self.save)

    async def emit_event(self, scope: Scope, event: Event) -> None:
        """Publish *event*; raises ``RuntimeError`` if EventBridge refuses it."""
        entry = {
            "Source": "aws.sagemaker",
            "DetailType": event.detail_type,
            "Resources": list(event.resources),
            "Detail": json.dumps(event.detail),
        }
        with self._responses.request_scope(scope.account, scope.region):
            status, _, body = self._eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
        if status != 200 or json.loads(body)["FailedEntryCount"]:
            raise RuntimeError(f"EventBridge refused {event.detail_type}: {body!r}")
        self.touched()

    def register_stack_resource(self, resource: StackResource) -> None:
        cloudformation.register(resource, self.touched)
        self._replacing[resource.type_name] = resource.replacing

    def end_interrupted_stacks(self, made: Callable[[Scope, str], list[Made]]) -> None:
        interrupted_stacks.end(made, self._replacing, self._run)
        self.touched()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        def ended(task: asyncio.Task[None]) -> None:
            self._work.discard(task)
            self.touched()

        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(ended)

    def evaluate_alarms(self) -> None:
        self._alarms.evaluate_all()

    def touched(self) -> None:
        self._touched.set()

    def save_if_touched(self) -> None:
        if self._touched.is_set():
            self.save()

    def save(self) -> None:
        with self._saving:
            # Cleared first: what changes from here on is for the next save.
            self._touched.clear()
            try:
                for name, get_state in self._ministack._build_persistence_save_dict().items():
                    state = _snapshot(name, get_state)
                    if state is not None:
                        self._save_service(name, state)
            except BaseException:
                self._touched.set()
                raise

    def _save_service(self, name: str, state: Any) -> None:
        """Save, and see that it was saved: ministack only logs when it could not."""
        file = Path(self._persistence.STATE_DIR) / f"{name}.json"
        before = _identity(file)
        self._persistence.save_state(name, state)
        if _identity(file) == before:
            raise OSError(f"the state of {name} could not be written to {file}; the log above says why")


def _identity(file: Path) -> tuple[int, int] | None:
    """Changes whenever the file is replaced by another."""
    try:
        stat = file.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns


def _snapshot(name: str, get_state: Any) -> Any:
    """The state of one service, copied while requests go on changing it."""
    for attempt in range(_SNAPSHOT_ATTEMPTS):
        try:
            return get_state()
        except RuntimeError as error:  # "dictionary changed size during iteration"
            log.debug("state of %s changed while it was copied (%s), attempt %s", name, error, attempt + 1)
            time.sleep(0.01)
    return get_state()
