"""The templates by AWS's schemas, and as real stacks of the local CloudFormation as far as that knows their types."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import Failure
from deploy.local import events
from deploy.settings import Settings
from deploy.stacks import ORDER, REVISION, TEMPLATES, Maker, plan, require_current, values
from tests.support.local_aws import ACCOUNT, LocalAws
from tests.support.templates import FILES, load

# What ministack's CloudFormation does not have: left out of the stacks made here, proven by cfn-lint alone.
UNKNOWN = {
    "AWS::EC2::EIP",
    "AWS::EC2::NatGateway",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::IAM::OIDCProvider",
    "AWS::MWAA::Environment",
}
SETTINGS = Settings(
    "staging", ACCOUNT, "us-east-1", "3.3.1", "private", "manual", repository="owner/name", alerts_mail="a@example.org"
)


def test_every_template_is_made_by_the_plan_or_on_its_own() -> None:
    assert {file.stem for file in FILES} == {*ORDER, "endpoint"}


def test_a_use_cases_rule_takes_the_events_of_its_model_package_group() -> None:
    (stack,) = [stack for stack in plan(SETTINGS, ["a_b"]) if stack.template == "use-case"]
    rule = load(TEMPLATES / "use-case.yaml")["Resources"]["Rule"]["Properties"]["EventPattern"]
    detail = rule["detail"]
    (group,) = detail["ModelPackageGroupName"]
    given = {**rule, "detail": {**detail, "ModelPackageGroupName": [stack.values[group["Ref"]]]}}
    assert given == events.approvals("a_b").pattern


def test_a_use_cases_rule_takes_the_events_of_files_that_arrive_for_it() -> None:
    (stack,) = [stack for stack in plan(SETTINGS, ["a_b"]) if stack.template == "use-case"]
    rule = load(TEMPLATES / "use-case.yaml")["Resources"]["IncomingRule"]["Properties"]["EventPattern"]
    (key,) = rule["detail"]["object"]["key"]
    prefix = key["prefix"]["Fn::Sub"].replace("${UseCase}", stack.values["UseCase"])
    given = {**rule, "detail": {"bucket": {"name": [SETTINGS.data_bucket]}, "object": {"key": [{"prefix": prefix}]}}}
    assert rule["detail"]["bucket"] == {"name": [{"Ref": "DataBucket"}]}
    assert given == events.incoming("a_b", SETTINGS.data_bucket).pattern


def test_the_template_of_every_stack_tells_which_it_is() -> None:
    for name in ORDER:
        template = load(TEMPLATES / f"{name}.yaml")
        assert template["Parameters"][REVISION]["Type"] == "String"
        assert template["Outputs"][REVISION] == {"Value": {"Ref": REVISION}}


def test_cfn_lint_finds_nothing() -> None:
    command = [
        str(Path(sys.executable).with_name("cfn-lint")),
        "--regions",
        "us-east-1",
        "eu-central-1",
        "--",
        *map(str, FILES),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    folder = tmp_path_factory.mktemp("stacks")
    server = LocalAws(folder / "state", folder / "images").start()
    yield server
    server.terminate()


@pytest.fixture
def known_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The templates without what the local CloudFormation does not have."""
    for file in FILES:
        document = dict(load(file))
        known = {name: each for name, each in document["Resources"].items() if each["Type"] not in UNKNOWN}
        (tmp_path / file.name).write_text(json.dumps({**document, "Resources": known}, default=str))
    monkeypatch.setattr("deploy.stacks.TEMPLATES", tmp_path)
    return tmp_path


def test_the_plan_makes_real_stacks_and_leaves_alone_what_is_as_it_should_be(aws: LocalAws, known_types: Path) -> None:
    cloudformation = aws.client("cloudformation")
    stacks = [stack for stack in plan(SETTINGS, ["abalone", "churn"]) if stack.template != "airflow"]
    said: list[str] = []
    for _ in range(2):
        maker = Maker(
            cloudformation, values(SETTINGS) | {"GithubProvider": "arn:aws:iam::1:oidc-provider/g"}, said.append
        )
        for stack in stacks:
            maker.make(stack)
    assert said == [f"{stack.name}: {done}" for done in ("created", "unchanged") for stack in stacks]
    policy = json.loads(aws.s3.get_bucket_policy(Bucket=SETTINGS.data_bucket)["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["TlsOnly", "NoOtherEncryption", "NoOtherKey"]
    queues = aws.client("sqs").list_queues()["QueueUrls"]
    assert {url.rpartition("/")[2] for url in queues} >= {
        f"{use_case}-{what}" for use_case in ("abalone", "churn") for what in ("approvals", "incoming")
    }


def test_stacks_of_other_templates_are_told_with_what_brings_them_up_to_date(
    aws: LocalAws, known_types: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.stacks.ORDER", ("image-builder", "use-case"))
    cloudformation = aws.client("cloudformation")
    settings = dataclasses.replace(SETTINGS, environment="dev")
    given = {**values(settings), "KeyArn": "arn:aws:kms:us-east-1:1:key/1", "TopicArn": settings.alerts_topic_arn}
    maker, stacks = Maker(cloudformation, given, print), list(plan(settings, ["abalone"]))
    with pytest.raises(Failure, match="nightshift-dev-image-builder, nightshift-dev-abalone: not made of"):
        require_current(cloudformation, settings, ["abalone"])
    for stack in stacks:
        maker.make(stack)
    require_current(cloudformation, settings, ["abalone"])
    template = known_types / "use-case.yaml"
    template.write_text(f"# a comment\n{template.read_text()}")
    require_current(cloudformation, settings, ["abalone"])
    template.write_text(template.read_text().replace("1209600", "1209599", 1))
    with pytest.raises(Failure, match='make stacks ENV=dev STACKS="nightshift-dev-abalone"'):
        require_current(cloudformation, settings, ["abalone"])


def test_the_types_that_are_left_out_are_those_that_are_not_there(aws: LocalAws) -> None:
    wanted = {each["Type"] for file in FILES for each in load(file)["Resources"].values()}
    assert wanted >= UNKNOWN
    for kind in sorted(UNKNOWN):
        body: dict[str, Any] = {"Resources": {"Thing": {"Type": kind, "Properties": {}}}}
        client = aws.client("cloudformation")
        with pytest.raises(client.exceptions.ClientError, match=kind):
            client.create_stack(StackName="unknown", TemplateBody=json.dumps(body))


def test_templates_are_read_where_the_command_is_run() -> None:
    assert TEMPLATES.is_dir()
