"""What traffic is compared with: the baselines that a version was registered with, until they move.

Where the world has changed and the champion is as good there as ever, its drift is harmless: the data that this was
measured on becomes the champion's baseline. What is decided here follows from documents alone, without AWS. A drift
event and a move are JSON::

    event: {"window_end", "window_days" where declared, "reason", "window": {"start", "end"}, "champion": ARN,
            "compared": what its traffic was compared with, "since": when the drift began, "drifting": [check],
            "violations": [type of violation]}
    move:  {"champion": ARN, "since": from when on traffic is compared with it, "baseline", "quality": folders,
            "reason", "by", "run", "at": when it was moved}
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlops_sagemaker import drift, gates, traffic, windows
from mlops_sagemaker.evaluation import METRICS, Evaluation
from mlops_sagemaker.gates import Policy

DRIFT = "baseline_drift_check"
"""The type of violation that says that values have drifted; every other says that something is wrong with them."""
QUALITY = "model"
"""The check of the answers by the labels that came for them."""

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Measured:
    """What a training has measured of the champion that stays: by ``report``, its evaluation, on data from ``opened``
    on. ``registered`` are the champion's constraints of model quality, as it was registered with them; ``compared`` is
    what its traffic is compared with by now."""

    champion: str
    compared: str
    opened: datetime
    report: Any
    registered: Any


def event(
    decision: drift.Decision,
    champion: str,
    compared: str,
    window: Mapping[str, str],
    results: Iterable[Document],
    timezone: str,
    days: int | None,
) -> dict[str, Any]:
    """What the drift event of a ``decision`` on a ``window`` says, in which monitors of the ``champion`` have found
    ``results``; ``compared`` is what its traffic was compared with. The retraining sees data up to the last midnight in
    ``timezone``, and ``days`` of it, None for as many as ever."""
    found = {each["constraint_check_type"] for result in results for each in result.get("violations", ())}
    return {
        windows.WINDOW_END: str(traffic.day_of(window["end"], timezone)),
        **({windows.WINDOW_DAYS: days} if days else {}),
        "reason": decision.reason,
        "window": dict(window),
        "champion": champion,
        "compared": compared,
        "since": decision.since.isoformat() if decision.since else None,
        "drifting": [name for name, looked in decision.memory.checks.items() if looked.drifting],
        "violations": sorted(found),
    }


def latest(extras: Sequence[Document]) -> Document | None:
    """The drift event among those that have started a run, the latest of several; None if there is none."""
    found = [extra for extra in extras if extra.get("since") and extra.get("drifting")]
    return max(found, key=lambda extra: str(extra["window"]["end"]), default=None)


def obstacles(policy: Policy, cause: Document | None, measured: Measured) -> list[str]:
    """Why the champion's baseline must stay what it is; empty if it is to move to the data of this training.

    ``cause`` is the drift event that has started the training; None if a person asks for the move, who has looked at
    the data. That the champion is good there must be shown in both cases.
    """
    of_cause = [] if cause is None else list(_of_cause(cause, measured))
    return [*of_cause, *gates.shortcomings(measured.report, policy), *_lost(policy, measured)]


def harmless(cause: Document) -> str:
    """Why a baseline moves after a drift event."""
    return f"drift that does no harm: {cause['reason']}"


def _of_cause(cause: Document, measured: Measured) -> Iterator[str]:
    if cause["champion"] != measured.champion:
        yield f"the drift was that of {cause['champion']}, and {measured.champion} was measured"
    # Else an old event would move the baseline back to days that another has moved it on from.
    elif cause.get("compared", cause["champion"]) != measured.compared:
        yield "the baseline that the drift was found beside has moved since"
    if QUALITY in cause["drifting"]:
        yield "the champion's answers have got worse, too"
    if cause["violations"] != [DRIFT]:
        others = ", ".join(each for each in cause["violations"] if each != DRIFT) or "no drift of a feature"
        yield f"the window shows {others}: only drift moves a baseline, and broken data never does"
    if measured.opened < datetime.fromisoformat(cause["since"]):
        yield f"the data begins at {measured.opened:%Y-%m-%d %H:%M %Z}, before the drift did at {cause['since']}"


def _lost(policy: Policy, measured: Measured) -> Iterator[str]:
    """The loss since registration, never since a baseline that was moved: quality must not creep away. As a monitor of
    model quality has it, the whole interval must be beyond the threshold."""
    metric, report = policy.metric, Evaluation(measured.report)
    limit, interval = _limit(metric, measured.registered), report.interval(metric, "champion")
    if limit is None or interval is None:
        yield f"{metric} cannot be compared with that at registration"
    elif interval[0] > limit if METRICS[metric].lower_is_better else interval[1] < limit:
        yield (
            f"{metric} of the champion is from {interval[0]:.4g} to {interval[1]:.4g}, "
            f"worse than {limit:.4g} at its registration"
        )


def _limit(metric: str, registered: Any) -> float | None:
    """The threshold of a metric in ``constraints.json``, whatever kind of problem it is."""
    sections = registered.values() if isinstance(registered, Mapping) else ()
    found = next((each[metric] for each in sections if isinstance(each, Mapping) and metric in each), None)
    return float(found["threshold"]) if found else None


def beside(moves: Sequence[Document], champion: str, at: datetime) -> Document | None:
    """The move that traffic of ``champion`` up to ``at`` is compared beside, the last of several; None if it is what it
    was registered with."""
    own = [move for move in moves if move["champion"] == champion and datetime.fromisoformat(move["since"]) < at]
    return own[-1] if own else None


def compared(champion: str, move: Document | None) -> str:
    """What a window's outcome is of: the champion, beside a baseline."""
    return champion if move is None else f"{champion} beside {move['run']}"


def told(version: Any, move: Document | None) -> str:
    """In words what traffic of a version is compared with."""
    if move is None:
        return f"what version {version} was registered with"
    return f"the data from {move['since']} on, to which run {move['run']} has moved the baseline of version {version}"
