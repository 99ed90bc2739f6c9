"""Traffic that never was: rows of known data with drift planted in, and the records that SageMaker would keep of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Literal

Kind = Literal["shift", "scale", "unit", "missing", "category", "label"]
Row = dict[str, str]
MILLI = 1000.0


@dataclass(frozen=True)
class Planted:
    """What becomes of a column: ``shift`` adds ``size``, ``scale`` multiplies by it, ``unit`` tells it in thousandths,
    ``missing`` leaves it out, ``category`` makes a share of ``size`` unheard of. ``label`` is for the target, and no
    feature changes: a number is multiplied by ``size``, a whole one stays whole, and of two ``labels`` a share of
    ``size`` is turned."""

    kind: Kind
    column: str
    size: float = 1.0
    labels: tuple[str, ...] = ()

    def into(self, row: Mapping[str, str], random: Random) -> Row:
        """The row as it is under this drift; an empty cell stays empty."""
        cell = row.get(self.column, "")
        if self.kind == "missing":
            return {name: value for name, value in row.items() if name != self.column}
        return {**row, self.column: self._cell(cell, random)} if cell else dict(row)

    def _cell(self, cell: str, random: Random) -> str:
        if self.kind == "category":
            return "unheard-of" if random.random() < self.size else cell
        if self.labels:
            other = {self.labels[0]: self.labels[1], self.labels[1]: self.labels[0]}
            return other[cell] if random.random() < self.size else cell
        value = float(cell)
        changed = value + self.size if self.kind == "shift" else value * (MILLI if self.kind == "unit" else self.size)
        whole = self.kind == "label" and value.is_integer()
        return f"{round(changed) if whole else changed:.10g}"


PLANTED = {"abalone": Planted("shift", "length", 0.4), "churn": Planted("shift", "Day Mins", 8.0)}
"""By use case the drift that `make drift` plants."""


def ground_truth(inference_id: str, value: str) -> dict[str, Any]:
    """A label as Model Monitor reads it, one JSON line each.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
    """
    data = {"data": value, "encoding": "CSV"}
    return {"groundTruthData": data, "eventMetadata": {"eventId": inference_id}, "eventVersion": "0"}


def captured(event_id: str, when: datetime, asked: Mapping[str, str], prediction: str) -> dict[str, Any]:
    """One request of one row and its answer, as data capture writes them, one JSON line each.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
    """
    sides = {
        "endpointInput": ("application/json", "INPUT", json.dumps(dict(asked)), "JSON"),
        "endpointOutput": ("text/csv", "OUTPUT", f"{prediction}\n", "CSV"),
    }
    data = {
        side: {"observedContentType": kind, "mode": mode, "data": body, "encoding": encoding}
        for side, (kind, mode, body, encoding) in sides.items()
    }
    event = {"eventId": event_id, "inferenceId": event_id, "inferenceTime": f"{when:%Y-%m-%dT%H:%M:%SZ}"}
    return {"captureData": data, "eventMetadata": event, "eventVersion": "0"}
