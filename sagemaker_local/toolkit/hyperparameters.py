"""A job's hyperparameters, as the training toolkit reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PREFIX = "sagemaker_"
PROGRAM, SUBMIT_DIRECTORY = "sagemaker_program", "sagemaker_submit_directory"
LOG_LEVEL, JOB_NAME, REGION = "sagemaker_container_log_level", "sagemaker_job_name", "sagemaker_region"
S3_OUTPUT = "sagemaker_s3_output"
RESERVED = frozenset(
    {
        PROGRAM,
        SUBMIT_DIRECTORY,
        LOG_LEVEL,
        JOB_NAME,
        REGION,
        S3_OUTPUT,
        "sagemaker_enable_cloudwatch_metrics",
        "default_user_module_name",
        "_tuning_objective_metric",
    }
)


@dataclass(frozen=True)
class Hyperparameters:
    """The hyperparameters by whom they are for."""

    user: dict[str, Any]
    reserved: dict[str, Any]
    """for the toolkit itself"""
    framework: dict[str, Any]
    """every other ``sagemaker_*``: settings of a framework's distribution, for instance"""


def decoded(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Each value as the JSON that it holds, or as it is: the SDK quotes strings and a caller of the API does not."""
    return {key: _decoded(value) for key, value in raw.items()}


def _decoded(value: Any) -> Any:
    try:
        return json.loads(value)
    except (ValueError, TypeError):
        return value


def split(raw: Mapping[str, Any]) -> Hyperparameters:
    """The hyperparameters of the file, decoded and sorted."""
    values = decoded(raw)
    reserved = {key: value for key, value in values.items() if key in RESERVED}
    framework = {key: value for key, value in values.items() if key.startswith(_PREFIX) and key not in RESERVED}
    user = {key: value for key, value in values.items() if key not in reserved and key not in framework}
    return Hyperparameters(user, reserved, framework)
