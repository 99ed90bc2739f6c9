"""All requests of an operation, in an order that a seed decides, and what was wrong with the answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from botocore.model import StructureShape

from sagemaker_local.protocol import model
from tests.support.fuzzing import verdicts
from tests.support.fuzzing.breakages import Broken, breakages, place_of
from tests.support.fuzzing.recipes import recipe_of
from tests.support.fuzzing.requests import Builder, Request, member_paths, with_strangers
from tests.support.fuzzing.wire import Answer
from tests.support.fuzzing.world import World

_SHOWN_CHARACTERS = 1000


@dataclass(frozen=True)
class Fault:
    """An answer that AWS would not give."""

    operation: str
    request: Any
    what: str

    def __str__(self) -> str:
        request = str(self.request)
        shown = request if len(request) <= _SHOWN_CHARACTERS else f"{request[:_SHOWN_CHARACTERS]}..."
        # Half a surrogate pair cannot be printed.
        return f"{self.operation} {self.what}\n    {shown}".encode("utf-8", "backslashreplace").decode()


class Fuzzer:
    """The requests of one operation."""

    def __init__(self, world: World, operation: str, seed: int) -> None:
        self._world, self._operation = world, operation
        self._recipe = recipe_of(operation)
        self._random = Random(f"{seed} {operation}")
        self._builder = Builder(world, self._recipe.given, self._random)
        shape = model.input_shape(operation)
        assert isinstance(shape, StructureShape)
        self._shape = shape

    def paths(self) -> list[str]:
        """Every member of the request, in the seed's order."""
        paths = list(member_paths(self._shape))
        return self._random.sample(paths, len(paths))

    def broken(self, paths: list[str]) -> list[Broken]:
        """The plain request broken in every place, and the members at *paths* likewise, in the seed's order."""
        cases = list(breakages(self._shape, self._plain(), self._random))
        for path in paths:
            request, place = self._with_member(path), place_of(self._shape, path)
            broken = breakages(self._shape, request, self._random)
            cases += [case for case in broken if f"{case.place}.".startswith(f"{place}.")]
        return self._random.sample(cases, len(cases))

    def faults_of_broken(self, cases: list[Broken]) -> list[Fault]:
        """Whether each is refused, and for what is broken in it."""
        verdicts_ = [(case, verdicts.of_broken(case, self._call(case.value))) for case in cases]
        return [
            Fault(self._operation, case.value, f"with {case.what} at {case.place or 'the top'} {verdict}")
            for case, verdict in verdicts_
            if verdict
        ]

    def faults_of_valid(self, paths: list[str]) -> Iterator[Fault]:
        """Whether a request with the member at each path is accepted and shown again, or refused as the table says."""
        for path in paths:
            request = self._with_member(path)
            answer = self._call(request)
            verdict = verdicts.of_valid(self._operation, path, self._recipe, answer) or self._shown(request, answer)
            yield from self._faults(request, f"with {path}", verdict)

    def faults_of_strangers(self, paths: list[str]) -> Iterator[Fault]:
        """Whether members that the model does not have, and nulls, change nothing."""
        for path in paths:
            request = with_strangers(self._shape, self._with_member(path))
            answer = self._call(request)
            verdict = verdicts.of_valid(self._operation, path, self._recipe, answer) or self._shown(request, answer)
            yield from self._faults(request, f"with {path} and members that the model does not have", verdict)

    def faults_of_other_values(self, paths: list[str]) -> Iterator[Fault]:
        """Whether every other value that the model allows is answered, and shown again if it is accepted."""
        for path in paths:
            for request in self._builder.with_others(self._shape, self._with_member(path), path):
                yield from self._faults_of_allowed(request, f"with another {path}")

    def faults_of_many_members(self, paths: list[str], times: int) -> Iterator[Fault]:
        """The same for requests with several members at once."""
        for _ in range(times):
            request = self._plain()
            for path in self._random.sample(paths, self._random.randint(1, len(paths))) if paths else []:
                request = self._builder.with_member(self._shape, request, path)
            yield from self._faults_of_allowed(request, "with many members")

    def _plain(self) -> Request:
        return self._recipe.request(self._world)

    def _with_member(self, path: str) -> Request:
        request = self._plain()
        for member, along in self._recipe.along.items():
            if f"{path}.".startswith(f"{member}."):
                changed = {**request, **along(self._world)}
                request = {name: value for name, value in changed.items() if value is not None}
        return self._builder.with_member(self._shape, request, path)

    def _call(self, request: Any) -> Answer:
        return self._world.call(self._operation, request)

    def _shown(self, request: Request, answer: Answer) -> str | None:
        if answer.status != 200:
            return None
        return verdicts.of_description(self._operation, self._recipe, request, answer, self._world)

    def _faults_of_allowed(self, request: Request, what: str) -> Iterator[Fault]:
        answer = self._call(request)
        return self._faults(request, what, verdicts.of_allowed(answer) or self._shown(request, answer))

    def _faults(self, request: Request, what: str, verdict: str | None) -> Iterator[Fault]:
        if verdict:
            yield Fault(self._operation, request, f"{what} {verdict}")
