"""Reads the settings of an environment, `<name>.toml`, each of them typed and none of them unknown."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.errors import Failure

FOLDER = Path(__file__).parent
ENVIRONMENTS = ("dev", "staging", "prod")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "web_server": ("public", "private"),
    "approval": ("", "manual", "automatic"),
    "refused_findings": ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL"),
}
PATTERNS = {
    "account": r"[0-9]{12}",
    "region": r"[a-z]{2}(-[a-z]+)+-[0-9]",
    "airflow_version": r"3\.[0-9]+\.[0-9]+",
    "repository": r"([\w.-]+/[\w.-]+)?",
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """An environment: what its file says, and the names that follow from it.

    `web_server` says whether MWAA's web server reaches the internet and so a package index; `approval` how production
    is approved there, empty where that is left to the use cases. `repository` is what may deploy there, `owner/name` at
    GitHub; `github_provider` the ARN of the account's OIDC provider for GitHub, empty to have one made; `alerts_mail`
    who is told of alarms, empty for nobody. `refused_findings` is the least severity of what ECR's scan finds in an
    image that keeps it from being used, unless that finding was accepted.
    """

    environment: str
    account: str
    region: str
    airflow_version: str
    web_server: str
    approval: str = ""
    repository: str = ""
    github_provider: str = ""
    alerts_mail: str = ""
    refused_findings: str = "HIGH"

    @property
    def prefix(self) -> str:
        """What every name in the account begins with; also the name of the MWAA environment."""
        return f"nightshift-{self.environment}"

    @property
    def airflow_bucket(self) -> str:
        """Where MWAA finds DAG files, plugins and requirements."""
        return f"{self.prefix}-airflow-{self.account}"

    @property
    def data_bucket(self) -> str:
        """Where data, job code, releases and models lie."""
        return f"{self.prefix}-data-{self.account}"

    @property
    def jobs_role_arn(self) -> str:
        """The role that jobs run as."""
        return f"arn:aws:iam::{self.account}:role/{self.prefix}-jobs"

    @property
    def endpoints_role_arn(self) -> str:
        """The role that the servers of models run as."""
        return f"arn:aws:iam::{self.account}:role/{self.prefix}-endpoints"

    @property
    def deployment_role_arn(self) -> str:
        """The role that continuous delivery deploys with."""
        return f"arn:aws:iam::{self.account}:role/{self.prefix}-deployment"

    @property
    def alerts_topic_arn(self) -> str:
        """Where every notice goes."""
        return f"arn:aws:sns:{self.region}:{self.account}:{self.prefix}-alerts"

    @property
    def registry(self) -> str:
        """The account's container registry."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com"

    @property
    def image_builder(self) -> str:
        """The CodeBuild project that builds images where there is no Docker."""
        return f"{self.prefix}-images"

    def of_release(self) -> dict[str, str]:
        """What a release's manifest tells DAGs of its environment."""
        return {
            "environment": self.environment,
            "region": self.region,
            "bucket": self.data_bucket,
            "role_arn": self.jobs_role_arn,
            "endpoints_role_arn": self.endpoints_role_arn,
            "approval": self.approval,
        }


def read(environment: str, folder: Path = FOLDER) -> Settings:
    """The settings of an environment. Raises Failure where one is missing, unknown or no such value."""
    if environment not in ENVIRONMENTS:
        raise Failure(f"ENV={environment} is no environment: there are {', '.join(ENVIRONMENTS)}")
    file = folder / f"{environment}.toml"
    try:
        return parse(environment, tomllib.loads(file.read_text()), str(file))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Failure(f"{file} cannot be read: {error}") from error


def parse(environment: str, values: Mapping[str, Any], source: str) -> Settings:
    """The settings that `source` holds. Raises Failure naming the first that is wrong and what it may be."""
    fields = {field.name: field for field in dataclasses.fields(Settings) if field.name != "environment"}
    for name, value in values.items():
        if name not in fields:
            raise Failure(f"{source}: {name} is no setting; there are {', '.join(fields)}")
        _check(name, value, source)
    required = [name for name, field in fields.items() if field.default is dataclasses.MISSING]
    missing = [name for name in required if name not in values]
    if missing:
        raise Failure(f"{source}: {', '.join(missing)} must be set")
    return Settings(environment, **values)


def _check(name: str, value: Any, source: str) -> None:
    if not isinstance(value, str):
        raise Failure(f"{source}: {name} is {value!r}, not text")
    if name in CHOICES and value not in CHOICES[name]:
        raise Failure(f"{source}: {name} is {value!r}, not one of {', '.join(map(repr, CHOICES[name]))}")
    if name in PATTERNS and not re.fullmatch(PATTERNS[name], value):
        raise Failure(f"{source}: {name} is {value!r}, which is not of the form {PATTERNS[name]}")
