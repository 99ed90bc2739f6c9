"""What a monitor has found, as documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.limits import Limits

OK, VIOLATIONS, NO_DATA = "ok", "violations", "no_data"

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Analysis:
    """``result`` is what is decided from, see `monitoring`; ``statistics`` are those of the window and ``constraints``
    what it was held against, in Model Monitor's shapes. ``plots`` are what the page draws."""

    result: Document
    statistics: Document
    constraints: Document
    plots: Document

    @property
    def violations(self) -> Document:
        """``constraint_violations.json``."""
        return {"violations": self.result["violations"]}

    @property
    def message(self) -> str:
        """What Model Monitor's analyzer says at its end."""
        number = len(self.result["violations"])
        if number:
            return f"CompletedWithViolations: Job completed successfully with {number} violations."
        if self.result["status"] == NO_DATA:
            return f"Completed: {self.result['reason']}"
        return "Completed: Job completed successfully with no violations."


def subject(violation: Mapping[str, str]) -> str:
    """What a violation is about: a feature, a metric, or a metric of a facet."""
    return violation.get("feature_name") or " ".join(
        violation[key] for key in ("facet", "metric_name") if key in violation
    )


def status(rows: int, violations: Sequence[Mapping[str, str]], limits: Limits) -> dict[str, str]:
    """``status`` and ``reason`` of the result. Too few rows say nothing, unless what made them few is a violation."""
    if violations:
        first = violations[0]
        more = f", and {len(violations) - 1} more" if len(violations) > 1 else ""
        told = f"{subject(first)}: {first['constraint_check_type']}{more}"
        return {"status": VIOLATIONS, "reason": told}
    if rows < limits.min_rows:
        return {"status": NO_DATA, "reason": f"{rows} usable rows; fewer than {limits.min_rows} decide nothing"}
    return {"status": OK, "reason": f"{rows} rows are as the baseline's"}
