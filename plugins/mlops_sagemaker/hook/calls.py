"""AWS's errors as this package's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.exceptions import BotoCoreError, ClientError

from mlops_sagemaker.errors import ApiError

ABSENCE_CODES = frozenset({"ValidationException", "ResourceNotFound"})
"""What SageMaker answers to a Describe of a name it does not know, and to a Stop of a job that has ended."""


def client_of(hook: AwsBaseHook) -> Any:
    """The hook's client."""
    return hook.conn


@contextmanager
def explained(operation: str) -> Iterator[None]:
    """Turn botocore's errors into ApiError, so that nothing beyond this package knows botocore."""
    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        raise ApiError(operation, details.get("Code", "Unknown"), details.get("Message", "")) from error
    except BotoCoreError as error:
        raise ApiError(operation, type(error).__name__, str(error)) from error


@contextmanager
def absence_is_none() -> Iterator[None]:
    """Leave the block quietly when SageMaker does not know the name."""
    try:
        yield
    except ApiError as error:
        if error.code not in ABSENCE_CODES:
            raise
