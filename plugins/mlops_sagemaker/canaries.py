"""What a version that had to go has cost: which requests met it, and for how long it was there."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Toll:
    """Of production's ``requests`` while traffic shifted (in whole minutes, as CloudWatch counts) so many ``met`` the
    version, of which ``failed`` got an error of the server's (5xx); the champion was back after ``seconds``, from just
    before the shift on."""

    requests: int
    met: int
    failed: int
    seconds: int

    @property
    def share(self) -> float:
        """Which part of production's requests failed."""
        return self.failed / self.requests if self.requests else 0.0

    def __str__(self) -> str:
        return (
            f"{self.met} of {self.requests} requests met the version, {self.failed} failed "
            f"(a share of {self.share:.3f}); champion back after {self.seconds} s"
        )

    def document(self) -> dict[str, Any]:
        """The toll as JSON, with its ``share`` and in words, as ``text``."""
        return {**asdict(self), "share": self.share, "text": str(self)}
