"""Channels as matrices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sagemaker_toolkit.xgboost_algorithm.channels import CSV, LIBSVM, PARQUET, RECORDIO, format_of
from sagemaker_toolkit.xgboost_algorithm.data import matrix

RECORDIO_PROTOBUF = RECORDIO

__all__ = ["CSV", "LIBSVM", "PARQUET", "RECORDIO_PROTOBUF", "get_content_type", "get_dmatrix"]


def get_content_type(content_type_cfg_val: str | None) -> str:
    """The format of a content type; libsvm is the default."""
    return LIBSVM if content_type_cfg_val is None else str(format_of(content_type_cfg_val))


def get_dmatrix(data_path: str, content_type: str, csv_weights: int = 0, is_pipe: bool = False) -> Any:
    """The rows below *data_path* as a ``DMatrix``, ``None`` if there are none."""
    if is_pipe:
        raise ValueError("get_dmatrix(is_pipe=True): the local SageMaker reads files only; use input mode File")
    return matrix(Path(data_path), format_of(content_type), csv_weights == 1)
