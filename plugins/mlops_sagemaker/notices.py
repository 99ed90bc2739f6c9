"""What people are told of a run that has ended."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Notice:
    """``subject`` is one line; ``text`` says all. ``version`` is the ARN of what was registered, if anything was."""

    outcome: Literal["registered", "refused", "failed"]
    subject: str
    text: str
    version: str | None = None

    def document(self) -> dict[str, Any]:
        """The notice as JSON."""
        return asdict(self)


def of_run(
    dag_id: str,
    run: Mapping[str, Any],
    verdict: Mapping[str, Any],
    version: Mapping[str, Any] | None,
    models: Mapping[str, str],
    page: str,
) -> Notice:
    """The notice of a run that came to a ``verdict`` (the gate's record); ``version`` is what was registered, if
    anything; ``models`` are the candidates' with no text for one that failed."""
    failed = [name for name, model in models.items() if not model]
    arn = version["model_package_arn"] if version else None
    told = f"version {version['version']} registered" if version else "no candidate was good enough"
    lines = [
        f"Data before {run['window']['end']}, {run['data']['objects']} objects.",
        f"Best: {verdict['best']}, {_metrics(verdict['metrics'])}.",
        f"Gate: {verdict['reason']}.",
        *([f"Could not be trained: {', '.join(failed)}; see the log of the task train."] if failed else []),
        *([f"{arn} is {version['approval_status']}."] if version else []),
        f"Report: {page}",
    ]
    warning = f", {len(failed)} of {len(models)} candidates failed" if failed else ""
    outcome: Literal["registered", "refused"] = "registered" if version else "refused"
    return Notice(outcome, f"{dag_id}: {told}{warning}", "\n".join(lines), arn)


def of_failure(dag_id: str, run_id: str, reason: str) -> Notice:
    """The notice of a run that failed."""
    return Notice("failed", f"{dag_id}: run failed", f"Run {run_id} of {dag_id} failed: {reason}")


def _metrics(metrics: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in metrics.items()) or "no usable metric"
