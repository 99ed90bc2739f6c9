"""What the local stack's Airflow makes of SQLAlchemy's savepoints."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine

from deploy.local.config import airflow_local_settings


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'airflow.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("create table runs (name)")
    yield engine
    engine.dispose()
    event.remove(Engine, "savepoint", airflow_local_settings.begin_by_writing)


def written_by_another(path: Path) -> bool:
    """Whether another process could write at once."""
    other = sqlite3.connect(path, timeout=0)
    try:
        other.execute("insert into runs values ('another')")
        other.commit()
    except sqlite3.OperationalError:
        return False
    finally:
        other.close()
    return True


def read_then_write(connection: Connection, path: Path) -> bool:
    """As a backfill makes each of its runs; returns whether another process wrote in between."""
    with connection.begin(), connection.begin_nested():
        connection.exec_driver_sql("select * from runs").all()
        written = written_by_another(path)
        connection.exec_driver_sql("insert into runs values ('ours')")
    return written


def test_who_reads_and_then_writes_in_a_savepoint_is_not_overtaken(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "airflow.db"
    with engine.connect() as connection:
        assert not read_then_write(connection, path)
    assert written_by_another(path)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select name from runs").scalars().all() == ["ours", "another"]
