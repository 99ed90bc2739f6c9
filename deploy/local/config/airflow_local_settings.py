"""Airflow imports this module into each of its processes: what the local stack's SQLite needs of them.

A backfill reads and then writes in a savepoint. SQLite begins a transaction with the read; if another process writes
before it does, it fails at once as locked, whatever time it was given, and only the first nights of a month are there.
So a savepoint takes the write lock first, for which it does wait.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine


@event.listens_for(Engine, "savepoint")
def begin_by_writing(connection: Connection, _name: str) -> None:
    """Begin the transaction, if this savepoint is its beginning, with the write lock."""
    database = connection.connection.dbapi_connection
    if isinstance(database, sqlite3.Connection) and not database.in_transaction:
        database.execute("BEGIN IMMEDIATE")
