"""The CloudFormation templates as documents, for tests: short forms of functions become their long ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.local_aws import ROOT

FOLDER = ROOT / "deploy" / "cloudformation"
FILES = sorted(FOLDER.glob("*.yaml"))


class _Loader(yaml.SafeLoader):
    pass


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    assert isinstance(node, yaml.SequenceNode)
    return {name: loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _function)


@cache
def load(file: Path) -> dict[str, Any]:
    """A template, to be looked at only."""
    return dict(yaml.load(file.read_text(), _Loader))


def resources(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every resource of a type, as template/name and its definition."""
    for file in FILES:
        for name, resource in load(file)["Resources"].items():
            if resource["Type"] == kind:
                yield f"{file.stem}/{name}", resource


def policies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy that gives a role permissions, as template/role/policy and its document."""
    for name, role in resources("AWS::IAM::Role"):
        for policy in role["Properties"].get("Policies", ()):
            yield f"{name}/{policy['PolicyName']}", policy["PolicyDocument"]
    for name, policy in resources("AWS::IAM::ManagedPolicy"):
        yield name, policy["Properties"]["PolicyDocument"]


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of those policies, as template/role/policy/Sid."""
    for name, policy in policies():
        for number, statement in enumerate(policy["Statement"]):
            yield f"{name}/{statement.get('Sid', number)}", statement


def listed(value: Any) -> list[Any]:
    """What policies write as one or as a list."""
    return value if isinstance(value, list) else [value]
