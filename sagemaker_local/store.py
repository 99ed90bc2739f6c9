"""SageMaker's state: resources, tags and the outbox of events, durable before a call answers.

One SQLite database in WAL mode: a killed process loses nothing that was committed (power loss is another matter:
``synchronous=NORMAL``). A resource is a JSON record under (kind, scope, name); names are compared without case, as
AWS compares ARNs, and kept as they were given. Column ``name`` is what lists sort by.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.events import Event

Record = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, key TEXT NOT NULL,
    name TEXT NOT NULL, parent TEXT NOT NULL, status TEXT NOT NULL,
    created REAL NOT NULL, modified REAL NOT NULL, record TEXT NOT NULL,
    UNIQUE (kind, account, region, key)
);
DROP INDEX IF EXISTS resources_by_creation;
DROP INDEX IF EXISTS resources_by_parent;
CREATE INDEX IF NOT EXISTS resources_by_time ON resources
    (kind, account, region, created, id, key, status, modified, parent);
CREATE INDEX IF NOT EXISTS resources_by_name ON resources (kind, account, region, name, id);
CREATE INDEX IF NOT EXISTS resources_by_status ON resources (kind, account, region, status, id);
CREATE INDEX IF NOT EXISTS resources_by_client_token ON resources
    (kind, account, region, json_extract(record, '$.ClientToken'));
CREATE INDEX IF NOT EXISTS resources_of_parent ON resources (kind, account, region, parent, created, id, status);
CREATE TABLE IF NOT EXISTS tags (
    arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)
);
CREATE TABLE IF NOT EXISTS counters (
    kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, key TEXT NOT NULL, value INTEGER NOT NULL,
    PRIMARY KEY (kind, account, region, key)
);
CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL,
    detail_type TEXT NOT NULL, resources TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS objective_values (
    id INTEGER PRIMARY KEY, tuning_job TEXT NOT NULL, training_job TEXT NOT NULL, value REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS objective_values_by_tuning_job ON objective_values (tuning_job, id);
"""


_NUMBER_WIDTH = 9  # a version's, at most, by the model
_NUMBER = re.compile(r"(?<=/)\d+$")


class NameTaken(Exception):
    """A resource of that kind and name exists."""


@dataclass(frozen=True)
class Facets:
    """What lists filter and sort by, kept beside the record."""

    name: str
    status: str
    created: float
    modified: float
    parent: str = ""

    @property
    def sort_name(self) -> str:
        """What lists sort by for the name: ``group/2`` is before ``group/10``."""
        return _NUMBER.sub(lambda number: number[0].zfill(_NUMBER_WIDTH), self.name)


@dataclass(frozen=True)
class OutboxEntry:
    """An event that has not been handed to EventBridge for good."""

    id: int
    scope: Scope
    event: Event


class Store:
    """All reads and writes; safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)
        self._listeners: list[Callable[[], None]] = []
        self._news = False

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call *listener*, from any thread, when another event or value of an objective is durable.

        It must only wake someone: it is called under the lock.
        """
        self._listeners.append(listener)

    def close(self) -> None:
        """Close the database; nothing is written on the way out."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and alone: reads inside see no other thread's writes. Nests."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth == 1:
                    self._connection.execute("BEGIN IMMEDIATE")
                yield
                if self._depth == 1:
                    self._connection.execute("COMMIT")
                    self._announce()
            except BaseException:
                if self._depth == 1 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                    self._news = False
                raise
            finally:
                self._depth -= 1

    def _announce(self) -> None:
        if self._news:
            self._news = False
            for listener in self._listeners:
                listener()

    # Resources

    def insert(self, kind: str, scope: Scope, record: Record, facets: Facets) -> None:
        """Add a resource; raises ``NameTaken``."""
        with self.transaction():
            try:
                self._connection.execute(
                    "INSERT INTO resources (kind, account, region, key, name, parent, status, created, modified,"
                    " record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (kind, *scope, facets.name.lower(), facets.sort_name, facets.parent.lower(), facets.status,
                     facets.created, facets.modified, json.dumps(record)),
                )  # fmt: skip
            except sqlite3.IntegrityError as error:
                raise NameTaken(facets.name) from error

    def update(self, kind: str, scope: Scope, record: Record, facets: Facets) -> None:
        """Replace the record of an existing resource."""
        with self.transaction():
            self._connection.execute(
                "UPDATE resources SET status = ?, modified = ?, record = ?"
                " WHERE kind = ? AND account = ? AND region = ? AND key = ?",
                (facets.status, facets.modified, json.dumps(record), kind, *scope, facets.name.lower()),
            )

    def get(self, kind: str, scope: Scope, name: str) -> Record | None:
        """The record, or ``None``."""
        with self._lock:
            row = self._connection.execute(
                "SELECT record FROM resources WHERE kind = ? AND account = ? AND region = ? AND key = ?",
                (kind, *scope, name.lower()),
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def children(self, kind: str, scope: Scope, parent: str) -> list[Record]:
        """Every resource of *kind* that belongs to *parent*, oldest first."""
        return [json.loads(text) for text in self.kept_children(kind, scope, parent)]

    def kept_children(self, kind: str, scope: Scope, parent: str) -> list[str]:
        """Their records as the JSON that they are kept as: who looks often need not read again what has not changed."""
        rows = self.select(
            "SELECT record FROM resources WHERE kind = ? AND account = ? AND region = ? AND parent = ? ORDER BY id",
            (kind, *scope, parent.lower()),
        )
        return [text for (text,) in rows]

    def release_children(self, kind: str, scope: Scope, parent: str) -> None:
        """The resources of *kind* that belong to *parent* belong to none: it is gone, and its name may come again."""
        with self.transaction():
            self._connection.execute(
                "UPDATE resources SET parent = '' WHERE kind = ? AND account = ? AND region = ? AND parent = ?",
                (kind, *scope, parent.lower()),
            )

    def delete_children(self, kind: str, scope: Scope, parent: str) -> None:
        """Remove every resource of *kind* that belongs to *parent*."""
        with self.transaction():
            self._connection.execute(
                "DELETE FROM resources WHERE kind = ? AND account = ? AND region = ? AND parent = ?",
                (kind, *scope, parent.lower()),
            )

    def delete(self, kind: str, scope: Scope, name: str) -> None:
        """Remove a resource; none of that name is no error."""
        with self.transaction():
            self._connection.execute(
                "DELETE FROM resources WHERE kind = ? AND account = ? AND region = ? AND key = ?",
                (kind, *scope, name.lower()),
            )

    def select(self, sql: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Rows of a query on ``resources``; lists are built on it."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def in_states(self, kind: str, statuses: tuple[str, ...]) -> list[tuple[Scope, Record]]:
        """Every resource of *kind*, in any scope, whose status is one of *statuses*; oldest first."""
        marks = ", ".join("?" * len(statuses))
        rows = self.select(
            f"SELECT account, region, record FROM resources WHERE kind = ? AND status IN ({marks})"
            " ORDER BY created, id",
            (kind, *statuses),
        )
        return [(Scope(account, region), json.loads(record)) for account, region, record in rows]

    def next_number(self, kind: str, scope: Scope, name: str) -> int:
        """1, 2, 3, ... for each name; a number is never given twice, also not after deletions."""
        with self.transaction():
            row = self._connection.execute(
                "INSERT INTO counters (kind, account, region, key, value) VALUES (?, ?, ?, ?, 1)"
                " ON CONFLICT (kind, account, region, key) DO UPDATE SET value = value + 1 RETURNING value",
                (kind, *scope, name.lower()),
            ).fetchone()
        return int(row[0])

    # Tags, by ARN without case

    def tags(self, arn: str) -> dict[str, str]:
        """The resource's tags, sorted by key."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT key, value FROM tags WHERE arn = ? ORDER BY key", (arn.lower(),)
            ).fetchall()
        return dict(rows)

    def tags_below(self, prefix: str) -> dict[str, dict[str, str]]:
        """The tags of every resource whose ARN begins with *prefix*, by ARN in lower case."""
        start = prefix.lower()
        with self._lock:
            rows = self._connection.execute(
                "SELECT arn, key, value FROM tags WHERE arn >= ? AND arn < ?", (start, f"{start}\U0010ffff")
            ).fetchall()
        found: dict[str, dict[str, str]] = {}
        for arn, key, value in rows:
            found.setdefault(arn, {})[key] = value
        return found

    def tagged(self, key: str, value: str) -> list[str]:
        """The ARNs, in lower case, of the resources that have that tag."""
        return [arn for (arn,) in self.select("SELECT arn FROM tags WHERE key = ? AND value = ?", (key, value))]

    def put_tags(self, arn: str, tags: dict[str, str]) -> None:
        """Add tags, or give them new values."""
        with self.transaction():
            self._connection.executemany(
                "INSERT INTO tags (arn, key, value) VALUES (?, ?, ?)"
                " ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value",
                [(arn.lower(), key, value) for key, value in tags.items()],
            )

    def delete_tags(self, arn: str, keys: list[str] | None = None) -> None:
        """Remove the tags with *keys*, or all of them."""
        with self.transaction():
            if keys is None:
                self._connection.execute("DELETE FROM tags WHERE arn = ?", (arn.lower(),))
            else:
                rows = [(arn.lower(), key) for key in keys]
                self._connection.executemany("DELETE FROM tags WHERE arn = ? AND key = ?", rows)

    # Documents: what the server itself remembers, beside the resources

    def document(self, name: str) -> Record | None:
        """The document kept under *name*, or ``None``."""
        rows = self.select("SELECT document FROM documents WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else None

    def keep_document(self, name: str, document: Record) -> None:
        """Keep *document* under *name*, in the place of what was there."""
        with self.transaction():
            self._connection.execute(
                "INSERT INTO documents (name, document) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET document = excluded.document",
                (name, json.dumps(document)),
            )

    # Outbox

    def post(self, scope: Scope, event: Event) -> None:
        """Put an event into the outbox, in the transaction of the change that it tells of."""
        with self.transaction():
            self._connection.execute(
                "INSERT INTO outbox (account, region, detail_type, resources, detail) VALUES (?, ?, ?, ?, ?)",
                (*scope, event.detail_type, json.dumps(event.resources), json.dumps(event.detail)),
            )
            self._news = True

    def outbox(self, limit: int) -> list[OutboxEntry]:
        """The oldest events not yet taken out."""
        rows = self.select("SELECT * FROM outbox ORDER BY id LIMIT ?", (limit,))
        return [
            OutboxEntry(number, Scope(account, region), Event(kind, tuple(json.loads(arns)), json.loads(detail)))
            for number, account, region, kind, arns, detail in rows
        ]

    def take_out(self, entries: list[OutboxEntry]) -> None:
        """These events have reached EventBridge and are durable there."""
        with self.transaction():
            self._connection.executemany("DELETE FROM outbox WHERE id = ?", [(entry.id,) for entry in entries])

    # The course of the objective in the training jobs of a tuning job

    def log_objective(self, tuning_job: str, training_job: str, value: float) -> None:
        """Add a value that the training job has printed; *tuning_job* is an ARN."""
        with self.transaction():
            self._connection.execute(
                "INSERT INTO objective_values (tuning_job, training_job, value) VALUES (?, ?, ?)",
                (tuning_job.lower(), training_job, value),
            )
            self._news = True

    def objective_log(self, tuning_job: str) -> list[tuple[str, float]]:
        """The training jobs' names and values, in the order in which they came."""
        sql = "SELECT training_job, value FROM objective_values WHERE tuning_job = ? ORDER BY id"
        return [(name, value) for name, value in self.select(sql, (tuning_job.lower(),))]

    def delete_objective_log(self, tuning_job: str, training_job: str | None = None) -> None:
        """Forget the values of the training job, which begins anew, or of all: the tuning job has ended."""
        with self.transaction():
            self._connection.execute(
                "DELETE FROM objective_values WHERE tuning_job = ? AND coalesce(?, training_job) = training_job",
                (tuning_job.lower(), training_job),
            )
