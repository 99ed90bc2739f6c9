"""What the HTTP server needs of whatever makes predictions."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Protocol

JSON, CSV, NPY, NPZ = "application/json", "text/csv", "application/x-npy", "application/x-npz"
TEXTS = (JSON, CSV)
"""the types of which a script is given the text"""


class InferenceError(Exception):
    """A request that is answered with an error of this HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class UnsupportedFormat(InferenceError):
    """A content type that nothing here reads or writes; the text is the toolkit's."""

    def __init__(self, content_type: str) -> None:
        super().__init__(
            415,
            f"Content type {content_type} is not supported by this framework.\n\n"
            "Please implement input_fn to to deserialize the request data or an output_fn to\n"
            "serialize the response. For more information, see the SageMaker Python SDK README.",
        )


@dataclass(frozen=True)
class Answer:
    """The answer to an invocation."""

    body: bytes
    content_type: str


class Service(Protocol):
    """A loaded model."""

    def invoke(self, body: bytes, content_type: str, accept: str) -> Answer:
        """Predict; raises ``InferenceError``, or anything else for a status of 500. *accept* may be empty."""

    def execution_parameters(self) -> dict[str, Any] | None:
        """What batch transform may ask for, if the model says anything of it."""


def accepted(accept: str, default: str) -> str:
    """The type to answer with: what was asked for, else what the environment says, else *default*."""
    return os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", default) if accept in ("", "*/*") else accept
