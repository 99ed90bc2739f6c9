"""What a canary has shown: whether its predictions drifted, and what a version that had to go has cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mlops_sagemaker.requests.guards import DriftMetric


@dataclass(frozen=True)
class Drift:
    """What was measured of the drift of a version's predictions while traffic shifted: in how many ``windows``, and the
    highest average of a minute, which is what the alarm looks at. ``evaluated`` is how many predictions of the
    evaluation they could be compared with."""

    windows: int
    highest: float
    evaluated: int

    @classmethod
    def of(cls, minutes: Sequence[Mapping[str, Any]], evaluated: int) -> "Drift":
        """By the metric's ``SampleCount`` and ``Average`` in each minute that has any."""
        windows = sum(round(minute["SampleCount"]) for minute in minutes)
        return cls(windows, max((minute["Average"] for minute in minutes), default=0.0), evaluated)

    @property
    def judged(self) -> bool:
        """Whether anything was measured; an alarm without a measurement is silent whatever the version predicts."""
        return self.windows > 0

    def __str__(self) -> str:
        if self.judged:
            return f"judged: {self.highest:.3f} at most, by {self.windows} windows of {DriftMetric.window} predictions"
        if self.evaluated < DriftMetric.least:
            return f"not judged: the evaluation made {self.evaluated} predictions of {DriftMetric.least} that it takes"
        return f"not judged: no process of the server made {DriftMetric.window} predictions while traffic shifted"

    def document(self) -> dict[str, Any]:
        """The measurement as JSON, whether it is one, as ``judged``, and in words, as ``text``."""
        return {**asdict(self), "judged": self.judged, "text": str(self)}


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
