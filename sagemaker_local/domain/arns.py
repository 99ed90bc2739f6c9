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


def name_of(identifier: str) -> str:
    """The name in *identifier*, which is a name or an ARN: AWS accepts both in many members."""
    if not identifier.startswith("arn:"):
        return identifier
    return identifier.split(":", 5)[5].partition("/")[2]


def role_name(role_arn: str) -> str:
    """The role's name without its path (``role/service-role/Name`` is role ``Name``)."""
    return role_arn.rsplit("/", 1)[-1]


def account_of(arn: str) -> str:
    """The twelve digits of *arn*'s account."""
    return arn.split(":")[4]
