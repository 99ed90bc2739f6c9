"""Amazon resource names."""

from __future__ import annotations

from typing import NamedTuple


class Scope(NamedTuple):
    """The account and region that a request acts in; names are unique within one."""

    account: str
    region: str

    def arn(self, resource_type: str, name: str) -> str:
        """The ARN of SageMaker resource *name* of type ``training-job``, ``model-package``, ..."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{resource_type}/{name}"

    def arn_of(self, resource_type: str, identifier: str) -> str:
        """The ARN that *identifier*, a name or already an ARN, stands for: AWS accepts both in many members."""
        return identifier if identifier.startswith("arn:") else self.arn(resource_type, identifier)

    def holds(self, resource_type: str, arn: str) -> bool:
        """Whether *arn* is of that type, in this account and region; ARNs are compared without case."""
        return arn.lower() == self.arn(resource_type, name_of(arn)).lower()


def name_of(arn: str) -> str:
    """The name in *arn*, which for a model package's version is ``group/version``."""
    return arn.split(":", 5)[5].partition("/")[2]


def type_of(arn: str) -> str:
    """The type of resource in *arn*: ``endpoint``, ``model-package-group``, ..."""
    return arn.split(":", 5)[5].partition("/")[0]


def role_name(role_arn: str) -> str:
    """The role's name without its path (``role/service-role/Name`` is role ``Name``)."""
    return role_arn.rsplit("/", 1)[-1]


def account_of(arn: str) -> str:
    """The twelve digits of *arn*'s account."""
    return arn.split(":")[4]
