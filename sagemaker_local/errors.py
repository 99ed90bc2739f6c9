"""The errors that SageMaker's API answers with."""

from __future__ import annotations

from typing import Any


class ServiceError(Exception):
    """An answer other than success: *code* and *message* as boto3's ``ClientError`` shows them.

    The codes are SageMaker's: only ``ConflictException``, ``ResourceInUse``, ``ResourceLimitExceeded`` and
    ``ResourceNotFound`` are modelled, the others (``ValidationException``, ...) are matched by their code.
    """

    def __init__(self, code: str, message: str, status: int = 400, members: dict[str, Any] | None = None) -> None:
        """*members* are those that the error's shape has beside its message."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members or {}


def validation_error(message: str) -> ServiceError:
    """The request is well-formed JSON but cannot be accepted."""
    return ServiceError("ValidationException", message)


def resource_in_use(message: str) -> ServiceError:
    """The name is taken, or the resource is busy."""
    return ServiceError("ResourceInUse", message)


def resource_not_found(message: str) -> ServiceError:
    """There is no such resource; most operations say so with ``ValidationException`` instead."""
    return ServiceError("ResourceNotFound", message)


def conflict(message: str) -> ServiceError:
    """Another resource stands in the way."""
    return ServiceError("ConflictException", message)


def limit_exceeded(message: str) -> ServiceError:
    """The account may not have so many."""
    return ServiceError("ResourceLimitExceeded", message)


class CannotGoOn(Exception):
    """A command of ``sagemaker-local`` cannot be carried out; the text says why and what to do."""
