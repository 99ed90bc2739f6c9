"""JSON files that other programs decide from."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

from common.errors import UserError


def encode(document: object) -> bytes:
    """Deterministic UTF-8 JSON with a final newline.

    Raises UserError naming every number that is not finite: JSON has no NaN, and a reader that takes one may
    let it pass a gate.
    """
    if bad := list(_non_finite(document, "$")):
        raise UserError(f"not a finite number in the report: {', '.join(bad)}; check the data and the model")
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def write(file: Path, document: object) -> None:
    """Write ``document`` as JSON to ``file``, making its folder. Raises UserError as `encode` does."""
    content = encode(document)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def read(file: Path) -> object:
    """The document in ``file``. Raises UserError if the file is missing or is not JSON."""
    try:
        return json.loads(file.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{file}: no such file; check the path, or run the step that writes it") from None
    except ValueError as error:
        raise UserError(f"{file}: not a JSON file: {error}; write it again") from None


def _non_finite(value: object, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _non_finite(item, f"{name}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _non_finite(item, f"{name}[{index}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{name} = {value}"
