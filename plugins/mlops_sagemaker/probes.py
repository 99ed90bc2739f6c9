"""Is an endpoint fit for production? Requests for it, and what their answers show, without asking anything."""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlops_sagemaker.errors import UserError

TOLERANCE = 1e-5
"""Largest difference, relative, between a prediction and the one stored at the evaluation."""
SHOWN = 200
SYNTHETIC = "synthetic"
"""Custom attributes of requests that are tests and no traffic: what serves does not count their predictions."""


@dataclass(frozen=True)
class Smoke:
    """Raw rows, as texts of ``columns``, and the predictions that the evaluation got for them."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    predictions: Sequence[float]


@dataclass(frozen=True)
class Answer:
    """What an endpoint's container said, and after how long."""

    status: int
    body: str
    seconds: float


def parse(content: bytes | None, source: str) -> Smoke:
    """The known rows in the object ``source``. Raises UserError if there are none."""
    try:
        document = json.loads(content or b"")
        smoke = Smoke(document["columns"], document["rows"], [float(value) for value in document["predictions"]])
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{source} holds no known rows ({error!r}); evaluate the model again") from error
    if not smoke.rows or len(smoke.rows) != len(smoke.predictions):
        raise UserError(f"{source} has {len(smoke.rows)} rows and {len(smoke.predictions)} predictions")
    return smoke


def body(rows: Sequence[Sequence[str]]) -> str:
    """A request for predictions of raw rows, as CSV without a header."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def predictions(answer: Answer) -> list[float]:
    """The numbers of an answer, one a line. Raises ValueError, which says what is wrong with it."""
    if answer.status != 200:
        raise ValueError(f"the answer is a {answer.status}: {answer.body[:SHOWN]}")
    numbers = [float(line) for line in answer.body.split()]
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"the answer has numbers that are not finite: {answer.body[:SHOWN]}")
    return numbers


def agree(found: float, expected: float) -> bool:
    """Whether two predictions for the same row are the same."""
    return math.isclose(found, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def wrong_predictions(smoke: Smoke, answer: Answer) -> list[str]:
    """What tells an answer to all known rows from what the evaluation got."""
    try:
        found = predictions(answer)
    except ValueError as error:
        return [str(error)]
    if len(found) != len(smoke.predictions):
        return [f"{len(smoke.predictions)} rows got {len(found)} predictions"]
    pairs = enumerate(zip(found, smoke.predictions, strict=True), start=1)
    return [f"row {row} is predicted as {one}, not as {two}" for row, (one, two) in pairs if not agree(one, two)]


def bad_requests(smoke: Smoke) -> dict[str, str]:
    """By what is wrong with it, requests that must be refused."""
    first = list(smoke.rows[0])
    return {
        "a row without its last column": body([first[:-1]]),
        "a row with a column too many": body([[*first, "1"]]),
        "a row whose numbers are words": body([["nonsense" for _ in first]]),
        "no row at all": "",
    }


def accepted(what: str, answer: Answer) -> list[str]:
    """Nothing if a bad request was refused as the caller's mistake."""
    if 400 <= answer.status < 500:
        return []
    return [f"{what} is answered with {answer.status}, not refused with a 4xx: {answer.body[:SHOWN]}"]


def percentile(seconds: Sequence[float], share: float) -> float:
    """The smallest of the values that so large a ``share`` of them does not exceed."""
    return sorted(seconds)[max(0, math.ceil(share * len(seconds)) - 1)]


def slowness(seconds: Sequence[float], budget: float) -> list[str]:
    """Nothing if 99 of 100 answers came within the ``budget`` (seconds)."""
    p99 = percentile(seconds, 0.99)
    return [f"p99 is {p99 * 1000:.1f} ms, the budget {budget * 1000:.1f} ms"] if p99 > budget else []


def summary(findings: Sequence[str]) -> str:
    """Findings in a few words: the first, and how many more there are."""
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{findings[0]}{more}" if findings else ""
