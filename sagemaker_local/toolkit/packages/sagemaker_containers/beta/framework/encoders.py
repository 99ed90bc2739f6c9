"""Arrays from and to the default formats."""

from __future__ import annotations

from typing import Any

from sagemaker_toolkit.serving import codecs

from .content_types import UTF8_TYPES


def decode(obj: Any, content_type: str) -> Any:
    """An array from text or bytes of that content type."""
    return codecs.decode(obj, content_type)


def encode(array_like: Any, content_type: str) -> str | bytes:
    """An array in that content type: text where it is one, else bytes."""
    encoded: bytes = codecs.encode(array_like, content_type)
    return encoded.decode() if content_type in UTF8_TYPES else encoded
