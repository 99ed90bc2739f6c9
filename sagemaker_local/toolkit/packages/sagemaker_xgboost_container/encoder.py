"""Payloads as matrices, for a serving script's ``input_fn``."""

from __future__ import annotations

from typing import Any

from sagemaker_toolkit.xgboost_algorithm.channels import CSV, LIBSVM, format_of
from sagemaker_toolkit.xgboost_algorithm.serving import matrix


def csv_to_dmatrix(input: str | bytes, dtype: Any = None) -> Any:
    """Rows of CSV; *dtype* is not looked at, as XGBoost keeps single precision."""
    return matrix(_bytes(input), CSV)


def libsvm_to_dmatrix(string_like: str | bytes) -> Any:
    """Rows of libsvm."""
    return matrix(_bytes(string_like), LIBSVM)


def decode(obj: str | bytes, content_type: str) -> Any:
    """Rows of that content type."""
    return matrix(_bytes(obj), format_of(content_type))


def _bytes(payload: str | bytes) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload
