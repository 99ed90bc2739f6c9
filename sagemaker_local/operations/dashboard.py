"""Models as Search shows them: each with what there is of it, as in the Model Dashboard."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from sagemaker_local.domain.jobs import TRANSFORM
from sagemaker_local.domain.search.expression import Filter
from sagemaker_local.domain.search.properties import TAGS
from sagemaker_local.operations.corpus import Corpus
from sagemaker_local.operations.resources import ENDPOINT, ENDPOINT_CONFIG, MODEL_CARD
from sagemaker_local.store import Record

_VARIANTS = ("ProductionVariants", "ShadowProductionVariants")


class Dashboard(Corpus):
    """The models of one scope; of monitoring schedules, which a model may have on AWS, there are none here."""

    @property
    def default_order(self) -> str:
        return "Model.CreationTime"

    def records(self, members: set[str], necessary: Iterable[Filter] = ()) -> Iterator[tuple[int, Record]]:
        """Each model's row, and all that belongs to it; ``Tags`` are a map."""
        for row, record in self._all(self.kind):
            yield row, {**self._dashboard(record), TAGS: self.context.store.tags(record["ModelArn"])}

    def whole(self, rows: list[int]) -> list[Record]:
        """The models of *rows*, in that order, without those that are gone."""
        found = dict(self._all(self.kind))
        return [self._dashboard(found[row]) for row in rows if row in found]

    def _dashboard(self, record: Record) -> Record:
        name, arn = record["ModelName"], record["ModelArn"]
        return {
            "Model": {**record, TAGS: self._listed_tags(record)},
            "Endpoints": self._endpoints.get(name, []),
            "LastBatchTransformJob": self._transforms.get(name),
            "ModelCard": self._cards.get(arn),
        }

    @cached_property
    def _endpoints(self) -> dict[str, list[Record]]:
        """By the model that they serve."""
        models = {config["EndpointConfigName"]: _models(config) for _, config in self._all(ENDPOINT_CONFIG)}
        serving: dict[str, list[Record]] = {}
        for _, endpoint in self._all(ENDPOINT):
            for name in models.get(endpoint["EndpointConfigName"], ()):
                serving.setdefault(name, []).append(endpoint)
        return serving

    @cached_property
    def _transforms(self) -> dict[str, Record]:
        """The last of each model."""
        return {job["ModelName"]: job for _, job in self._all(TRANSFORM.resource_type)}

    @cached_property
    def _cards(self) -> dict[str, Record]:
        """By the model that their content names."""
        return {card["ModelId"]: card for _, card in self._all(MODEL_CARD) if card.get("ModelId")}

    def _all(self, kind: str) -> Iterator[tuple[int, Record]]:
        """Rows and whole records, in the order of their creation."""
        return ((row, json.loads(record)) for row, _, _, _, record in self._rows(kind, "record"))


def _models(config: Record) -> set[Any]:
    return {variant["ModelName"] for kind in _VARIANTS for variant in config.get(kind, []) if "ModelName" in variant}
