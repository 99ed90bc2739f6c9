"""The environment of the stack's processes: built from nothing, so that the user's shell cannot reach in.

No AWS profile or key, no proxy and no Airflow setting of the user's gets through; everything that speaks to
AWS is given the local endpoint and keys that real AWS would refuse.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from deploy.local.credentials import Credentials
from deploy.local.notices import TOPIC_ARN
from deploy.local.settings import ADMIN, BUCKET, REGION, Settings

AIRFLOWS_KEY = "airflow"
"""Airflow's access key, by which its calls are told from others where the local AWS writes them down."""
# All that is taken over from the user.
KEPT = ("LANG", "LC_ALL", "TMPDIR")


def base(settings: Settings, environment: str, user: Mapping[str, str]) -> dict[str, str]:
    """For any process that runs in one of the project's environments."""
    binaries = str(Path(settings.python(environment)).parent)
    return {
        "LANG": "C.UTF-8",
        **{name: user[name] for name in KEPT if name in user},
        "PATH": os.pathsep.join([binaries, user.get("PATH", os.defpath)]),
        "HOME": str(settings.home),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "*",
    }


def aws_client(settings: Settings, user: Mapping[str, str]) -> dict[str, str]:
    """For a process of the airflow environment that speaks to the local AWS, and to no other."""
    return {
        **base(settings, "airflow", user),
        "AWS_ENDPOINT_URL": settings.aws_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def airflow(settings: Settings, credentials: Credentials, user: Mapping[str, str]) -> dict[str, str]:
    """For Airflow's processes."""
    home, root = settings.airflow_home, settings.root
    options = {
        "CORE__DAGS_FOLDER": root / "dags",
        "CORE__PLUGINS_FOLDER": root / "plugins",
        "CORE__LOAD_EXAMPLES": False,
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": True,
        "CORE__EXECUTOR": "LocalExecutor",
        # Two cores: four workers cost a third of the memory of the default 32, and tasks mostly wait.
        "CORE__PARALLELISM": 4,
        "CORE__FERNET_KEY": credentials.fernet_key,
        "CORE__EXECUTION_API_SERVER_URL": f"{settings.airflow_url}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": passwords_file(settings),
        "API__HOST": "127.0.0.1",
        "API__PORT": settings.airflow_port,
        "API__BASE_URL": settings.airflow_url,
        "API__WORKERS": 1,
        "API__SECRET_KEY": credentials.api_secret_key,
        "API_AUTH__JWT_SECRET": credentials.jwt_secret,
        # One writes at a time; who cannot within the default of five seconds fails, on a busy machine a whole backfill.
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout=60",
        # The default of one second between looks is most of the time between two tasks.
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": 0.1,
        "DAG_PROCESSOR__PARSING_PROCESSES": 1,
        "DAG_PROCESSOR__REFRESH_INTERVAL": 10,
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": 10,
        # The default is one folder of the system's temporary folder, shared by every Airflow of the machine.
        "DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": home / "bundles",
        "LOGGING__BASE_LOG_FOLDER": home / "logs",
        "LOGGING__COLORED_CONSOLE_LOG": False,
        "USAGE_DATA_COLLECTION__ENABLED": False,
    }
    return {
        **aws_client(settings, user),
        "AWS_ACCESS_KEY_ID": AIRFLOWS_KEY,
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": str(root / "deploy" / "local" / "config"),
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AIRFLOW_VAR_NIGHTSHIFT_RELEASE": f"s3://{BUCKET}/releases/current.json",
        "AIRFLOW_VAR_NIGHTSHIFT_TOPIC": TOPIC_ARN,
        **{f"AIRFLOW__{name}": str(value) for name, value in options.items()},
    }


def passwords_file(settings: Settings) -> Path:
    """Where Airflow's simple auth manager looks for the password of the UI's user."""
    return settings.airflow_home / "passwords.json"
