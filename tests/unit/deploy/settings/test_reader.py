from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy.errors import Failure
from deploy.settings import ENVIRONMENTS, parse, read

VALUES = {"account": "123456789012", "region": "eu-central-1", "airflow_version": "3.3.1", "web_server": "public"}
ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_has_settings_of_its_own(environment: str) -> None:
    settings = read(environment)
    assert settings.environment == environment
    assert settings.account in settings.airflow_bucket
    assert settings.prefix in settings.jobs_role_arn


def test_no_two_environments_share_an_account() -> None:
    assert len({read(environment).account for environment in ENVIRONMENTS}) == len(ENVIRONMENTS)


def test_what_follows_from_an_account_names_it() -> None:
    settings = parse("dev", VALUES, "dev.toml")
    assert settings.registry == "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
    assert settings.jobs_role_arn == "arn:aws:iam::123456789012:role/nightshift-dev-jobs"
    assert settings.data_bucket == "nightshift-dev-data-123456789012"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"colour": "red"}, "dev.toml: colour is no setting"),
        ({"account": 123456789012}, "dev.toml: account is 123456789012, not text"),
        ({"account": "1234"}, "dev.toml: account is '1234', which is not of the form"),
        ({"web_server": "open"}, "dev.toml: web_server is 'open', not one of 'public', 'private'"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(changed: dict[str, object], told: str) -> None:
    with pytest.raises(Failure, match=re.escape(told)):
        parse("dev", {**VALUES, **changed}, "dev.toml")


@pytest.mark.parametrize("name", VALUES)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(Failure, match=f"dev.toml: {name} must be set"):
        parse("dev", {key: value for key, value in VALUES.items() if key != name}, "dev.toml")


def test_an_environment_that_is_none_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(Failure, match="ENV=production is no environment: there are dev, staging, prod"):
        read("production")


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_text("account = ")
    with pytest.raises(Failure, match=r"dev\.toml cannot be read"):
        read("dev", tmp_path)


def test_account_ids_are_written_in_the_settings_alone() -> None:
    accounts = {read(environment).account for environment in ENVIRONMENTS}
    sources = [path for path in (ROOT / "deploy").rglob("*") if path.suffix in {".py", ".yaml", ".json", ".sh"}]
    assert [path for path in sources if any(account in path.read_text() for account in accounts)] == []


def test_notices_go_to_the_topic_that_the_stacks_make() -> None:
    topic = read("dev").alerts_topic_arn.rpartition(":")[2]
    made = (ROOT / "deploy" / "cloudformation" / "operations.yaml").read_text()
    assert f'TopicName: !Sub "${{Prefix}}{topic.removeprefix("nightshift-dev")}"' in made
