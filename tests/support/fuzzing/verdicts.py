"""Whether an answer is the one that AWS would give."""

from __future__ import annotations

from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from sagemaker_local.operations import all_operations
from sagemaker_local.operations.fields import FIELDS, REFUSED
from sagemaker_local.protocol import model
from tests.support.fuzzing.breakages import Broken
from tests.support.fuzzing.recipes import Recipe
from tests.support.fuzzing.requests import STRANGER
from tests.support.fuzzing.wire import Answer
from tests.support.fuzzing.world import World

Request = dict[str, Any]
_REFUSALS = ("ValidationException", "SerializationException")


def of_broken(broken: Broken, answer: Answer) -> str | None:
    """What is wrong with the answer to a request that the model does not allow; ``None`` for a good refusal."""
    if answer.status == 200:
        return "was silently accepted"
    if answer.status != 400 or answer.code not in _REFUSALS:
        return f"was answered with {answer.status} {answer.body}"
    # The end of the place: inside a map it holds the key, which the message shows as it is.
    if broken.place and f"{broken.place}'" not in answer.message:
        return f"was refused for something else than {broken.place}: {answer.message[:300]}"
    return None


def of_valid(operation: str, path: str, recipe: Recipe, answer: Answer) -> str | None:
    """What is wrong with the answer to a valid request that has the member at *path*."""
    unsupported = next((name for name in refused_members(operation) if _within(path, name)), None)
    if unsupported is not None:
        return _of_refusal(f"{unsupported} is not supported by the local SageMaker", answer)
    reason = next((text for name, text in recipe.refused.items() if _within(path, name)), None)
    if reason is not None:
        return _of_refusal(reason, answer)
    return None if answer.status == 200 else f"is valid and was refused: {answer.status} {answer.body}"


def of_allowed(answer: Answer) -> str | None:
    """What is wrong with the answer to a request that the model allows, and the service may have reasons to refuse."""
    if answer.status not in (200, 400) or answer.code == "SerializationException":
        return f"was answered with {answer.status} {answer.body}"
    return f"is within the model and was refused: {answer.message}" if "failed to satisfy" in answer.message else None


def refused_members(operation: str) -> list[str]:
    """The members that the table says are refused."""
    return [name for name, treatment in FIELDS.get(operation, {}).items() if treatment == REFUSED]


def _within(path: str, member: str) -> bool:
    return f"{path}.".startswith(f"{member}.")


def _of_refusal(reason: str, answer: Answer) -> str | None:
    if answer.code == "ValidationException" and reason in answer.message:
        return None
    return f"should be refused because {reason!r}, and the answer was {answer.status} {answer.body}"


def of_description(operation: str, recipe: Recipe, request: Request, answer: Answer, world: World) -> str | None:
    """What a later Describe does not show as it was given; ``None`` if it shows all, or if there is none."""
    asked = _description(operation, recipe, request, answer.body)
    if asked is None:
        return None
    shown = world.make(*asked)
    if STRANGER in str(shown):
        return f"{asked[0]} shows what the model does not have: {shown}"
    shape = model.operation(asked[0]).output_shape
    assert isinstance(shape, StructureShape)
    for name in [name for name in request if name in shape.members]:
        if not _is_shown(request[name], shown.get(name), shape.members[name], name, recipe.shown_otherwise):
            return f"{asked[0]} shows {name} as {shown.get(name)} instead of {request[name]}"
    return None


def _description(operation: str, recipe: Recipe, request: Request, answer: Request) -> tuple[str, Request] | None:
    if recipe.described is not None:
        return recipe.described(request, answer)
    verb = next((verb for verb in ("Create", "Update") if operation.startswith(verb)), None)
    describe = f"Describe{operation.removeprefix(verb or '')}"
    if verb is None or describe not in all_operations():
        return None
    whole = {**request, **answer}
    return describe, {name: whole[name] for name in model.input_shape(describe).required_members}


def _is_shown(given: Any, shown: Any, shape: Shape, path: str, otherwise: frozenset[str]) -> bool:
    """Whether *shown* has everything of *given* that *shape* has, and may have more members: defaults."""
    if given is None or path in otherwise:
        return True
    if isinstance(shape, StructureShape) and isinstance(shown, dict):
        names = given.keys() & shape.members.keys()
        members = shape.members
        return all(
            _is_shown(given[name], shown.get(name), members[name], f"{path}.{name}", otherwise) for name in names
        )
    if isinstance(shape, ListShape) and isinstance(shown, list) and len(given) == len(shown):
        pairs = zip(given, shown, strict=True)
        return all(_is_shown(one, other, shape.member, path, otherwise) for one, other in pairs)
    return bool(given == shown)
