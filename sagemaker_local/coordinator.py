"""Keeps tuning jobs going: looks at what is stored, does the one next thing that it calls for, and looks again.

Nothing about a tuning job lives in memory only. After ``kill -9`` the training jobs that ran have failed, as on a host
that is lost, and the tuning job goes on with the next one: on AWS, too, it outlives the hosts of its training jobs.
"""

from __future__ import annotations

import json
import logging
import secrets
import sqlite3
import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local import clock
from sagemaker_local.domain.jobs import FAILED, IN_PROGRESS, STOPPING, TRAINING, TUNING, Record, advance
from sagemaker_local.errors import ServiceError
from sagemaker_local.execution import records
from sagemaker_local.execution.job import mark_stopping
from sagemaker_local.execution.runner import INTERNAL_ERROR
from sagemaker_local.operations import jobs
from sagemaker_local.operations.registry import Context, Services
from sagemaker_local.operations.training import checked_record
from sagemaker_local.tuning.description import standing
from sagemaker_local.tuning.job import TuningJob, read_tuning_job
from sagemaker_local.tuning.plan import Decision, State, decide
from sagemaker_local.tuning.trials import trial

log = logging.getLogger(__name__)

_TICK_SECONDS = 1.0
# A full disk, or another service that does not answer.
_PASSING = (sqlite3.OperationalError, BotoCoreError, ClientError)


class Coordinator:
    """One thread for all tuning jobs; their training jobs run where all training jobs run."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._families = _Families()
        self._news = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tuning", daemon=True)

    def start(self) -> None:
        """Take up what is under way, and go on until ``close``."""
        self._services.store.on_change(self._news.set)
        self._thread.start()

    def close(self) -> None:
        """Begin nothing more; returns when that holds."""
        self._closing.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._news.clear()
            if self._closing.is_set():
                return
            under_way = self._services.store.in_states(TUNING.resource_type, (IN_PROGRESS, STOPPING))
            self._families.forget_others({record[TUNING.arn_key] for _, record in under_way})
            for scope, record in under_way:
                self._look_at(Context(scope, self._services), record)
            # A tuning job's time may run out without any news.
            self._news.wait(_TICK_SECONDS if under_way else None)

    def _look_at(self, context: Context, record: Record) -> None:
        """No error in one tuning job stops the others, and none keeps it under way for ever."""
        name = record[TUNING.name_key]
        try:
            try:
                _Round(context, record, self._families).go()
            except _PASSING as error:
                log.error("%s %s waits: %s", TUNING.noun, name, error)
            except Exception:
                log.exception("%s %s", TUNING.noun, name)
                _fail(context, name)
        except Exception:
            log.exception("%s %s cannot be ended yet", TUNING.noun, name)


class _Families:
    """The training jobs of each tuning job under way. Most have ended and change no more: they are read once."""

    def __init__(self) -> None:
        self._read: dict[str, dict[str, Record]] = {}

    def read(self, tuning_job: str, kept: list[str]) -> list[Record]:
        """The records that are kept as these JSON texts; nobody may change them. *tuning_job* is an ARN."""
        before = self._read.get(tuning_job, {})
        self._read[tuning_job] = {text: before.get(text) or json.loads(text) for text in kept}
        return list(self._read[tuning_job].values())

    def forget_others(self, tuning_jobs: set[str]) -> None:
        """Keep what was read of these only."""
        self._read = {arn: family for arn, family in self._read.items() if arn in tuning_jobs}


class _Round:
    """One look at one tuning job."""

    def __init__(self, context: Context, record: Record, families: _Families) -> None:
        self._context, self._record, self._families = context, record, families
        self._name, self._arn = record[TUNING.name_key], record[TUNING.arn_key]
        self._warm_start = record["WarmStart"]
        self._job = _read(record)

    def go(self) -> None:
        """Bring the record up to date, decide, act."""
        store, scope = self._context.store, self._context.scope
        kept = store.kept_children(TRAINING.resource_type, scope, self._name)
        training = self._families.read(self._arn, kept)
        state = State(
            self._record[TUNING.status_key],
            self._record["CreationTime"],
            self._record["Launched"],
            self._record.get("Completion"),
            self._record.get("Refusal"),
            [trial(one) for one in training],
            store.objective_log(self._arn),
        )
        decision = decide(self._job, state, clock.now())
        self._note({**standing(self._job, training, self._warm_start), "Completion": decision.completion})
        self._act(decision, state)

    def _note(self, facts: dict[str, Any]) -> None:
        if any(self._record.get(member) != value for member, value in facts.items()):
            self._amend({**facts, "LastModifiedTime": max(clock.now(), self._record["LastModifiedTime"])})

    def _amend(self, facts: dict[str, Any]) -> None:
        records.amend(self._context.store, TUNING, self._context.scope, self._name, lambda record: record.update(facts))

    def _act(self, decision: Decision, state: State) -> None:
        for name in decision.stop:
            _stop(self._context, name)
        if decision.launch:
            self._launch(state)
        if decision.end is not None:
            with self._context.store.transaction():
                if self._as_it_was():
                    _end(self._context, self._name, decision.end, decision.reason)

    def _launch(self, state: State) -> None:
        number = state.launched + 1
        index, values = self._job.proposal(number, state.trials)
        definition = self._job.definitions[index]
        name = f"{self._name}-{number:03}-{secrets.token_hex(4)}"
        try:
            record = checked_record(self._context, definition.training_request(name, values))
        except ServiceError as error:
            # What was there when the tuning job was created is gone: its role, its data.
            self._amend({"Refusal": f"Training job {number} could not be created: {error.message}"})
            return
        about = {
            "Number": number,
            "Definition": index,
            "DefinitionName": definition.name,
            "Objective": definition.objective,
            "Values": values,
            "TuningJobName": self._name,
        }
        self._start({**record, "TuningJobArn": self._arn, "Trial": about}, number)

    def _start(self, record: Record, number: int) -> None:
        """Store the training job and that it was launched, both or neither, then run it."""
        store = self._context.store
        with store.transaction():
            if not self._as_it_was():
                return
            self._amend({"Launched": number})
            jobs.add(self._context, TRAINING, record, store.tags(self._arn))
        self._context.services.runner.submit(TRAINING, self._context.scope, record[TRAINING.name_key])

    def _as_it_was(self) -> bool:
        """Whether the tuning job has not been told to stop since it was looked at."""
        stored = self._context.store.get(TUNING.resource_type, self._context.scope, self._name)
        return stored is not None and stored[TUNING.status_key] == self._record[TUNING.status_key]


def _read(record: Record) -> TuningJob:
    tested = record["WarmStart"]["Tested"] if record["WarmStart"] else []
    return read_tuning_job(record, record["Seed"], tested)


def _stop(context: Context, training_job: str) -> None:
    records.change(
        context.store,
        TRAINING,
        context.scope,
        training_job,
        lambda record: mark_stopping(TRAINING, record, clock.now()),
    )
    context.services.runner.stop(TRAINING, context.scope, training_job)


def _fail(context: Context, name: str) -> None:
    """End a tuning job that cannot go on, and what runs for it."""
    for record in context.store.children(TRAINING.resource_type, context.scope, name):
        if record[TRAINING.status_key] == IN_PROGRESS:
            _stop(context, record[TRAINING.name_key])
    _end(context, name, FAILED, INTERNAL_ERROR)


def _end(context: Context, name: str, status: str, reason: str | None) -> None:
    with context.store.transaction():
        record = records.change(
            context.store,
            TUNING,
            context.scope,
            name,
            lambda record: advance(TUNING, record, status, clock.now(), reason),
        )
        context.store.delete_objective_log(record[TUNING.arn_key])
