"""SageMaker's resources in CloudFormation stacks: made, changed and deleted by calls of this very service."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name

from sagemaker_local.base.aws import Aws
from sagemaker_local.base.interface import Made, Provisioned, StackResource
from sagemaker_local.domain import endpoints, stacks
from sagemaker_local.domain.arns import Scope, name_of, type_of
from sagemaker_local.domain.stacks import Properties, ResourceType
from sagemaker_local.protocol import model
from sagemaker_local.protocol.coercion import coerced
from sagemaker_local.store import Record, Store

_LOOK_EVERY_SECONDS = 0.1
_KINDS = (stacks.MODEL, stacks.ENDPOINT_CONFIG, stacks.ENDPOINT, stacks.MODEL_PACKAGE_GROUP)
_STACK_ID, _LOGICAL_ID = "aws:cloudformation:stack-id", "aws:cloudformation:logical-id"


class ResourceFailed(Exception):
    """SageMaker did not come to what the stack wants; the text is a ``StatusReason``."""


def resources(aws: Aws, store: Store) -> list[StackResource]:
    """One of each type that templates may have."""
    return [
        Resource(stacks.MODEL, aws, store),
        Resource(stacks.ENDPOINT_CONFIG, aws, store),
        Endpoint(stacks.ENDPOINT, aws, store),
        ModelPackageGroup(stacks.MODEL_PACKAGE_GROUP, aws, store),
    ]


def made_by(store: Store, scope: Scope, stack_id: str) -> list[Made]:
    """The resources that are there of a stack, by the tags that it gave them."""
    kinds = {kind.arn_type: kind for kind in _KINDS}
    found = []
    for arn in store.tagged(_STACK_ID, stack_id):
        kind = kinds[type_of(arn)]
        record = store.get(kind.arn_type, scope, name_of(arn))
        if record is not None:
            found.append(Made(store.tags(arn)[_LOGICAL_ID], kind.type_name, record[f"{kind.kind}Arn"]))
    return found


class Resource:
    """Resources that are there at once and never change, but for their tags."""

    tagged = True

    def __init__(self, kind: ResourceType, aws: Aws, store: Store) -> None:
        self._kind, self._aws, self._store = kind, aws, store
        self.type_name, self.replacing = kind.type_name, kind.replacing
        self.name_property: str | None = kind.name_property

    def create(self, scope: Scope, name: str, properties: Properties) -> Provisioned:
        arn = scope.arn(self._kind.arn_type, name)
        self._create_marked(scope, name, arn, properties)
        try:
            self._created(scope, name, properties)
            return self._provisioned(scope, name)
        except Exception:
            self.delete(scope, arn)  # the stack knows of no resource that failed
            raise

    def _create_marked(self, scope: Scope, name: str, arn: str, properties: Properties) -> None:
        """Make what `made_by` finds from the first moment on, so that nothing is left over of what a server's end
        interrupts. No client may give the tags of stacks."""
        system = {key: value for key, value in stacks.tags_of(properties).items() if stacks.is_system_tag(key)}
        is_new = self._record(scope, name) is None
        if is_new:
            self._store.put_tags(arn, system)
        try:
            self._call(scope, "Create", stacks.creation(self._kind, name, properties))
        except Exception:
            if is_new:
                self._store.delete_tags(arn, list(system))
            raise

    def update(self, scope: Scope, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        name = name_of(physical_id)
        self._updated(scope, name, old, new)
        self._retag(scope, physical_id, stacks.tags_of(old), stacks.tags_of(new))
        return self._provisioned(scope, name)

    def _retag(self, scope: Scope, arn: str, old: dict[str, str], new: dict[str, str]) -> None:
        client = self._aws.client("sagemaker", scope)
        gone = [key for key in old if key not in new]
        given = [{"Key": key, "Value": value} for key, value in new.items() if old.get(key) != value]
        if gone:
            client.delete_tags(ResourceArn=arn, TagKeys=gone)
        if given:
            client.add_tags(ResourceArn=arn, Tags=given)

    def delete(self, scope: Scope, physical_id: str) -> None:
        name = name_of(physical_id)
        if self._record(scope, name) is not None:
            self._call(scope, "Delete", {self._kind.name_property: name})

    def _created(self, scope: Scope, name: str, properties: Properties) -> None:
        """What else makes the resource what it is to be."""

    def _updated(self, scope: Scope, name: str, old: Properties, new: Properties) -> None:
        """Change what the resource can change, beside its tags."""

    def _call(self, scope: Scope, verb: str, request: Properties) -> None:
        operation = f"{verb}{self._kind.kind}"
        method = getattr(self._aws.client("sagemaker", scope), xform_name(operation))
        method(**coerced(request, model.input_shape(operation)))

    def _record(self, scope: Scope, name: str) -> Record | None:
        return self._store.get(self._kind.arn_type, scope, name)

    def _provisioned(self, scope: Scope, name: str) -> Provisioned:
        record = self._record(scope, name)
        if record is None:
            raise ResourceFailed(f"{self.type_name} {name} was deleted outside the stack")
        shown = {member: record[member] for member in self._kind.attributes}
        return Provisioned(scope.arn(self._kind.arn_type, name), {key: _text(value) for key, value in shown.items()})


def _text(value: Any) -> str:
    return datetime.fromtimestamp(value, UTC).isoformat() if isinstance(value, float) else str(value)


class ModelPackageGroup(Resource):
    """A group and its policy."""

    def _created(self, scope: Scope, name: str, properties: Properties) -> None:
        self._updated(scope, name, {}, properties)

    def _updated(self, scope: Scope, name: str, old: Properties, new: Properties) -> None:
        before, after = (each.get("ModelPackageGroupPolicy") for each in (old, new))
        client = self._aws.client("sagemaker", scope)
        if after is not None and after != before:
            policy = after if isinstance(after, str) else json.dumps(after)
            client.put_model_package_group_policy(ModelPackageGroupName=name, ResourcePolicy=policy)
        elif after is None and before is not None:
            client.delete_model_package_group_policy(ModelPackageGroupName=name)


class Endpoint(Resource):
    """Endpoints: waited for until nothing is under way."""

    def _created(self, scope: Scope, name: str, properties: Properties) -> None:
        record = self._settled(scope, name)
        if record["EndpointStatus"] != endpoints.IN_SERVICE:
            raise ResourceFailed(record["FailureReason"])

    def _updated(self, scope: Scope, name: str, old: Properties, new: Properties) -> None:
        wanted = new["EndpointConfigName"]
        if wanted == old.get("EndpointConfigName"):
            return  # the other properties say how the next update goes
        if "EndpointConfigName" not in old and self._settled(scope, name)["EndpointConfigName"] == wanted:
            return  # nobody knows how it was: what the server's end interrupted has gone on
        self._call(scope, "Update", stacks.endpoint_update(name, new))
        record = self._settled(scope, name)
        if record["EndpointConfigName"].lower() != wanted.lower():
            raise ResourceFailed(record["FailureReason"])

    def delete(self, scope: Scope, physical_id: str) -> None:
        name = name_of(physical_id)
        while (record := self._record(scope, name)) is not None:
            if record["EndpointStatus"] not in endpoints.UNDER_WAY:
                super().delete(scope, physical_id)
            time.sleep(_LOOK_EVERY_SECONDS)

    def _settled(self, scope: Scope, name: str) -> Record:
        while (record := self._record(scope, name)) is not None:
            if record["EndpointStatus"] not in endpoints.UNDER_WAY:
                return record
            time.sleep(_LOOK_EVERY_SECONDS)
        raise ResourceFailed(f"endpoint {name} was deleted while the stack waited for it")
