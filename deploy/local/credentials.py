"""The stack's own secrets, made once and readable by their owner alone."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Credentials:
    """What Airflow's parts share, and the password of the UI's user."""

    fernet_key: str
    api_secret_key: str
    jwt_secret: str
    admin_password: str


def load(path: Path) -> Credentials:
    """The credentials in `path`, written there on the first call."""
    if not path.exists():
        write_private(path, json.dumps(asdict(generate()), indent=2))
    return Credentials(**json.loads(path.read_text()))


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read at any moment, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def generate() -> Credentials:
    """New ones, each of them random."""
    return Credentials(
        fernet_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        api_secret_key=secrets.token_urlsafe(48),
        # HS512 asks for a key of at least 64 bytes.
        jwt_secret=secrets.token_urlsafe(64),
        admin_password=secrets.token_urlsafe(12),
    )
