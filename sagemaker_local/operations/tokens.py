"""Page tokens: opaque to clients, good for the request that they were issued for and no other."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from typing import Any

from sagemaker_local.errors import ServiceError, validation_error

_MARK_LENGTH = 16
_ROW_IDS = 1 << 63  # SQLite's row ids are below it


def mark(*query: Any) -> str:
    """What tells the tokens of one query from those of others."""
    return hashlib.sha256(json.dumps(query, sort_keys=True).encode()).hexdigest()[:_MARK_LENGTH]


def encoded(mark: str, value: str | float | None, row: int) -> str:
    """The token of the page after the row whose sort value is *value*."""
    return base64.urlsafe_b64encode(json.dumps([mark, value, row]).encode()).decode()


def decoded(token: str, mark: str) -> tuple[str | float | None, int]:
    """The sort value and the row that *token* names; raises ``ValidationException`` unless it is one of *mark*'s."""
    try:
        of, value, row = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, RecursionError) as error:
        raise invalid_token() from error
    if of != mark or not _is_sort_value(value) or not isinstance(row, int) or not 0 < row < _ROW_IDS:
        raise invalid_token()
    return value, row


def invalid_token() -> ServiceError:
    """The answer to a ``NextToken`` that did not come from this operation, asked for the same."""
    return validation_error('Invalid pagination token because "it was not issued for this request"')


def _is_sort_value(value: Any) -> bool:
    return value is None or isinstance(value, str) or (isinstance(value, float) and math.isfinite(value))
