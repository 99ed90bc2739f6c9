"""What a window is compared with: the documents that `tabular.data_quality` and `tabular.quality` write."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from common import report
from common.errors import UserError
from tabular.weighted import Weighted

Document = Mapping[str, Any]
Reference = Weighted | dict[str, float]
"""The values of a number, or the counts of categories."""


@dataclass(frozen=True)
class Baseline:
    """The two documents; those of predictions alone have no constraints."""

    statistics: Document
    constraints: Document

    @classmethod
    def read(cls, folder: Path) -> "Baseline":
        """From a folder. Raises UserError for documents that are not there or are not of that shape."""
        found = cls(*(_object(folder / f"{name}.json") for name in ("statistics", "constraints")))
        try:
            found.references, found.limits, found.settings  # noqa: B018 - what it cannot read it tells here
        except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            told = f"not what the steps validate and evaluate write ({error!r}); run them again"
            raise UserError(f"{folder}: {told}") from error
        return found

    @cached_property
    def references(self) -> dict[str, Reference]:
        """By feature what its values were, of those that had any."""
        described = {each["name"]: _reference(each) for each in self.statistics.get("features", ())}
        return {name: found for name, found in described.items() if found is not None}

    @cached_property
    def limits(self) -> dict[str, Document]:
        """By feature its constraints, of those that are to be evaluated."""
        return {each["name"]: each for each in self.constraints.get("features", ()) if _evaluated(each)}

    @cached_property
    def settings(self) -> Document:
        """``monitoring_config``."""
        found = dict(self.constraints.get("monitoring_config", {}))
        return {**found, "distribution_constraints": dict(found.get("distribution_constraints", {}))}


def _object(file: Path) -> dict[str, Any]:
    found = report.read(file)
    if not isinstance(found, dict):
        raise UserError(f"{file}: holds no JSON object; write it again")
    return found


def _evaluated(limits: Document) -> bool:
    """Both spellings of the key occur: the guide's, and that of files the analyzer has written."""
    named = ("monitoring_config_overrides", "monitoringConfigOverrides")
    return all(limits.get(name, {}).get("evaluate_constraints", "Enabled") == "Enabled" for name in named)


def _reference(described: Document) -> Reference | None:
    if texts := described.get("string_statistics"):
        buckets = texts["distribution"]["categorical"]["buckets"]
        return {each["value"]: float(each["count"]) for each in buckets} or None
    distribution = described["numerical_statistics"].get("distribution")
    return _weighted(distribution["kll"]["sketch"]["data"]) if distribution else None


def _weighted(levels: list[list[float]]) -> Weighted:
    """The sketch's values; those of level i stand for 2 to the i rows each."""
    values = np.concatenate([np.asarray(level, dtype=np.float32) for level in levels])
    weights = np.repeat(2.0 ** np.arange(len(levels)), [len(level) for level in levels])
    order = np.argsort(values, kind="stable")
    return Weighted(values[order], weights[order])
