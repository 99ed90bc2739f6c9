"""What the policies of a role in the templates allow, for the names that things have in the local stack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from deploy.local.notices import NAME as TOPIC
from deploy.local.settings import BUCKET
from tests.support.calls import Asked
from tests.support.local_aws import ACCOUNT, REGION, ROOT
from tests.support.templates import FILES, listed, load

PREFIX = "nightshift-local"
PARAMETERS = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "Prefix": PREFIX,
    "AirflowBucket": f"{PREFIX}-airflow",
    "DataBucket": BUCKET,
    "KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
}
# What is called otherwise here than the templates call it.
NAMES = {f":{TOPIC}": f":{PREFIX}-alerts"}


RECORD: Path = ROOT / "tests" / "fixtures" / "called.txt"
"""The actions that Airflow asked for in a full run, one a line; `make calls` writes them down anew."""


def on_record() -> set[str]:
    """Those actions."""
    return set(RECORD.read_text().split())


BESIDES = {
    "cloudwatch:DescribeAlarms": "SageMaker and Application Auto Scaling read the alarms in the caller's name",
    "iam:CreateServiceLinkedRole": "Application Auto Scaling makes its own role, once an account",
    "iam:PassRole": "with every job and model",
    "kms:CreateGrant": "with every disk",
    "kms:Decrypt": "with every object and message",
    "kms:DescribeKey": "with every disk",
    "kms:GenerateDataKey": "with every object",
}
"""What AWS asks of the caller without a call of that name, and why."""


class Statement(NamedTuple):
    """A statement of a role's policies, of which neither conditions nor principals are looked at."""

    name: str
    """``<role>/<policy>/<Sid>``"""
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditional: bool

    def means(self, asked: Asked) -> bool:
        """Whether it is about this."""
        named = any(fnmatchcase(asked.action.lower(), action.lower()) for action in self.actions)
        return named and any(fnmatchcase(asked.resource, pattern) for pattern in self.resources)


def statements(role: str, parameters: Mapping[str, str] = PARAMETERS) -> list[Statement]:
    """What the role's own policies and the managed ones that it has say, with the templates' parameters."""
    every = [load(file)["Resources"] for file in FILES]
    (found,) = [each for each in every if each.get(role, {}).get("Type") == "AWS::IAM::Role"]
    properties = found[role]["Properties"]
    documents = {policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies", ())}
    for managed in properties.get("ManagedPolicyArns", ()):
        documents[managed["Ref"]] = found[managed["Ref"]]["Properties"]["PolicyDocument"]
    return [
        _statement(f"{role}/{policy}/{each['Sid']}", each, parameters)
        for policy, document in documents.items()
        for each in document["Statement"]
    ]


def _statement(name: str, said: dict[str, Any], parameters: Mapping[str, str]) -> Statement:
    resources = tuple(_resolved(each, parameters) for each in listed(said["Resource"]))
    return Statement(name, said["Effect"], tuple(listed(said["Action"])), resources, "Condition" in said)


def _resolved(value: Any, parameters: Mapping[str, str]) -> str:
    """A resource with its parameters' values; those of other resources are none that a request names."""
    text = value if isinstance(value, str) else value.get("Fn::Sub") or f"${{{value.get('Ref')}}}"
    return re.sub(r"\$\{([^}]+)\}", lambda found: parameters.get(found[1], found[0]), text)


def refusals(role: str, wanted: Set[Asked], parameters: Mapping[str, str] = PARAMETERS) -> Iterator[str]:
    """Why a role may not do what it did, and what would let it. A deny with a condition is the business of the tests of
    policies: here nothing has the network and the key that those are about."""
    known = statements(role, parameters)
    for asked in sorted(_renamed(each) for each in wanted):
        about = [each for each in known if each.means(asked)]
        denies = [each.name for each in about if each.effect == "Deny" and not each.conditional]
        if denies:
            yield f"{role} may not {asked.action} on {asked.resource}: {', '.join(denies)} takes it back"
        elif not [each for each in about if each.effect == "Allow"]:
            lacking = f"{{Effect: Allow, Action: {asked.action!r}, Resource: {asked.resource!r}}}"
            yield f"{role} may not {asked.action} on {asked.resource}: its template lacks {lacking}"


def _renamed(asked: Asked) -> Asked:
    resource = asked.resource
    for here, there in NAMES.items():
        resource = resource.replace(here, there)
    return asked._replace(resource=resource)
