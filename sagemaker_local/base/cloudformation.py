"""Types of resources that ministack's CloudFormation does not have by itself.

These private names of its package ``services.cloudformation`` are used, held by
``tests/unit/sagemaker_local/base/test_cloudformation.py``: ``provisioners._RESOURCE_HANDLERS``,
``_REPLACING_PROPERTIES``, ``_CUSTOM_NAME_REPLACEMENT``, ``_STACK_TAG_PROPERTY`` and ``_physical_name``,
``stacks._runs_on_worker_thread``; of ``core.responses`` ``get_account_id`` and ``get_region``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from sagemaker_local.base.interface import Provisioned, StackResource
from sagemaker_local.domain.arns import Scope

_LONGEST_NAME = 63


def register(resource: StackResource, touched: Callable[[], None]) -> None:
    """Have stacks make *resource*; *touched* is called whenever that has changed a stack."""
    provisioners = importlib.import_module("ministack.services.cloudformation.provisioners")
    kind = resource.type_name
    provisioners._RESOURCE_HANDLERS[kind] = _Handlers(resource, provisioners._physical_name, touched).table()
    provisioners._REPLACING_PROPERTIES[kind] = resource.replacing
    if resource.name_property is not None:
        provisioners._CUSTOM_NAME_REPLACEMENT[kind] = {"name": resource.name_property}
    if resource.tagged:
        provisioners._STACK_TAG_PROPERTY[kind] = ("Tags", "list")
    _run_on_a_thread(kind)


class _Handlers:
    """What ministack calls, and how it wants to be answered."""

    def __init__(self, resource: StackResource, name: Callable[..., str], touched: Callable[[], None]) -> None:
        self._resource, self._name, self._touched = resource, name, touched

    def table(self) -> dict[str, Callable[..., Any]]:
        return {"create": self._create, "update": self._update, "delete": self._delete}

    def _create(self, logical_id: str, properties: dict[str, Any], stack_name: str) -> Provisioned:
        generated = self._name(stack_name, logical_id, max_len=_LONGEST_NAME)
        name = properties.get(self._resource.name_property or "") or generated
        provisioned = self._resource.create(_scope(), name, properties)
        self._touched()
        return provisioned

    def _update(self, physical_id: str, old: dict[str, Any], new: dict[str, Any], _stack_name: str) -> Provisioned:
        provisioned = self._resource.update(_scope(), physical_id, old, new)
        self._touched()
        return provisioned

    def _delete(self, physical_id: str, _properties: dict[str, Any]) -> None:
        self._resource.delete(_scope(), physical_id)
        self._touched()


def _scope() -> Scope:
    """The account and region of the stack: ministack's contexts go with its threads."""
    responses = importlib.import_module("ministack.core.responses")
    return Scope(responses.get_account_id(), responses.get_region())


def _run_on_a_thread(kind: str) -> None:
    """A call in the event loop would wait for answers that the event loop gives."""
    stacks = importlib.import_module("ministack.services.cloudformation.stacks")
    others = stacks._runs_on_worker_thread
    stacks.__dict__["_runs_on_worker_thread"] = lambda resource_type: resource_type == kind or others(resource_type)
