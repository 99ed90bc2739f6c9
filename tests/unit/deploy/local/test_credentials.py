from __future__ import annotations

import base64
from pathlib import Path

from deploy.local.credentials import load, write_private


def test_they_are_made_once_and_kept(tmp_path: Path) -> None:
    assert load(tmp_path / "secrets.json") == load(tmp_path / "secrets.json")


def test_two_stacks_share_none(tmp_path: Path) -> None:
    one, other = load(tmp_path / "one.json"), load(tmp_path / "other.json")
    assert not set(vars(one).values()) & set(vars(other).values())


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    load(tmp_path / "folder" / "secrets.json")
    assert (tmp_path / "folder" / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_they_are_long_enough_for_what_they_do(tmp_path: Path) -> None:
    made = load(tmp_path / "secrets.json")
    assert len(base64.urlsafe_b64decode(made.fernet_key)) == 32
    assert len(made.jwt_secret) >= 64


def test_a_private_file_replaces_an_open_one(tmp_path: Path) -> None:
    file = tmp_path / "passwords.json"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600
