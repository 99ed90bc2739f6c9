"""How far predictions drift from those of the model's evaluation, as a metric in the log.

CloudWatch makes metrics of log lines in its embedded metric format: the server needs neither a client nor a permission.
"""

import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from serving import log
from serving.errors import Refused

BASELINE, MODEL = "DRIFT_BASELINE", "DRIFT_MODEL"
NAMESPACE, DIMENSION, METRIC = "Nightshift/Serving", "ModelPackage", "PredictionDrift"
WINDOW = 200
"""Predictions that are compared at once."""
LEAST = 300
"""Predictions of an evaluation that are enough to compare with: then, without drift, one window of 2000 has an index of
0.25 or more with ten bins; after an evaluation of 100 one of 20 has."""
SMOOTHING = 0.5
"""Added to the count of each bin, so that an empty one makes no index infinite."""

Counts = npt.NDArray[np.float64]


class Drift:
    """Compares each `WINDOW` predictions of this process with the evaluation's, by the population stability index."""

    def __init__(self, edges: list[float], counts: list[int], model: str) -> None:
        self._edges, self._expected, self._model = np.array(edges), _shares(np.array(counts, np.float64)), model
        self._pending: list[Any] = []
        self._rows = 0
        self._lock = threading.Lock()

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Drift | None":
        """What the environment says the predictions were at the evaluation, None if it says nothing: ``DRIFT_BASELINE``
        has the ``edges`` of bins (ascending, each belongs to the bin above) and the ``counts`` in them, as JSON;
        ``DRIFT_MODEL`` is whose metric it is. None, too, and a line in the log, for a baseline of less than `LEAST`
        predictions. Raises Refused for a damaged one."""
        text = environ.get(BASELINE)
        if not text:
            return None
        try:
            document = orjson.loads(text)
            edges, counts = list(document["edges"]), list(document["counts"])
            if len(counts) != len(edges) + 1 or sorted(edges) != edges or sum(counts) <= 0:
                raise ValueError("the counts do not fit the edges")
            found = cls(edges, counts, environ.get(MODEL, ""))
        except (ValueError, TypeError, KeyError) as error:
            raise Refused(f"{BASELINE} is damaged ({error!r}); deploy the model again") from None
        if sum(counts) >= LEAST:
            return found
        told = f"{BASELINE} has {sum(counts)} predictions, of which {LEAST} are needed: no drift is told; evaluate more"
        log.tell("warning", told)
        return None

    def see(self, predictions: Any) -> None:
        """Count predictions; what is no number, as of a use case's own functions, is passed over."""
        try:
            values = np.asarray(predictions, dtype=np.float64).reshape(-1)
        except (TypeError, ValueError):
            return
        with self._lock:
            self._pending.append(values)
            self._rows += len(values)
            if self._rows < WINDOW:
                return
            window, self._pending, self._rows = np.concatenate(self._pending), [], 0
        self._tell(window)

    def _tell(self, window: npt.NDArray[np.float64]) -> None:
        places = np.searchsorted(self._edges, window, side="right")
        found = _shares(np.bincount(places, minlength=len(self._expected)).astype(np.float64))
        index = float(np.sum((found - self._expected) * np.log(found / self._expected)))
        directive = {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": [{"Name": METRIC}]}
        metadata = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
        named: dict[str, Any] = {DIMENSION: self._model, METRIC: round(index, 6)}
        log.tell("info", "predictions were counted", rows=len(window), _aws=metadata, **named)


def _shares(counts: Counts) -> Counts:
    smoothed = counts + SMOOTHING
    shares: Counts = smoothed / smoothed.sum()
    return shares
