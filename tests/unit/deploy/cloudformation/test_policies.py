"""What the templates may never say, whoever changes them: nothing public, unencrypted or wider than it has to be.

These are the rules of checkov and cfn-guard that concern what is here, and the project's own; nothing is excepted
without its reason in this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from deploy.release.lock import KEY as LOCK
from tests.support.local_aws import ROOT
from tests.support.templates import FILES, listed, load, policies, resources, statements

ALLOWS = [(name, each) for name, each in statements() if each["Effect"] == "Allow"]
DENIES = {name: each for name, each in statements() if each["Effect"] == "Deny"}
KEY = {"Fn::GetAtt": ["Key", "Arn"]}
ANY_KEY = (KEY, {"Ref": "KeyArn"})
CREATES = {
    "Processing": "CreateProcessingJob",
    "Training": "CreateTrainingJob",
    "Tuning": "CreateHyperParameterTuningJob",
}

# Actions that know no resource, by the service authorization reference, or whose resources AWS names itself.
WITHOUT_RESOURCE = {
    "cloudwatch:GetMetricStatistics": "knows no resource",
    "cloudwatch:PutMetricData": "knows a namespace only, by which it is conditioned",
    "ecr:GetAuthorizationToken": "knows no resource",
    "logs:DescribeLogGroups": "knows no resource that could be narrowed beforehand",
    "s3:GetAccountPublicAccessBlock": "is about the account",
    "sagemaker:ListEndpointConfigs": "lists know no resources",
    "sagemaker:ListModelPackages": "lists know no resources",
    "sagemaker:ListModels": "lists know no resources",
}
ANY_RESOURCE = {
    "roles/Jobs/machines/Interfaces": "EC2 makes them in the role's name; most of these know no resources",
    "roles/Endpoints/machines/Interfaces": "the same",
    "roles/Reading/Look": "reads descriptions, of everything",
}
# A wildcard in the name of an action.
WILDCARDS = {
    "roles/Airflow/environment/Code": "as MWAA's user guide prescribes",
    "roles/Airflow/environment/Key": "as MWAA's user guide prescribes",
    "roles/Reading/Look": "Describe* and List* change nothing",
}

every_template = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
every_allow = pytest.mark.parametrize(("name", "statement"), ALLOWS, ids=[name for name, _ in ALLOWS])


def of(kind: str) -> Any:
    found = list(resources(kind))
    assert found, f"no {kind} in any template"
    return pytest.mark.parametrize(
        "properties", [each["Properties"] for _, each in found], ids=[name for name, _ in found]
    )


# Nothing public


@of("AWS::S3::Bucket")
def test_a_bucket_is_private_versioned_encrypted_and_logged(properties: dict[str, Any]) -> None:
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    default = rule["ServerSideEncryptionByDefault"]
    is_log = "logs" in json.dumps(properties["BucketName"])
    assert default == ({"SSEAlgorithm": "AES256"} if is_log else {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY})
    assert is_log or "LoggingConfiguration" in properties


def test_every_bucket_queue_and_topic_takes_tls_only() -> None:
    for kind, policy_kind, names in (
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ):
        guarded: set[str] = set()
        for name, policy in resources(policy_kind):
            properties = policy["Properties"]
            denies = [each for each in properties["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
            if any(each.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}} for each in denies):
                template = name.partition("/")[0]
                guarded |= {f"{template}/{each['Ref']}" for each in listed(properties[names])}
        assert guarded == {name for name, _ in resources(kind)}


@every_template
def test_no_resource_policy_lets_everybody_in(file: Any) -> None:
    for name, resource in load(file)["Resources"].items():
        for key in ("PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument"):
            for statement in resource.get("Properties", {}).get(key, {}).get("Statement", ()):
                everybody = statement.get("Principal") in ("*", {"AWS": "*"})
                assert not (everybody and statement["Effect"] == "Allow"), name


@of("AWS::EC2::Subnet")
def test_no_machine_gets_a_public_address(properties: dict[str, Any]) -> None:
    assert properties["MapPublicIpOnLaunch"] is False


def test_nothing_comes_in_but_from_the_network_itself() -> None:
    for _, group in resources("AWS::EC2::SecurityGroup"):
        for rule in group["Properties"].get("SecurityGroupIngress", ()):
            assert rule["CidrIp"].startswith("10.")
    for _, rule in resources("AWS::EC2::SecurityGroupIngress"):
        assert rule["Properties"]["SourceSecurityGroupId"] == rule["Properties"]["GroupId"]


@of("AWS::MWAA::Environment")
def test_airflow_is_never_in_public_only(properties: dict[str, Any]) -> None:
    assert properties["WebserverAccessMode"] == {"Fn::If": ["IsPublic", "PUBLIC_AND_PRIVATE", "PRIVATE_ONLY"]}


# Nothing unencrypted


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
        ("AWS::MWAA::Environment", "KmsKey"),
        ("AWS::CodeBuild::Project", "EncryptionKey"),
        ("AWS::SageMaker::EndpointConfig", "KmsKeyId"),
    ],
)
def test_what_keeps_anything_keeps_it_under_the_key(kind: str, member: str) -> None:
    found = list(resources(kind))
    assert found
    assert [name for name, each in found if each["Properties"].get(member) not in ANY_KEY] == []


@of("AWS::ECR::Repository")
def test_images_are_encrypted_scanned_and_never_replaced(properties: dict[str, Any]) -> None:
    assert properties["EncryptionConfiguration"] == {"EncryptionType": "KMS", "KmsKey": KEY}
    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert properties["ImageTagMutability"] == "IMMUTABLE"


def test_every_image_has_its_repository() -> None:
    named = {each["Properties"]["RepositoryName"] for _, each in resources("AWS::ECR::Repository")}
    folders = [file.parent.name for file in (ROOT / "include" / "containers").glob("*/Dockerfile")]
    assert named == {f"nightshift/{name}" for name in folders}


@of("AWS::KMS::Key")
def test_keys_rotate(properties: dict[str, Any]) -> None:
    assert properties["EnableKeyRotation"] is True


@of("AWS::SageMaker::Model")
def test_a_model_is_in_the_network(properties: dict[str, Any]) -> None:
    assert properties["VpcConfig"]["Subnets"] == {"Ref": "Subnets"}


def test_what_holds_data_outlives_its_stack() -> None:
    for kind in ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::ECR::Repository", "AWS::MWAA::Environment"):
        for name, resource in resources(kind):
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


# A job outside the network, or without a key, is impossible


def denied(action: str, condition: dict[str, Any]) -> bool:
    return any(
        f"sagemaker:{action}" in listed(each["Action"])
        and each["Resource"] == "*"
        and each.get("Condition") == condition
        for name, each in DENIES.items()
        if name.startswith("roles/Guardrails/")
    )


@pytest.mark.parametrize("action", [*CREATES.values(), "CreateModel"])
def test_what_runs_outside_the_network_is_denied(action: str) -> None:
    assert denied(action, {"Null": {"sagemaker:VpcSubnets": "true"}})
    assert denied(action, {"Null": {"sagemaker:VpcSecurityGroupIds": "true"}})
    assert denied(action, {"ForAnyValue:StringNotEquals": {"sagemaker:VpcSubnets": {"Ref": "Subnets"}}})
    group = {"sagemaker:VpcSecurityGroupIds": {"Ref": "JobsSecurityGroup"}}
    assert denied(action, {"ForAnyValue:StringNotEquals": group})


@pytest.mark.parametrize("action", [*CREATES.values(), "CreateTransformJob", "CreateEndpointConfig"])
def test_what_writes_disks_without_a_key_is_denied(action: str) -> None:
    assert denied(action, {"Null": {"sagemaker:VolumeKmsKey": "true"}})


@pytest.mark.parametrize("action", [*CREATES.values(), "CreateTransformJob"])
def test_what_writes_results_without_a_key_is_denied(action: str) -> None:
    assert denied(action, {"Null": {"sagemaker:OutputKmsKey": "true"}})


def test_whoever_may_create_anything_of_sagemaker_is_behind_the_guardrails() -> None:
    creating = {
        name.split("/")[1]
        for name, each in ALLOWS
        if any(act.startswith("sagemaker:Create") for act in listed(each["Action"]))
    }
    roles = {name.split("/")[1]: role["Properties"] for name, role in resources("AWS::IAM::Role")}
    assert creating == {"Airflow", "DataScientist"}
    for role in (*creating, "MlopsEngineer", "ReadOnly"):
        assert {"Ref": "Guardrails"} in roles[role]["ManagedPolicyArns"]


def test_no_allow_undoes_a_guardrail_of_everything() -> None:
    guardrails = [each for name, each in DENIES.items() if name.startswith("roles/Guardrails/")]
    whole = [each for each in guardrails if "Condition" not in each and each["Resource"] == "*"]
    never = {action for each in whole for action in listed(each["Action"])}
    allowed = {action for name, each in ALLOWS for action in listed(each["Action"])}
    assert never & allowed == set()


# What decides which programs run and which version is served is out of people's reach


def in_peoples_hands() -> Iterator[str]:
    """The roles that people take, and those that they may pass to what they start."""
    for name, role in resources("AWS::IAM::Role"):
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if "AWS" in trust["Principal"]:
            yield name
            template = name.partition("/")[0]
            passed = [
                each for which, each in ALLOWS if which.startswith(f"{name}/") and "iam:PassRole" in each["Action"]
            ]
            yield from (f"{template}/{arn['Fn::GetAtt'][0]}" for each in passed for arn in listed(each["Resource"]))


def writes(role: str, key: str) -> bool:
    """Whether a role's own policies let it write an object of the data bucket."""

    def covers(statement: dict[str, Any]) -> bool:
        resources = [
            arn["Fn::Sub"] for arn in listed(statement["Resource"]) if isinstance(arn, dict) and "Fn::Sub" in arn
        ]
        keys = [arn.partition("${DataBucket}/")[2] for arn in resources]
        return any(fnmatchcase("s3:PutObject", act) for act in listed(statement["Action"])) and any(
            fnmatchcase(key, pattern) for pattern in keys
        )

    effects = {each["Effect"] for name, each in statements() if name.startswith(f"{role}/") and covers(each)}
    return effects == {"Allow"}


@pytest.mark.parametrize(
    "key",
    [
        "code/1/train.py",
        "images/training/1.zip",
        "releases/current.json",
        "abalone/champion.json",
        "abalone/monitoring/baselines.json",
    ],
)
def test_no_role_that_a_person_may_use_writes_what_decides(key: str) -> None:
    roles = set(in_peoples_hands())
    assert {"roles/DataScientist", "roles/Jobs"} <= roles
    assert [role for role in sorted(roles) if writes(role, key)] == []
    assert writes("roles/Jobs", "abalone/runs/1/model.tar.gz")


# What a runbook asks a person to do, the person's role allows


@pytest.mark.documented(
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html"
)
def test_an_mlops_engineer_may_move_what_could_not_be_delivered() -> None:
    operations = {name.rpartition("/")[2]: each for name, each in ALLOWS if name.startswith("roles/MlopsEngineer/")}
    source = {"sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    assert source | {"sqs:SendMessage"} <= set(operations["QueuesOfEvents"]["Action"])
    assert set(operations["KeyOfEvents"]["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert operations["KeyOfEvents"]["Resource"] == {"Ref": "KeyArn"}
    (service,) = operations["KeyOfEvents"]["Condition"]["StringEquals"].values()
    assert service == {"Fn::Sub": "sqs.${AWS::Region}.amazonaws.com"}


def test_an_mlops_engineer_may_bring_a_file_and_take_away_what_is_in_the_way() -> None:
    operations = {name.rpartition("/")[2]: each for name, each in ALLOWS if name.startswith("roles/MlopsEngineer/")}
    assert operations["Arrivals"]["Action"] == ["s3:AbortMultipartUpload", "s3:PutObject"]
    assert operations["KeyOfArrivals"]["Action"] == "kms:GenerateDataKey"
    assert operations["Arrivals"]["Resource"]["Fn::Sub"].endswith("${DataBucket}/*/incoming/*")
    assert {each["Fn::Sub"].rpartition(":::")[2] for each in operations["InTheWay"]["Resource"]} == {
        "${DataBucket}/*/incoming/*",
        "${DataBucket}/*/runs/*/files/*",
        "${AirflowBucket}/" + LOCK,
    }


# Nothing wider than it has to be


@every_allow
def test_actions_are_named(name: str, statement: dict[str, Any]) -> None:
    wild = [action for action in listed(statement["Action"]) if "*" in action]
    assert "*" not in listed(statement["Action"])
    assert not wild or name in WILDCARDS, wild


@every_allow
def test_resources_are_named_where_the_action_knows_any(name: str, statement: dict[str, Any]) -> None:
    if "*" in listed(statement["Resource"]):
        others = set(listed(statement["Action"])) - WITHOUT_RESOURCE.keys()
        assert not others or name in ANY_RESOURCE, others
    if statement["Action"] == "cloudwatch:PutMetricData":
        assert "cloudwatch:namespace" in json.dumps(statement["Condition"])


@every_allow
def test_a_role_is_passed_to_one_service_only_and_by_its_name(name: str, statement: dict[str, Any]) -> None:
    if "iam:PassRole" in listed(statement["Action"]):
        assert statement["Action"] == "iam:PassRole"
        assert statement["Condition"]["StringEquals"].keys() == {"iam:PassedToService"}
        for resource in listed(statement["Resource"]):
            assert resource.keys() <= {"Fn::GetAtt", "Ref"}


def test_no_reason_is_left_of_what_is_gone() -> None:
    names, actions = {name for name, _ in ALLOWS}, {act for _, each in ALLOWS for act in listed(each["Action"])}
    assert {*ANY_RESOURCE, *WILDCARDS} <= names
    assert WITHOUT_RESOURCE.keys() <= actions


def test_a_role_trusts_its_own_account_only() -> None:
    for name, role in resources("AWS::IAM::Role"):
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            condition = json.dumps(statement["Condition"])
            principal = json.dumps(statement["Principal"])
            known = "aws:SourceAccount" in condition or "AWS::AccountId" in principal or "oidc" in principal.lower()
            assert known or "GithubProvider" in principal, name


# The statements for services that tell no source: EventBridge, to topics, in their policies and in their key's.
SOURCELESS = {
    "operations/TopicPolicy/Events": "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html",
    "storage/Key/EventsIntoQueuesAndTopics": "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
}


def for_services() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of a resource's own policy that lets a service in, as template/resource/Sid."""
    for file in FILES:
        for name, resource in load(file)["Resources"].items():
            for key in ("PolicyDocument", "KeyPolicy"):
                for statement in resource.get("Properties", {}).get(key, {}).get("Statement", ()):
                    if isinstance(statement.get("Principal"), dict) and "Service" in statement["Principal"]:
                        yield f"{file.stem}/{name}/{statement['Sid']}", statement


@pytest.mark.documented(SOURCELESS["storage/Key/EventsIntoQueuesAndTopics"])
def test_a_service_acts_for_this_account_only_where_it_says_for_whom() -> None:
    found = dict(for_services())
    assert SOURCELESS.keys() <= found.keys()
    for name, statement in found.items():
        condition = json.dumps(statement.get("Condition", {}))
        assert ("aws:Source" in condition or "AccountId" in condition) == (name not in SOURCELESS), name
    for name in SOURCELESS:
        assert found[name]["Principal"] == {"Service": "events.amazonaws.com"}
        assert "Condition" not in found[name]


def test_github_deploys_from_one_environment_of_one_repository() -> None:
    (trust,) = [
        statement
        for name, role in resources("AWS::IAM::Role")
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if "Federated" in statement["Principal"]
    ]
    conditions = trust["Condition"]["StringEquals"]
    assert conditions["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    assert conditions["token.actions.githubusercontent.com:sub"] == {
        "Fn::Sub": "repo:${Repository}:environment:${Environment}"
    }


def test_no_account_id_is_in_a_template() -> None:
    for file in FILES:
        digits = [word for word in file.read_text().replace('"', " ").replace(":", " ").split() if len(word) == 12]
        assert not [word for word in digits if word.isdigit()], file


def test_policies_are_of_the_current_language() -> None:
    assert {policy["Version"] for _, policy in policies()} == {"2012-10-17"}
