"""The time that is looked at: from ``start`` on and before ``end``."""

from dataclasses import dataclass
from datetime import UTC, datetime

from common.errors import UserError

FORMAT = "%Y-%m-%dT%H:%M:%SZ"
"""How capture files write times: seconds of UTC, whose texts are in order as the times are."""


@dataclass(frozen=True)
class Window:
    """Two times as in `FORMAT`."""

    start: str
    end: str

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise UserError(f"the window ends at {self.end}, not after its start at {self.start}")

    @classmethod
    def read(cls, start: str, end: str) -> "Window":
        """From ISO 8601 texts with a zone. Raises UserError."""
        return cls(_argument(start, "start"), _argument(end, "end"))

    def holds(self, time: str) -> bool:
        """Whether a time, as in `FORMAT`, is of the window."""
        return self.start <= time < self.end

    def document(self) -> dict[str, str]:
        """As it stands in ``result.json``."""
        return {"start": self.start, "end": self.end}


def canonical(text: str) -> str:
    """An ISO 8601 time as in `FORMAT`. Raises ValueError for anything else, and for a time without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment.astimezone(UTC).strftime(FORMAT)


def _argument(text: str, name: str) -> str:
    try:
        return canonical(text)
    except ValueError:
        raise UserError(f"--{name}={text}: not a time with its zone; write 2026-03-01T10:00:00Z") from None
