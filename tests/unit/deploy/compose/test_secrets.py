from __future__ import annotations

import json
import stat
from pathlib import Path

from deploy.compose.secrets import LOGINS, contents, ensure


def test_secrets_are_made_once(tmp_path: Path) -> None:
    assert ensure(tmp_path)
    made = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert not ensure(tmp_path)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == made


def test_every_stack_has_secrets_of_its_own() -> None:
    one, other = contents(), contents()
    assert not set(one.values()) & set(other.values())


def test_what_was_half_written_is_written_anew(tmp_path: Path) -> None:
    ensure(tmp_path)
    (tmp_path / "complete").unlink()
    assert ensure(tmp_path)


def test_airflow_reaches_database_and_broker_with_the_passwords_that_these_are_given(tmp_path: Path) -> None:
    made = contents()
    assert f":{made['postgres_password']}@postgres/" in made["database_url"]
    assert made["result_backend_url"].partition("//")[2] == made["database_url"].partition("//")[2]
    password = made["broker_url"].partition("://:")[2].partition("@")[0]
    assert f"requirepass {password}\n" in made["redis.conf"]
    assert json.loads(made[LOGINS]) == {"admin": made["admin_password"]}


def test_other_users_of_the_containers_read_them_and_nobody_but_airflow_writes_its_logins(tmp_path: Path) -> None:
    ensure(tmp_path)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir() if file.name != "complete"}
    assert modes.pop(LOGINS) == 0o600
    assert set(modes.values()) == {0o444}
