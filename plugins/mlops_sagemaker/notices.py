"""What people are told: one notice for each thing that happened."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from mlops_sagemaker.drift import Action

Outcome = Literal[
    "registered",
    "refused",
    "rebaselined",
    "failed",
    "approval needed",
    "promoted",
    "rolled back",
    "drift",
    "escalated",
    "no data",
    "data refused",
]
PENDING = "PendingManualApproval"
MOST_FILES = 20
"""How many refused files a notice names: SNS takes 256 KB."""
REMEDY = """A retraining by hand may see other data (window_end, window_days); with a reason in its field rebaseline the
champion's baseline moves to that data, if the champion is good there."""


@dataclass(frozen=True)
class Notice:
    """``subject`` is one line; ``text`` says all. ``version`` is the ARN of what was registered, if anything was."""

    outcome: Outcome
    subject: str
    text: str
    version: str | None = None

    def at(self, page: str) -> "Notice":
        """The same, with the address of the run that it is about."""
        return replace(self, text=f"{self.text}\nRun: {page}")

    def document(self) -> dict[str, Any]:
        """The notice as JSON."""
        return asdict(self)


def of_run(
    dag_id: str,
    run: Mapping[str, Any],
    verdict: Mapping[str, Any],
    version: Mapping[str, Any] | None,
    baseline: Mapping[str, Any] | None,
    models: Mapping[str, str],
    page: str,
) -> Notice:
    """The notice of a run that came to a ``verdict`` (the gate's record); ``version`` is what was registered, if
    anything, ``baseline`` what became of the champion's (`RebaselineOperator`), if that was asked; ``models`` are the
    candidates' with no text for one that failed."""
    failed = [name for name, model in models.items() if not model]
    arn = version["model_package_arn"] if version else None
    waits = ", waits for approval" if version and version["approval_status"] == PENDING else ""
    told = f"version {version['version']} registered{waits}" if version else "no candidate was good enough"
    moved = bool(baseline and baseline["moved"])
    if baseline:
        told += ", the champion's baseline moves to this data" if moved else ", the champion's baseline stays"
    lines = [
        f"Data before {run['window']['end']}, {run['data']['objects']} objects.",
        f"Best: {verdict['best']}, {_metrics(verdict['metrics'])}.",
        f"Gate: {verdict['reason']}.",
        *([f"Baseline {'moves' if moved else 'stays'}: {baseline['reason']}."] if baseline else []),
        *([f"Could not be trained: {', '.join(failed)}; see the log of the task train."] if failed else []),
        *([f"{arn} is {version['approval_status']}."] if version else []),
        f"Report: {page}",
    ]
    warning = f", {len(failed)} of {len(models)} candidates failed" if failed else ""
    outcome: Outcome = "registered" if version else "rebaselined" if moved else "refused"
    return Notice(outcome, f"{dag_id}: {told}{warning}", "\n".join(lines), arn)


def of_failure(dag_id: str, run_id: str, reason: str) -> Notice:
    """The notice of a run that failed."""
    return Notice("failed", f"{dag_id}: run failed", f"Run {run_id} of {dag_id} failed: {reason}")


def of_window(dag_id: str, decision: Mapping[str, Any]) -> list[Notice]:
    """The notices of a window of production's traffic that was decided on; none if there is nothing to tell."""
    start, end = decision["window"]["start"], decision["window"]["end"]
    escalated = decision["action"] == Action.ESCALATE
    lines = [
        f"Traffic from {start} to {end}, version {decision['champion']} serves.",
        f"Why: {decision['reason']}.",
        *(f"Report on {monitor}: {page}" for monitor, page in decision["pages"].items()),
        *([f"What to do: {' '.join(REMEDY.split())}"] if escalated else []),
    ]
    told: list[tuple[Outcome, str]] = []
    if decision["action"] == Action.RETRAIN:
        told.append(("drift", f"drift of {' and '.join(decision['drifting'])}, a retraining starts"))
    if escalated:
        told.append(("escalated", "drift that retraining has not ended: a person must look"))
    if decision["silent"]:
        told.append(("no data", f"no data for {' and '.join(decision['silent'])}"))
    return [Notice(outcome, f"{dag_id}: {subject}", "\n".join(lines)) for outcome, subject in told]


def of_ingestion(dag_id: str, settled: Mapping[str, Any]) -> list[Notice]:
    """The notice of files that were refused, each with its reasons; none if all were taken."""
    refused = settled["refused"]
    if not refused:
        return []
    lines = [
        line
        for each in refused[:MOST_FILES]
        for line in (f"{each['file']} is refused:", *(f"- {why}" for why in each["reasons"]), f"  {each['report']}")
    ]
    more = [f"And {len(refused) - MOST_FILES} more, see the task settle."] if len(refused) > MOST_FILES else []
    told = f"{len(refused)} of {len(refused) + len(settled['taken'])} files refused, {refused[0]['file']} among them"
    return [Notice("data refused", f"{dag_id}: {told}", "\n".join([*lines, *more]))]


def _metrics(metrics: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in metrics.items()) or "no usable metric"
