"""AWS accounts of a test's own: an access key of twelve digits is one."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.support.local_aws import REGION, LocalAws, training_request

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True)
class Account:
    """One account, in one region."""

    aws: LocalAws
    number: str
    region: str = REGION

    @classmethod
    def new(cls, aws: LocalAws) -> Account:
        """An account that nothing was made in yet."""
        return cls(aws, f"{uuid.uuid4().int % 10**12:012}")

    def client(self, service: str) -> Any:
        return self.aws.client(service, access_key=self.number, region=self.region)

    @cached_property
    def sagemaker(self) -> Any:
        return self.client("sagemaker")

    def arn(self, resource: str) -> str:
        """The ARN of *resource*, which is ``type/name``."""
        return f"arn:aws:sagemaker:{self.region}:{self.number}:{resource}"

    def create_role(self, trust: dict[str, Any] | None = None, name: str = "jobs") -> str:
        """A role; by default one that SageMaker may assume. Returns its ARN."""
        document = json.dumps(_TRUST if trust is None else trust)
        role = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
        return str(role["Arn"])

    def training_request(self, name: str, role: str) -> dict[str, Any]:
        """A job that fails at its end, as its output bucket is another account's; it needs no input."""
        return training_request(name, "", RoleArn=role)

    def groups(self, *names: str) -> None:
        """Model package groups of these names, in this order."""
        for name in names:
            self.sagemaker.create_model_package_group(ModelPackageGroupName=name)
