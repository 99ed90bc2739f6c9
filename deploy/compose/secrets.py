"""The secrets of the containers, made at the first start: `python -m deploy.compose.secrets FOLDER`.

One file a secret, in a volume that only those containers see that need them. Readable inside these by any user, as
Docker's own secrets are, since Postgres and Redis run as users of their own; Airflow writes the file of its logins.
"""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path

from deploy.local import credentials
from deploy.local.settings import ADMIN

READABLE = 0o444
LOGINS = "logins.json"


def contents() -> dict[str, str]:
    """New secrets, by the names of their files."""
    airflow = credentials.generate()
    postgres, redis = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    database = f"airflow:{postgres}@postgres/airflow"
    return {
        "fernet_key": airflow.fernet_key,
        "api_secret_key": airflow.api_secret_key,
        "jwt_secret": airflow.jwt_secret,
        "admin_password": airflow.admin_password,
        LOGINS: json.dumps({ADMIN: airflow.admin_password}),
        "postgres_password": postgres,
        "database_url": f"postgresql+psycopg2://{database}",
        "result_backend_url": f"db+postgresql://{database}",
        "redis.conf": f"requirepass {redis}\nappendonly yes\ndir /data\n",
        "broker_url": f"redis://:{redis}@redis:6379/0",
    }


def ensure(folder: Path) -> bool:
    """Write the secrets unless they are there, all of them or none; whether they were written."""
    complete = folder / "complete"
    if complete.exists():
        return False
    for name, text in contents().items():
        credentials.write_private(folder / name, text)
        if name != LOGINS:
            (folder / name).chmod(READABLE)
    complete.touch()
    return True


def main() -> None:
    """Make them in the folder named."""
    print("made" if ensure(Path(sys.argv[1])) else "already there")


if __name__ == "__main__":
    main()
