"""Every member of the operations that create, change or invoke: honoured, recorded only or refused; a module a family.

Recorded: kept and described, without effect here (what it governs exists only on AWS). Refused: accepting it would
promise an effect that does not come. A test holds this table complete against the model, top level and the nested
structures named here, so that a new botocore cannot bring a member that passes unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sagemaker_local.errors import ServiceError, validation_error
from sagemaker_local.operations.fields import autoscaling, hosting, processing, registry, training, transform, tuning
from sagemaker_local.operations.fields.treatment import HONOURED, RECORDED, REFUSED
from sagemaker_local.operations.registry import Request

__all__ = ["FIELDS", "HONOURED", "RECORDED", "REFUSED", "refuse_unsupported"]

FIELDS: dict[str, dict[str, str]] = {
    **training.FIELDS,
    **processing.FIELDS,
    **transform.FIELDS,
    **tuning.FIELDS,
    **registry.FIELDS,
    **hosting.FIELDS,
    **autoscaling.FIELDS,
}


def refuse_unsupported(
    operation: str, request: Request, error: Callable[[str], ServiceError] = validation_error
) -> None:
    """Raises a ``ValidationException``, or *error*, that names the first refused member that the request gives."""
    for path, treatment in FIELDS[operation].items():
        if treatment == REFUSED and any(value not in (None, {}, False) for value in _values(request, path)):
            raise error(f"{path} is not supported by the local SageMaker; leave it out of {operation}")


def _values(value: Any, path: str) -> Iterator[Any]:
    """Every value at *path*, which passes through the elements of lists."""
    if isinstance(value, list):
        for item in value:
            yield from _values(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        head, _, rest = path.partition(".")
        if head in value:
            yield from _values(value[head], rest)
