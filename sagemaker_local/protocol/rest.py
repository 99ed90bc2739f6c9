"""Requests of the REST protocol (``rest-json``), as SageMaker's runtime speaks it: paths and headers to members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from botocore.model import Shape, StructureShape

from sagemaker_local.errors import ServiceError
from sagemaker_local.protocol import model
from sagemaker_local.protocol.validation import Check, Fault, check_of, message


@dataclass(frozen=True)
class Route:
    """An operation, and the value of the one parameter in its path."""

    operation: str
    parameter: str


def route(method: str, path: str) -> Route | None:
    """The runtime's operation at that method and path; ``None`` if there is none."""
    _, _, rest = path.partition("/endpoints/")
    name, _, tail = rest.partition("/")
    operation = _routes().get((method, tail))
    return None if operation is None or not path.startswith("/endpoints/") else Route(operation, unquote(name))


@cache
def _routes() -> dict[tuple[str, str], str]:
    """Every operation by its method and by what follows ``/endpoints/{EndpointName}/`` in its path."""
    found = {}
    for name in model.runtime_operation_names():
        http = model.operation(name).http
        prefix, _, tail = http["requestUri"].partition("{EndpointName}/")
        assert prefix == "/endpoints/", f"{name} has the unexpected path {http['requestUri']}"
        found[http["method"], tail] = name
    return found


@dataclass(frozen=True)
class _Member:
    name: str
    header: bytes
    convert: Callable[[str], Any]
    check: Check


def bind(operation: str, parameter: str, headers: Mapping[bytes, bytes], body: bytes) -> dict[str, Any]:
    """The members that the request gives, by name, without the body; header names are lower case.

    Raises ``ValidationError``, the runtime's name for it, for values that the model forbids and for too long a body.
    """
    compiled = _compiled(operation)
    members: dict[str, Any] = {"EndpointName": parameter}
    faults: list[Fault] = []
    compiled.name(parameter, "endpointName", faults)
    for member in compiled.members:
        raw = headers.get(member.header)
        if raw is not None:
            value = members[member.name] = member.convert(raw.decode("latin-1"))
            member.check(value, member.name[:1].lower() + member.name[1:], faults)
    if len(body) > compiled.longest_body:
        # The body is sensitive in the model, so its value is not shown.
        rule = f"Member must have length less than or equal to {compiled.longest_body}"
        raise runtime_validation_error(
            f"1 validation error detected: Value at 'body' failed to satisfy constraint: {rule}"
        )
    if faults:
        raise runtime_validation_error(message(faults))
    return members


def runtime_validation_error(text: str) -> ServiceError:
    """The runtime's error for a request that cannot be accepted."""
    return ServiceError("ValidationError", text)


@dataclass(frozen=True)
class _Compiled:
    name: Check
    members: tuple[_Member, ...]
    longest_body: int


@cache
def _compiled(operation: str) -> _Compiled:
    shape = model.input_shape(operation)
    assert isinstance(shape, StructureShape)
    members = tuple(
        _Member(name, member.serialization["name"].lower().encode(), _converter(name, member), check_of(member))
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header"
    )
    return _Compiled(check_of(shape.members["EndpointName"]), members, longest_body(operation))


def longest_body(operation: str) -> int:
    """The bytes that a request's body may have."""
    shape = model.input_shape(operation)
    assert isinstance(shape, StructureShape)
    return int(shape.members["Body"].metadata["max"])


def _converter(name: str, shape: Shape) -> Callable[[str], Any]:
    if shape.type_name != "integer":
        return str

    def integer(text: str) -> int:
        try:
            return int(text)
        except ValueError as error:
            raise runtime_validation_error(f"{name} is not an integer: {text!r}") from error

    return integer


@cache
def success_status(operation: str) -> int:
    """The HTTP status of the operation's successful answer."""
    return int(model.operation(operation).http.get("responseCode", 200))
