"""Stacks that a server's end has left in progress: they are rolled back, or finished, or have failed.

What a stack would go back to is in ministack's memory alone, so it is kept in the stack's record, on disk before the
first resource changes. Once all have changed, and the old ones begin to go, there is no way but forward.

These private names of ministack's package ``services.cloudformation`` are used, held by
``tests/unit/sagemaker_local/base/test_interrupted_stacks.py``: ``_stacks`` and ``_exports``; of its ``stacks``
``_deploy_stack_async`` (as ``handlers`` and ``changesets`` call it too), ``_resolve_stack_outputs``,
``_failed_operation``, ``_roll_back_operation``, ``_topological_sort``, ``_resource_policy``, ``_RETAINING_POLICIES``,
``_delete_resource``, ``_add_event``; of ``core`` ``responses.request_scope``, ``responses.now_iso`` and
``concurrency.run_reentrant``.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from sagemaker_local.base.interface import Made
from sagemaker_local.domain.arns import Scope

log = logging.getLogger(__name__)

Stack = dict[str, Any]
Operation = dict[str, Any]

# Where a stack's record says what is being done to it.
_OPERATION, _CLEANING = "_operation_under_way", "cleaning"
_FAILURES = {
    "CREATE_IN_PROGRESS": "CREATE_FAILED",
    "DELETE_IN_PROGRESS": "DELETE_FAILED",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
    "UPDATE_IN_PROGRESS": "UPDATE_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
}
_RETRY_SECONDS = 1.0
_INTERRUPTED = "The server ended while the stack was worked at. "


def remember(save: Callable[[], None]) -> None:
    """From now on what is done to stacks is on disk, by *save*, before it changes anything and before an update deletes
    anything."""
    package, stacks = _module(""), _module(".stacks")
    deploy, outputs = stacks._deploy_stack_async, stacks._resolve_stack_outputs

    async def remembered(
        name: str, stack_id: str, template: Any, parameters: Any, stays: bool, tags: Any, **named: Any
    ) -> None:
        """*stays*: a failure is not to be rolled back."""
        stack = package._stacks[name]
        if not stays:
            stack[_OPERATION] = _operation(stack, template, parameters, **named)
        await _saved(save)
        await deploy(name, stack_id, template, parameters, stays, tags, **named)
        stack.pop(_OPERATION, None)

    def resolved(*asked: Any) -> Any:
        """All resources are there: called once, before the first is deleted."""
        found = outputs(*asked)
        operation = package._stacks[asked[5]].get(_OPERATION)
        if operation is not None and operation["is_update"]:
            operation[_CLEANING] = list(found)
            _save_now(save)
        return found

    for module in (stacks, _module(".handlers"), _module(".changesets")):
        module.__dict__["_deploy_stack_async"] = remembered
    stacks.__dict__["_resolve_stack_outputs"] = resolved


async def _saved(save: Callable[[], None]) -> None:
    """A full disk holds a stack up."""
    while True:
        try:
            await asyncio.to_thread(save)
            return
        except OSError as error:
            log.error("a stack waits for the disk: %s", error)
            await asyncio.sleep(_RETRY_SECONDS)


def _save_now(save: Callable[[], None]) -> None:
    try:
        save()
    except OSError as error:
        log.error("if the server is killed now, a stack's update will be rolled back though it was done: %s", error)


def _operation(
    stack: Stack,
    template: Any,
    parameters: Any,
    is_update: bool = False,
    previous_stack: Stack | None = None,
    retain_except_on_create: bool = False,
    imports: dict[str, Any] | None = None,
) -> Operation:
    previous = previous_stack or {}
    made: Operation = _module(".stacks")._failed_operation(
        is_update, previous, [], None, None, [], False, template, parameters, retain_except_on_create,
        stack.get("Tags"), previous.get("Tags"), imports,
    )  # fmt: skip
    return made


def end(
    made: Callable[[Scope, str], list[Made]],
    replacing: dict[str, tuple[str, ...]],
    run: Callable[[Coroutine[Any, Any, None]], None],
) -> None:
    """After a start: see to every stack in progress.

    *made* finds by a stack's id what is there of its resources, *replacing* has the properties of their types that
    never change, *run* takes what goes on in the background.
    """
    for (account, region, _), stack in list(_module("")._stacks._data.items()):
        scope, status = Scope(account, region), stack["StackStatus"]
        if status in _FAILURES and _OPERATION in stack:
            run(_ended(scope, stack, made(scope, stack["StackId"]), replacing))
        elif status in _FAILURES:
            _fail(scope, stack, made(scope, stack["StackId"]))


async def _ended(scope: Scope, stack: Stack, found: list[Made], replacing: dict[str, tuple[str, ...]]) -> None:
    try:
        with importlib.import_module("ministack.core.responses").request_scope(scope.account, scope.region):
            await _end_operation(stack, found, replacing)
    except Exception:
        log.exception("stack %s, which was interrupted", stack["StackName"])
        _fail(scope, stack, found)


async def _end_operation(stack: Stack, found: list[Made], replacing: dict[str, tuple[str, ...]]) -> None:
    operation = stack[_OPERATION]
    if _CLEANING in operation:
        await _finish(stack, operation)
    else:
        before = operation["previous_stack"].get("_resources", {})
        _gather(stack, before, found, replacing)
        operation["created"] = _changed(stack, before, operation["template"])
        name, number = stack["StackName"], stack["StackId"]
        reason = _INTERRUPTED + "That is rolled back."
        await _module(".stacks")._roll_back_operation(name, number, stack, operation, reason)
    stack.pop(_OPERATION, None)


def _gather(stack: Stack, before: dict[str, Any], found: Iterable[Made], replacing: dict[str, tuple[str, ...]]) -> None:
    """Have the stack's record hold what there is: new resources, and of old ones that how they are is not known."""
    resources, known = stack["_resources"], {each["PhysicalResourceId"].lower() for each in before.values()}
    for each in found:
        if each.physical_id.lower() not in known:
            resources[each.logical_id] = _record(each)
    for logical_id, old in before.items():
        here = resources.get(logical_id)
        if here is not None and old["ResourceType"] in replacing and here["Properties"] == old["Properties"]:
            fixed = replacing[old["ResourceType"]]
            kept = {name: value for name, value in old["Properties"].items() if name in fixed}
            resources[logical_id] = {**here, "Properties": kept}


def _changed(stack: Stack, before: dict[str, Any], template: dict[str, Any]) -> list[str]:
    """What the operation has changed or may have, in the order of its doing."""
    resources = stack["_resources"]
    changed = [
        name
        for name, each in resources.items()
        if name not in before
        or any(each[member] != before[name][member] for member in ("PhysicalResourceId", "Properties"))
    ]
    order = _module(".stacks")._topological_sort(template.get("Resources", {}), stack["_conditions"])
    return sorted(changed, key=lambda name: order.index(name) if name in order else len(order))


async def _finish(stack: Stack, operation: Operation) -> None:
    """All resources are as they are to be: what has been replaced or removed goes."""
    stacks, previous = _module(".stacks"), operation["previous_stack"]
    outputs, exports = operation[_CLEANING]
    order = stacks._topological_sort(operation["template"].get("Resources", {}), stack["_conditions"])
    kept = {each["PhysicalResourceId"] for name, each in stack["_resources"].items() if name in order}
    for logical_id, old in reversed(previous["_resources"].items()):
        if old["PhysicalResourceId"] not in kept and not _retained(stack, operation, logical_id, logical_id in order):
            await _deleted(stack, logical_id, old)
    stack["_resources"] = {name: each for name, each in stack["_resources"].items() if name in order}
    stack.update(_template=operation["template"], _resolved_params=operation["param_values"], Outputs=outputs)
    _module("")._exports.update(exports)
    stack["StackStatus"] = "UPDATE_COMPLETE"
    _tell(stack, "")


def _retained(stack: Stack, operation: Operation, logical_id: str, replaced: bool) -> bool:
    stacks, previous = _module(".stacks"), operation["previous_stack"]
    template = operation["template"] if replaced else previous["_template"]
    policy = stacks._resource_policy(
        template.get("Resources", {}).get(logical_id),
        "UpdateReplacePolicy" if replaced else "DeletionPolicy",
        stack["_resources"], operation["param_values"], stack["_conditions"], template.get("Mappings", {}),
        stack["StackName"], stack["StackId"],
    )  # fmt: skip
    return policy in stacks._RETAINING_POLICIES


async def _deleted(stack: Stack, logical_id: str, old: dict[str, Any]) -> None:
    """As in any update, one that cannot be deleted is told of and fails nothing."""
    delete, apart = _module(".stacks")._delete_resource, importlib.import_module("ministack.core.concurrency")
    kind, physical_id = old["ResourceType"], old["PhysicalResourceId"]
    try:
        await apart.run_reentrant(delete, kind, physical_id, old["Properties"], stack["StackName"], logical_id)
    except Exception as error:
        log.error("%s of stack %s could not be deleted: %s", physical_id, stack["StackName"], error)


def _fail(scope: Scope, stack: Stack, found: list[Made]) -> None:
    """It has failed, and owns whatever there is of it."""
    known = {resource["PhysicalResourceId"].lower() for resource in stack["_resources"].values()}
    for resource in found:
        if resource.physical_id.lower() not in known:
            stack["_resources"][_free_id(stack, resource.logical_id)] = _record(resource)
    reason = _INTERRUPTED + "Delete it."
    stack["StackStatus"] = _FAILURES[stack["StackStatus"]]
    stack["StackStatusReason"] = reason
    with importlib.import_module("ministack.core.responses").request_scope(scope.account, scope.region):
        _tell(stack, reason)


def _tell(stack: Stack, reason: str) -> None:
    name, number = stack["StackName"], stack["StackId"]
    add = _module(".stacks")._add_event
    add(number, name, name, "AWS::CloudFormation::Stack", stack["StackStatus"], reason, number)


def _free_id(stack: Stack, logical_id: str) -> str:
    """Of two resources under one logical id one was to take the other's place: both are to be deleted."""
    return f"{logical_id}Replaced" if logical_id in stack["_resources"] else logical_id


def _record(resource: Made) -> dict[str, Any]:
    return {
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type_name,
        "ResourceStatus": "CREATE_FAILED",
        "LogicalResourceId": resource.logical_id,
        "Properties": {},
        "Attributes": {},
        "Timestamp": importlib.import_module("ministack.core.responses").now_iso(),
    }


def _module(name: str) -> Any:
    return importlib.import_module(f"ministack.services.cloudformation{name}")
