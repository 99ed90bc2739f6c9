"""Numbers in requests: templates render to text, and the service model says which texts are numbers."""

from typing import Any

from botocore.model import ListShape, Shape, StructureShape

_KINDS = {"integer": int, "long": int, "float": float, "double": float}


def with_numbers(client: Any, method: str, request: dict[str, Any]) -> dict[str, Any]:
    """The arguments of the client's ``method``, every text that stands for a number replaced by it."""
    operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    converted: dict[str, Any] = _converted(request, operation.input_shape)
    return converted


def _converted(value: Any, shape: Shape | None) -> Any:
    if shape is None:
        return value
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {key: _converted(each, shape.members.get(key)) for key, each in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_converted(each, shape.member) for each in value]
    if shape.type_name in _KINDS and isinstance(value, str):
        return _number(value, _KINDS[shape.type_name])
    return value


def _number(text: str, kind: type[int] | type[float]) -> Any:
    """What is no number stays as it is: botocore's own check names the place."""
    try:
        return kind(text)
    except ValueError:
        return text
