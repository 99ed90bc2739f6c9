"""What the environment says, by the names that SageMaker's own toolkits use."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from serving.errors import Refused


@dataclass(frozen=True)
class Settings:
    """Where the model lies, where to listen, with how many processes, and how large a body may be (MiB)."""

    model: Path
    port: int
    workers: int
    payload: int

    @property
    def limit(self) -> int:
        """How large a body may be (bytes)."""
        return self.payload << 20

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises Refused naming a variable that is not a whole number above 0."""

        def number(name: str, default: int) -> int:
            text = environ.get(name, str(default))
            if not (text.isascii() and text.isdigit() and int(text)):
                raise Refused(f"{name} is {text!r}; set it to a whole number above 0")
            return int(text)

        return cls(
            Path(environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model",
            number("SAGEMAKER_BIND_TO_PORT", 8080),
            number("SAGEMAKER_MODEL_SERVER_WORKERS", _processors()),
            number("SAGEMAKER_MAX_PAYLOAD_IN_MB", 6),
        )


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
