"""Makes an environment's stacks, or brings them up to date: `python -m deploy.stacks ENV [STACK ...]`.

One after the other, each with what the settings say and what earlier ones put out: a template's parameter gets the
value of that name. A stack that is as it should be is left alone, so that this can be run again at any point.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from deploy.aws_errors import told
from deploy.errors import Failure
from deploy.release.account import session_of
from deploy.settings import ENVIRONMENTS, Settings, read

TEMPLATES = Path("deploy/cloudformation")
USE_CASE = "use-case"
ORDER = ("network", "storage", "roles", "operations", USE_CASE, "image-builder", "delivery", "airflow")
NAMED_ROLES = "CAPABILITY_NAMED_IAM"
WAIT = {"Delay": 5, "MaxAttempts": 720}
"""An hour: an MWAA environment takes half of that."""
UNCHANGED = "No updates are to be performed"
REVISION = "Revision"
"""The parameter of each template, and what its stack puts out, that tells of which template it was made."""


@dataclass(frozen=True)
class Stack:
    """A stack's name, its template's, and the values that only it knows."""

    name: str
    template: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> str:
        """Its template."""
        return (TEMPLATES / f"{self.template}.yaml").read_text()


def plan(settings: Settings, use_cases: Sequence[str]) -> Iterator[Stack]:
    """The stacks of an environment, in the order of their making."""
    for template in ORDER:
        if template != USE_CASE:
            yield Stack(f"{settings.prefix}-{template}", template)
            continue
        for use_case in use_cases:
            words = use_case.replace("_", "-")
            yield Stack(f"{settings.prefix}-{words}", template, {"Words": words, "UseCase": use_case})


def values(settings: Settings) -> dict[str, str]:
    """What the settings say, by the names of the templates' parameters."""
    return {
        "Prefix": settings.prefix,
        "Environment": settings.environment,
        "AirflowBucket": settings.airflow_bucket,
        "DataBucket": settings.data_bucket,
        "AirflowVersion": settings.airflow_version,
        "WebServer": settings.web_server,
        "Internet": "yes" if settings.web_server == "public" else "no",
        "Repository": settings.repository,
        "GithubProvider": settings.github_provider,
        "Mail": settings.alerts_mail,
    }


def revision(body: str) -> str:
    """What tells a template from others, whatever its comments say."""
    lines = [line for line in body.splitlines() if not line.lstrip().startswith("#")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def require_current(cloudformation: Any, settings: Settings, use_cases: Sequence[str]) -> None:
    """Raises Failure for stacks that are missing or made of other templates than these, with what makes them so."""
    stacks = list(plan(settings, use_cases))
    old = [stack.name for stack in stacks if _made_of(cloudformation, stack.name) != revision(stack.body)]
    if old:
        raise Failure(
            f"{', '.join(old)}: not made of the templates of this commit, which what is deployed may need. First, as "
            f'administrator: make stacks ENV={settings.environment} STACKS="{" ".join(old)}"'
        )


def _made_of(cloudformation: Any, name: str) -> str:
    """The revision of a stack's template; empty where it is not there, or may not be looked at by a role that is older
    than this."""
    try:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error) or error.response["Error"]["Code"] == "AccessDenied":
            return ""
        raise
    return next((each["OutputValue"] for each in stack.get("Outputs", []) if each["OutputKey"] == REVISION), "")


class Maker:
    """Makes stacks, and remembers what they put out."""

    def __init__(self, cloudformation: Any, known: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._cloudformation, self._known, self._say = cloudformation, dict(known), say

    def make(self, stack: Stack) -> None:
        """Make a stack or bring it up to date. Raises Failure with CloudFormation's reason."""
        wanted: dict[str, Any] = {"StackName": stack.name, "TemplateBody": stack.body, "Capabilities": [NAMED_ROLES]}
        wanted["Parameters"] = self._parameters(stack)
        with told(stack.name):
            done = "updated" if self._exists(stack.name) else "created"
            if done == "created":
                self._cloudformation.create_stack(**wanted, OnFailure="DELETE")
                self._wait("stack_create_complete", stack.name)
            elif not self._begin_update(wanted):
                done = "unchanged"
            else:
                self._wait("stack_update_complete", stack.name)
            self.learn(stack)
        self._say(f"{stack.name}: {done}")

    def learn(self, stack: Stack) -> None:
        """Take in what a stack that is there puts out. Raises ClientError where it is not."""
        (described,) = self._cloudformation.describe_stacks(StackName=stack.name)["Stacks"]
        self._known |= {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}

    def _parameters(self, stack: Stack) -> list[dict[str, str]]:
        known = {**self._known, **stack.values, REVISION: revision(stack.body)}
        declared = self._cloudformation.validate_template(TemplateBody=stack.body).get("Parameters", [])
        names = [
            each["ParameterKey"] for each in declared if "DefaultValue" not in each or known.get(each["ParameterKey"])
        ]
        missing = [name for name in names if not known.get(name)]
        if missing:
            raise Failure(
                f"{stack.name} needs {', '.join(missing)}: from deploy/settings/, or put out by a stack before it"
            )
        return [{"ParameterKey": name, "ParameterValue": known[name]} for name in names]

    def _exists(self, name: str) -> bool:
        try:
            (stack,) = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            return False
        return bool(stack["StackStatus"] != "DELETE_COMPLETE")

    def _begin_update(self, wanted: Mapping[str, Any]) -> bool:
        """Whether there is anything to update."""
        try:
            self._cloudformation.update_stack(**wanted)
        except ClientError as error:
            if UNCHANGED not in str(error):
                raise
            return False
        return True

    def _wait(self, state: str, name: str) -> None:
        try:
            self._cloudformation.get_waiter(state).wait(StackName=name, WaiterConfig=WAIT)
        except WaiterError as error:
            raise Failure(f"{name} has failed: {self._reasons(name)}") from error

    def _reasons(self, name: str) -> str:
        events = self._cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        failed = [each for each in events if each["ResourceStatus"].endswith("_FAILED")]
        return "; ".join(f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', '')}" for each in failed)


def use_cases(dags: Path = Path("dags")) -> list[str]:
    """The names of the use cases: every DAG file is one."""
    return sorted(file.stem for file in dags.glob("*.py") if file.stem != "assets")


def chosen(stacks: Sequence[Stack], names: Sequence[str]) -> set[str]:
    """The stacks of these templates or names, all where none is named. Raises Failure."""
    known = {name: stack.name for stack in stacks for name in (stack.template, stack.name)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failure(f"there is no stack {', '.join(unknown)}; there are {', '.join(ORDER)}")
    return {stack.name for stack in stacks if not names or {stack.template, stack.name} & set(names)}


def main() -> None:
    """Make them; as whom, boto3's environment says."""
    parser = argparse.ArgumentParser(prog="python -m deploy.stacks", description=__doc__.splitlines()[0])
    parser.add_argument("environment", choices=ENVIRONMENTS)
    parser.add_argument("stacks", nargs="*", help="only these templates or stacks (default: all)")
    given = parser.parse_args()
    try:
        settings = read(given.environment)
        stacks = list(plan(settings, use_cases()))
        wanted = chosen(stacks, given.stacks)
        with told():
            maker = Maker(session_of(settings).client("cloudformation"), values(settings), print)
            for stack in stacks:
                (maker.make if stack.name in wanted else maker.learn)(stack)
    except Failure as error:
        parser.exit(1, f"error: {error}\n")


if __name__ == "__main__":
    main()
