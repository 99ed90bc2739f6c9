"""docker-compose.yaml by itself; what it does is proven with a Docker engine, in tests/compose."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from deploy.local.notices import TOPIC_ARN
from tests.support.local_aws import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OWN = "nightshift-local"
ONCE = {"secrets", "migrate", "provision"}
every_service = pytest.mark.parametrize("name", SERVICES)


@every_service
def test_ports_are_published_on_the_loopback_interface_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


@every_service
def test_an_image_of_others_has_an_exact_version(name: str) -> None:
    image = SERVICES[name]["image"]
    assert image == OWN or re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?-bookworm", image)


@every_service
def test_there_is_no_secret_in_the_file(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if re.search("PASSWORD|SECRET|FERNET|_CONN$|_URL$|BACKEND", variable) and variable.startswith("AIRFLOW__"):
            assert "@" not in value, variable
        if re.search("PASSWORD|FERNET", variable):
            assert value.startswith(("/run/nightshift/", "cat /run/nightshift/")), variable


@every_service
def test_what_lasts_has_a_health_check_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert ("healthcheck" in service) is (name not in ONCE)
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")


@every_service
def test_what_is_needed_is_awaited(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if needed in ONCE else "service_healthy"
        assert how["condition"] == wanted, needed


@every_service
def test_nothing_but_the_local_aws_may_do_more_than_docker_allows_by_default(name: str) -> None:
    more = {"cap_add", "security_opt", "privileged", "pid", "ipc", "devices"} & SERVICES[name].keys()
    assert more == ({"cap_add", "security_opt"} if name == "aws" else set())


@every_service
def test_jobs_never_see_the_secrets_of_the_stack(name: str) -> None:
    mounted = [volume.partition(":")[0] for volume in SERVICES[name].get("volumes", ())]
    assert ("secrets" in mounted) is (name not in ("aws", "provision"))


def test_airflow_is_told_to_reach_the_local_aws_by_keys_that_aws_refuses() -> None:
    environ = SERVICES["worker"]["environment"]
    assert (environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"]) == ("local", "local")
    assert environ["AWS_ENDPOINT_URL"].startswith("http://aws.localhost:")


def test_dags_are_told_the_topic_that_provision_makes() -> None:
    assert SERVICES["worker"]["environment"]["AIRFLOW_VAR_NIGHTSHIFT_TOPIC"] == TOPIC_ARN
