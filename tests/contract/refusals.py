"""What a refused call answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """The code and message of the error that *call* must end in."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def invalid(call: Callable[..., Any], **request: Any) -> str:
    """The message of the ``ValidationException`` that *call* must end in."""
    code, message = refused(call, **request)
    assert code == "ValidationException", message
    return message
