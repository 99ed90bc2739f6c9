"""A fault plan as a JSON document, read with an error that names the place and what belongs there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from sagemaker_local.domain.faults.effects import CALL_EFFECTS, JOB_EFFECTS, Effect
from sagemaker_local.domain.faults.plan import Calls, Fault, Jobs, Plan

_TARGETS: dict[str, tuple[type[Calls] | type[Jobs], Mapping[str, type[Effect]]]] = {
    "calls": (Calls, CALL_EFFECTS),
    "jobs": (Jobs, JOB_EFFECTS),
}
Check = Callable[[Any], bool]


class InvalidPlan(ValueError):
    """The document is no fault plan; the text says where and why."""


def parse(document: Any) -> Plan:
    """The plan that *document* (decoded JSON) declares. Raises ``InvalidPlan``."""
    _members("the plan", document, ("seed", "faults"), required=("faults",))
    _require("faults", document["faults"], _is_list, "a list of faults")
    seed = _value(document, "", "seed", _is_int, "an integer", 0)
    plan = Plan(tuple(_fault(f"faults[{index}]", item) for index, item in enumerate(document["faults"])), seed)
    names = [fault.name for fault in plan.faults]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidPlan(f"faults: each needs a name of its own; given more than once: {', '.join(twice)}")
    return plan


def _fault(place: str, item: Any) -> Fault:
    _members(place, item, ("name", *_TARGETS, "effect", "times", "probability"), required=("name", "effect"))
    targets = [name for name in _TARGETS if name in item]
    if len(targets) != 1:
        raise InvalidPlan(f"{place}: give either calls or jobs, which say what is struck")
    (target,) = targets
    selector, effects = _TARGETS[target]
    return Fault(
        name=_value(item, place, "name", _is_text, "a text that is not empty"),
        strikes=_selector(f"{place}.{target}", item[target], selector),
        effect=_effect(f"{place}.effect", item["effect"], target, effects),
        times=_value(item, place, "times", _at_least(1), "an integer of at least 1", None),
        probability=_value(item, place, "probability", _is_share, "a number above 0 and at most 1", 1.0),
    )


def _selector(place: str, item: Any, selector: type[Calls] | type[Jobs]) -> Calls | Jobs:
    _members(place, item, [member.name for member in fields(selector)])
    for name in item.keys() - {"tags"}:
        _require(f"{place}.{name}", item[name], _is_text, "a pattern that is not empty")
    _require(f"{place}.tags", item.get("tags", {}), _is_texts, "an object of patterns by tag key")
    return selector(**item)


def _effect(place: str, item: Any, target: str, effects: Mapping[str, type[Effect]]) -> Effect:
    _require(place, item, _is_object, "an object")
    kind = item.get("type")
    effect = effects.get(kind) if isinstance(kind, str) else None
    if effect is None:
        raise InvalidPlan(f"{place}.type: the effects on {target} are {', '.join(effects)}; given: {kind!r}")
    members = fields(effect)
    required = [member.name for member in members if member.default is MISSING]
    _members(place, item, ["type", *(member.name for member in members)], required)
    values = {name: value for name, value in item.items() if name != "type"}
    for name, value in values.items():
        _require(f"{place}.{name}", value, *_EFFECT_MEMBERS[kind, name])
    return effect(**values)


def _members(place: str, item: Any, known: Any, required: Any = ()) -> None:
    _require(place, item, _is_object, "an object")
    unknown = sorted(item.keys() - set(known))
    if unknown:
        raise InvalidPlan(f"{place}: unknown member {unknown[0]}; there are {', '.join(known)}")
    missing = [name for name in required if name not in item]
    if missing:
        raise InvalidPlan(f"{place}: {missing[0]} is missing")


def _value(item: Any, place: str, name: str, check: Check, wanted: str, default: Any = None) -> Any:
    if name not in item:
        return default
    return _require(f"{place}.{name}".lstrip("."), item[name], check, wanted)


def _require(place: str, value: Any, check: Check, wanted: str) -> Any:
    if not check(value):
        raise InvalidPlan(f"{place} must be {wanted}; given: {value!r:.60}")
    return value


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 86_400


def _is_share(value: Any) -> bool:
    return _is_seconds(value) and 0 < value <= 1


def _at_least(least: int) -> Check:
    return lambda value: _is_int(value) and value >= least


def _between(least: int, most: int) -> Check:
    return lambda value: _is_int(value) and least <= value <= most


_SECONDS = (_is_seconds, "a number of seconds, 0 to 86400")
_TEXT = (_is_text, "a text that is not empty")
_EFFECT_MEMBERS: dict[tuple[str, str], tuple[Check, str]] = {
    ("error", "code"): _TEXT,
    ("error", "message"): _TEXT,
    ("error", "status"): (_between(400, 599), "an HTTP status, 400 to 599"),
    ("slow_start", "seconds"): _SECONDS,
    ("exit", "code"): (_between(1, 255), "an exit status, 1 to 255"),
    ("exit", "failure"): _TEXT,
    **{
        (effect, member): check
        for effect in ("out_of_memory", "spot_interruption", "internal_error")
        for member, check in (("after_seconds", _SECONDS), ("after_line", _TEXT))
    },
}
