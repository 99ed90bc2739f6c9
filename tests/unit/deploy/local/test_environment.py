"""Nothing of the user's shell reaches the stack's processes unless it is on the list."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local import environment
from deploy.local.credentials import Credentials
from deploy.local.settings import Settings

SETTINGS = Settings(Path("/a clone"), Path("/a clone/.local"), 9080, 9566)
CREDENTIALS = Credentials("fernet", "api", "jwt", "password")
HOSTILE = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/home/user",
    "LANG": "de_DE.UTF-8",
    "TMPDIR": "/scratch",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
    "AWS_CONFIG_FILE": "/home/user/.aws/config",
    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/real",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
    "HTTP_PROXY": "http://proxy.example:3128",
    "https_proxy": "http://proxy.example:3128",
    "ALL_PROXY": "socks5://proxy.example",
    "AIRFLOW_HOME": "/home/user/airflow",
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    "AIRFLOW_CONN_AWS_DEFAULT": "aws://AKIAREAL:real@",
    "PYTHONPATH": "/home/user/lib",
    "PYTHONDONTWRITEBYTECODE": "1",
    "BOTO_CONFIG": "/home/user/.boto",
    "UV_DEFAULT_INDEX": "https://user:password@index.example",
}


def environments() -> dict[str, dict[str, str]]:
    return {
        "endpoint": environment.base(SETTINGS, "sagemaker_local", HOSTILE),
        "client": environment.aws_client(SETTINGS, HOSTILE),
        "airflow": environment.airflow(SETTINGS, CREDENTIALS, HOSTILE),
    }


@pytest.mark.parametrize("name", ["endpoint", "client", "airflow"])
def test_only_language_temporary_folder_and_path_come_from_the_user(name: str) -> None:
    environ = environments()[name]
    taken = {key for key, value in HOSTILE.items() if environ.get(key) == value}
    assert taken == {"LANG", "TMPDIR"}
    assert "PYTHONDONTWRITEBYTECODE" not in environ
    assert environ["PATH"].split(":")[1:] == ["/usr/bin", "/bin"]


@pytest.mark.parametrize("name", ["endpoint", "client", "airflow"])
def test_no_value_of_the_users_credentials_proxies_or_airflow_gets_through(name: str) -> None:
    harmless = ("PATH", "LANG", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
    secrets = [value for key, value in HOSTILE.items() if key not in harmless]
    leaked = [key for key, value in environments()[name].items() if value in secrets]
    assert leaked == []


@pytest.mark.parametrize(("name", "key"), [("client", "local"), ("airflow", "airflow")])
def test_everything_that_speaks_to_aws_speaks_to_the_local_endpoint_with_keys_that_aws_refuses(
    name: str, key: str
) -> None:
    environ = {key: value for key, value in environments()[name].items() if key.startswith("AWS_")}
    assert environ == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9566",
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_airflow_listens_on_this_machine_only_and_every_address_names_the_same_port() -> None:
    environ = environments()["airflow"]
    assert environ["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environ["AIRFLOW__API__PORT"] == "9080"
    assert environ["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:9080"
    assert environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:9080/execution/"


def test_all_of_airflows_files_lie_in_the_state_folder() -> None:
    environ = environments()["airflow"]
    names = ("AIRFLOW_HOME", "HOME", "AIRFLOW__LOGGING__BASE_LOG_FOLDER")
    names += ("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH",)
    for name in names:
        assert Path(environ[name]).is_relative_to(SETTINGS.local)
    assert environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "sqlite:////a clone/.local/airflow/airflow.db?timeout=60"


def test_dags_find_the_release_by_an_airflow_variable() -> None:
    environ = environments()["airflow"]
    assert environ["AIRFLOW_VAR_NIGHTSHIFT_RELEASE"] == "s3://nightshift-local/releases/current.json"
