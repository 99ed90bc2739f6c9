"""Would a candidate have answered production's requests as the champion did? Captured requests, and what the answers to
them show, without asking anything.

The report::

    {"version": 1, "requests", "unread", "rows", "champion": SPREAD, "candidate": SPREAD, "stability_index",
     "largest_difference", "latency": {"champion": TIMES or null, "candidate": TIMES},
     "passed", "checks": [{"rule", "mode", "held", "observed", "required", "reason"}]}

``unread`` is how many captured requests were passed over, for they cannot be replayed. SPREAD has ``mean``, ``p5``,
``p50`` and ``p95`` of the predictions, TIMES ``p50_ms`` and ``p99_ms`` of the answers to the same requests. ``held`` is
null for what was not looked at.
"""

import base64
import json
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mlops_sagemaker.probes import SHOWN, SYNTHETIC, Answer, percentile, summary
from mlops_sagemaker.rules import Mode

VERSION = 1
BINS, SMOOTHING = 10, 0.5


@dataclass(frozen=True)
class Replay:
    """How recent requests are replayed through a candidate: at most ``requests`` of the last ``window``, the newest.

    A candidate must answer each as the champion did in kind (``schema``); its predictions must not shift from the
    champion's for the same rows by a population stability index above ``max_shift``, looked at from ``min_rows`` rows
    on (``shift``); 99 of 100 answers must come within the latency budget (``latency``), which is only noted by default,
    for captured requests are of any size.

    Good models of different kinds shift, too: in 95 of 100 samples of 100 rows by no more than 0.74 between boosted
    trees, forest and logistic regression on the sample data. A shift by a standard deviation is about 1. Raises
    ValueError for numbers that mean nothing.
    """

    requests: int = 200
    window: timedelta = timedelta(hours=24)
    max_shift: float = 1.0
    min_rows: int = 100
    schema: Mode = Mode.ENFORCE
    shift: Mode = Mode.ENFORCE
    latency: Mode = Mode.DRY_RUN

    def __post_init__(self) -> None:
        if min(self.requests, self.min_rows) < 1 or self.max_shift <= 0 or self.window <= timedelta(0):
            raise ValueError(f"a replay of nothing, or that nothing passes: {self}; declare numbers above 0")


@dataclass(frozen=True)
class Exchange:
    """A request that was answered, and the predictions in the answer, which was of the media type ``accept``."""

    body: str
    content_type: str
    accept: str
    predictions: tuple[float, ...]


@dataclass(frozen=True)
class Check:
    """What became of one rule."""

    rule: str
    mode: str
    held: bool | None
    observed: float | str | None
    required: str
    reason: str


def hours(now: datetime, window: timedelta) -> Iterator[str]:
    """The folders of captured data of the hours in the ``window`` before ``now`` (UTC), the newest first."""
    for back in range(math.ceil(window / timedelta(hours=1)) + 1):
        yield f"{now - timedelta(hours=back):%Y/%m/%d/%H}/"


def exchanges(content: bytes) -> Iterator[Exchange | None]:
    """The requests of a captured file but for tests, the newest first; None for what cannot be replayed, which is all
    but text that was answered with predictions."""
    for line in reversed(content.splitlines()):
        try:
            record = json.loads(line)
            if record["eventMetadata"].get("customAttributes") != [SYNTHETIC]:
                asked, said = (record["captureData"][side] for side in ("endpointInput", "endpointOutput"))
                accept = said["observedContentType"]
                yield Exchange(_text(asked), asked["observedContentType"], accept, numbers(_text(said), accept))
        except (ValueError, TypeError, KeyError, AttributeError):
            yield None  # only one side was captured, labels instead of numbers, or Parquet


def _text(side: Mapping[str, str]) -> str:
    return base64.b64decode(side["data"]).decode() if side["encoding"] == "BASE64" else side["data"]


def numbers(text: str, media_type: str) -> tuple[float, ...]:
    """The predictions in an answer. Raises ValueError, TypeError or KeyError if it holds none."""
    match media_type.partition(";")[0].strip():
        case "text/csv":
            found = [float(line) for line in text.split()]
        case "application/json":
            found = [float(value) for value in json.loads(text)["predictions"]]
        case "application/jsonlines":
            found = [float(json.loads(line)["prediction"]) for line in text.splitlines()]
        case _:
            raise ValueError(f"predictions as {media_type} are not read")
    if not found or not all(map(math.isfinite, found)):
        raise ValueError(f"the answer holds {'numbers that are not finite' if found else 'no number'}")
    return tuple(found)


def renewed(exchanges: Sequence[Exchange], answers: Sequence[Answer]) -> list[Exchange]:
    """The exchanges with what the champion answers now; where that holds no predictions, with what was captured.

    Whoever served then may have been another than the champion: a canary, or a version that was rolled back.
    """
    return [_renewed(exchange, answer) for exchange, answer in zip(exchanges, answers, strict=True)]


def _renewed(exchange: Exchange, answer: Answer) -> Exchange:
    try:
        return (
            replace(exchange, predictions=numbers(answer.body, exchange.accept)) if answer.status == 200 else exchange
        )
    except (ValueError, TypeError, KeyError):
        return exchange


def nothing(rules: Replay, unread: int = 0) -> dict[str, Any]:
    """The report where no request can be replayed. If none was captured, that is no reason against a candidate; if
    ``unread`` were, nobody knows how it would answer them, and ``schema`` does not hold."""
    told = f"{unread} requests were captured" if unread else "no request was captured"
    reason = f"{told} in the last {rules.window / timedelta(hours=1):g} hours"
    reason += ", and none of them can be replayed" if unread else ""
    required = "a captured request"
    checks = [
        _check("schema", rules.schema, False if unread else None, None, required, reason),
        _check("shift", rules.shift, None, None, required, reason),
        _check("latency", rules.latency, None, None, required, reason),
    ]
    measured = dict.fromkeys(("champion", "candidate", "stability_index", "largest_difference", "latency"))
    return {"version": VERSION, "requests": 0, "unread": unread, "rows": 0, **measured, **_verdict(checks)}


def judge(
    exchanges: Sequence[Exchange],
    answers: Sequence[Answer],
    rules: Replay,
    budget: float,
    champion_seconds: Sequence[float] = (),
    unread: int = 0,
) -> dict[str, Any]:
    """The report on the ``answers`` of a candidate to the requests of the ``exchanges``; ``budget`` in seconds.
    ``champion_seconds`` says how long the champion takes for the same, where it could be asked, ``unread`` how
    many captured requests were passed over."""
    wrong, pairs = [], []
    for number, (exchange, answer) in enumerate(zip(exchanges, answers, strict=True), start=1):
        found = _predictions(answer, exchange)
        if isinstance(found, str):
            wrong.append(f"request {number}: {found}")
        else:
            pairs += list(zip(exchange.predictions, found, strict=True))
    seconds = [answer.seconds for answer in answers]
    champion, candidate = [one for one, _ in pairs], [two for _, two in pairs]
    index = stability_index(champion, candidate) if pairs else None
    checks = [_schema(rules, wrong), _shift(rules, index, len(pairs)), _latency(rules, seconds, budget)]
    return {
        "version": VERSION,
        "requests": len(exchanges),
        "unread": unread,
        "rows": len(pairs),
        "champion": _spread(champion),
        "candidate": _spread(candidate),
        "stability_index": index,
        "largest_difference": max((abs(one - two) for one, two in pairs), default=None),
        "latency": {"champion": _times(champion_seconds), "candidate": _times(seconds)},
        **_verdict(checks),
    }


def _verdict(checks: Sequence[Check]) -> dict[str, Any]:
    refused = [check for check in checks if check.held is False and check.mode == Mode.ENFORCE]
    return {"passed": not refused, "checks": [asdict(check) for check in checks]}


def _predictions(answer: Answer, exchange: Exchange) -> tuple[float, ...] | str:
    """The candidate's predictions, or what is wrong with its answer."""
    if answer.status != 200:
        return f"the answer is a {answer.status}: {answer.body[:SHOWN]}"
    try:
        found = numbers(answer.body, exchange.accept)
    except (ValueError, TypeError, KeyError) as error:
        return f"the answer is not as the champion's ({error!r}): {answer.body[:SHOWN]}"
    wanted = len(exchange.predictions)
    return found if len(found) == wanted else f"{len(found)} predictions, the champion gave {wanted}"


def stability_index(expected: Sequence[float], found: Sequence[float]) -> float:
    """The population stability index of ``found`` against ``expected``, in tenths of the latter. It is 0 for the same
    values, and finite whatever they are."""
    ordered = sorted(expected)
    edges = sorted({ordered[len(ordered) * tenth // BINS] for tenth in range(1, BINS)})
    pairs = zip(_shares(expected, edges), _shares(found, edges), strict=True)
    return math.fsum((two - one) * math.log(two / one) for one, two in pairs)


def _shares(values: Sequence[float], edges: Sequence[float]) -> list[float]:
    """The share of the values in each bin, smoothed: an empty bin would make the index infinite."""
    counts = Counter(bisect_right(edges, value) for value in values)
    total = len(values) + SMOOTHING * (len(edges) + 1)
    return [(counts[place] + SMOOTHING) / total for place in range(len(edges) + 1)]


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    shares = {f"p{share}": percentile(values, share / 100) for share in (5, 50, 95)}
    return {"mean": math.fsum(values) / len(values), **shares}


def _times(seconds: Sequence[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    return {f"p{share}_ms": round(percentile(seconds, share / 100) * 1000, 2) for share in (50, 99)}


def _schema(rules: Replay, wrong: Sequence[str]) -> Check:
    return _check("schema", rules.schema, not wrong, len(wrong), "no answer of another kind", summary(wrong))


def _shift(rules: Replay, index: float | None, rows: int) -> Check:
    required = f"a population stability index of at most {rules.max_shift:g}"
    if index is None or rows < rules.min_rows:
        return _check("shift", rules.shift, None, index, required, f"{rows} rows show nothing, {rules.min_rows} would")
    held = index <= rules.max_shift
    reason = "" if held else f"the population stability index is {index:.3f}, at most {rules.max_shift:g} is allowed"
    return _check("shift", rules.shift, held, index, required, reason)


def _latency(rules: Replay, seconds: Sequence[float], budget: float) -> Check:
    p99 = percentile(seconds, 0.99) * 1000
    held, required = p99 <= budget * 1000, f"a p99 of at most {budget * 1000:g} ms"
    return _check("latency", rules.latency, held, round(p99, 2), required, "" if held else f"p99 is {p99:.1f} ms")


def _check(rule: str, mode: Mode, held: bool | None, observed: float | None, required: str, reason: str) -> Check:
    if mode == Mode.OFF:
        return Check(rule, str(mode), None, None, required, "the rule is off")
    return Check(rule, str(mode), held, observed, required, reason)


def refusals(report: Mapping[str, Any]) -> list[str]:
    """Why the report keeps a candidate out."""
    return [
        f"{check['rule']}: {check['reason']}"
        for check in report["checks"]
        if check["held"] is False and check["mode"] == Mode.ENFORCE
    ]
