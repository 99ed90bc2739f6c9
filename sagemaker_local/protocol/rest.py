"""Requests of the REST protocol (``rest-json``), as SageMaker's runtime speaks it: paths and headers to members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
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


@lru_cache(maxsize=1024)
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


def bind(operation: str, parameter: str, headers: Mapping[bytes, bytes], body: bytes) -> dict[str, Any]:
    """The members that the request gives, by name, without the body; header names are lower case.

    Raises ``ValidationError``, the runtime's name for it, for values that the model forbids and for too long a body.
    """
    compiled = _compiled(operation)
    members: dict[str, Any] = {"EndpointName": parameter}
    faults = _faults(operation, "EndpointName", parameter)
    for header, name, convert in compiled.headers:
        raw = headers.get(header)
        if raw is not None:
            value = members[name] = convert(raw.decode("latin-1"))
            faults += _faults(operation, name, value)
    if len(body) > compiled.longest_body:
        # The body is sensitive in the model, so its value is not shown.
        rule = f"Member must have length less than or equal to {compiled.longest_body}"
        raise runtime_validation_error(
            f"1 validation error detected: Value at 'body' failed to satisfy constraint: {rule}"
        )
    if faults:
        raise runtime_validation_error(message(list(faults)))
    return members


@lru_cache(maxsize=4096)
def _faults(operation: str, member: str, value: Any) -> tuple[Fault, ...]:
    """What is wrong with a value; most are seen again and again."""
    faults: list[Fault] = []
    _compiled(operation).checks[member](value, member[:1].lower() + member[1:], faults)
    return tuple(faults)


def runtime_validation_error(text: str) -> ServiceError:
    """The runtime's error for a request that cannot be accepted."""
    return ServiceError("ValidationError", text)


@dataclass(frozen=True)
class _Compiled:
    headers: tuple[tuple[bytes, str, Callable[[str], Any]], ...]
    """of each member in a header: the header in lower case, the member, how to convert the text"""
    checks: dict[str, Check]
    longest_body: int


@cache
def _compiled(operation: str) -> _Compiled:
    shape = model.input_shape(operation)
    assert isinstance(shape, StructureShape)
    in_headers = {name: member for name, member in shape.members.items() if _place(member) == "header"}
    headers = tuple(
        (member.serialization["name"].lower().encode(), name, _converter(name, member))
        for name, member in in_headers.items()
    )
    checks = {name: check_of(shape.members[name]) for name in ("EndpointName", *in_headers)}
    return _Compiled(headers, checks, longest_body(operation))


def _place(member: Shape) -> str | None:
    location: str | None = member.serialization.get("location")
    return location


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
