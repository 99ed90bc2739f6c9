"""Search and its suggestions, over the resources that are stored here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.model import StructureShape

from sagemaker_local.domain.arns import name_of
from sagemaker_local.domain.jobs import TRAINING
from sagemaker_local.domain.search import properties
from sagemaker_local.domain.search.errors import InvalidSearch
from sagemaker_local.domain.search.expression import Filter, Predicate, compiled, pair, visible
from sagemaker_local.domain.search.order import Position, ordered, position, sortable
from sagemaker_local.domain.search.properties import METRICS, TAGS
from sagemaker_local.errors import validation_error
from sagemaker_local.operations import tokens
from sagemaker_local.operations.narrowing import narrowed
from sagemaker_local.operations.registry import OPERATIONS, Context, Request, operation
from sagemaker_local.operations.resources import MODEL_CARD, MODEL_PACKAGE, MODEL_PACKAGE_GROUP, arn_of_tags
from sagemaker_local.protocol import model
from sagemaker_local.store import Record

_DEFAULT_PAGE, _READ_AT_ONCE = 100, 500
# By the name that Search has for them, which is a search record's member too: under what they are stored.
_KINDS = {
    "TrainingJob": TRAINING.resource_type,
    "HyperParameterTuningJob": "hyper-parameter-tuning-job",
    "ModelPackage": MODEL_PACKAGE,
    "ModelPackageGroup": MODEL_PACKAGE_GROUP,
    "ModelCard": MODEL_CARD,
    "Endpoint": "endpoint",
}
# Members of records that are columns too, and so need no look into the record.
_COLUMNS = ("CreationTime", "LastModifiedTime")


def _picked(names: list[str]) -> str:
    """SQL of the members of a record, as a JSON array: ten thousand whole records would take too long to read."""
    if not names:
        return "'[]'"
    # Of a single path the database gives no array: the first is there twice, and at the end not looked at.
    paths = ", ".join(f"'$.{name}'" for name in [*names, names[0]])
    return f"json_extract(record, {paths})"


@dataclass(frozen=True)
class Corpus:
    """The resources of one kind in one scope."""

    context: Context
    resource: str

    @property
    def shape(self) -> StructureShape:
        return model.search_shape(self.resource)

    def records(self, members: set[str], necessary: Iterable[Filter] = ()) -> Iterator[tuple[int, Record]]:
        """The row of each resource that may meet the *necessary* conditions, and the *members* of its record.

        ``Tags`` are a map.
        """
        kind, scope = _KINDS[self.resource], self.context.scope
        # Also the tags of kinds whose names begin with this one's: versions of model packages have their group's.
        tags = self.context.store.tags_below(scope.arn(kind, "").rstrip("/")) if TAGS in members else {}
        names = sorted(members - {TAGS, *_COLUMNS})
        for row, key, created, modified, values in self._rows(kind, names, necessary):
            record = dict(zip(names, json.loads(values), strict=False))
            times = dict(zip(_COLUMNS, (created, modified), strict=True))
            own = tags.get(arn_of_tags(scope, kind, key).lower(), {}) if tags else {}
            yield row, {**record, **times, TAGS: own}

    def _rows(self, kind: str, names: list[str], necessary: Iterable[Filter]) -> Iterator[tuple[Any, ...]]:
        """Row, key, times and members *names*; read by and by, as nobody else can use the store meanwhile."""
        conditions, wanted = narrowed(self.resource, necessary)
        where = " AND ".join(["kind = ?", "account = ?", "region = ?", *conditions])
        created, row = float("-inf"), 0
        while True:
            rows = self.context.store.select(
                # Chosen by an index alone: records are read only where they have to be.
                f"SELECT id, key, created, modified, {_picked(names)} FROM resources WHERE id IN"
                f" (SELECT id FROM resources WHERE {where} AND (created, id) > (?, ?) ORDER BY created, id LIMIT ?)"
                " ORDER BY created, id",
                (kind, *self.context.scope, *wanted, created, row, _READ_AT_ONCE),
            )
            yield from rows
            if len(rows) < _READ_AT_ONCE:
                return
            row, _, created, *_ = rows[-1]

    def whole(self, rows: list[int]) -> list[Record]:
        """The records of *rows*, in that order, with their tags as the API lists them; without those that are gone."""
        marks = ", ".join("?" * len(rows))
        found = dict(self.context.store.select(f"SELECT id, record FROM resources WHERE id IN ({marks})", tuple(rows)))
        records = [json.loads(found[row]) for row in rows if row in found]
        return [{**record, TAGS: self._listed_tags(record)} for record in records]

    def _listed_tags(self, record: Record) -> list[dict[str, str]]:
        arn = arn_of_tags(self.context.scope, _KINDS[self.resource], name_of(record[f"{self.resource}Arn"]))
        return [{"Key": key, "Value": value} for key, value in self.context.store.tags(arn).items()]


@operation("Search")
def search(context: Context, request: Request) -> Request:
    """The resources that match, as whole records."""
    corpus = _corpus(context, request["Resource"])
    try:
        positions, descending = _matching(corpus, request)
    except InvalidSearch as error:
        raise validation_error(str(error)) from error
    mark = tokens.mark({**request, "NextToken": None, "MaxResults": None}, context.scope)
    after = Position(*tokens.decoded(request["NextToken"], mark)) if request.get("NextToken") else None
    size = request.get("MaxResults", _DEFAULT_PAGE)
    found = ordered(positions, descending, after)
    return {
        "Results": [{corpus.resource: record} for record in corpus.whole([one.row for one in found[:size]])],
        "NextToken": tokens.encoded(mark, *found[size - 1]) if len(found) > size else None,
        "TotalHits": {"Value": len(positions), "Relation": "EqualTo"},
    }


def _corpus(context: Context, resource: str) -> Corpus:
    """Raises ``ValidationException`` for a kind of resource of which there is none here."""
    there = [name for name in _KINDS if f"Describe{name}" in OPERATIONS]
    if resource not in there:
        listed = ", ".join(there)
        raise validation_error(f"The local SageMaker does not search resource {resource}. It searches: {listed}.")
    return Corpus(context, resource)


def _matching(corpus: Corpus, request: Request) -> tuple[list[Position], bool]:
    predicate = _predicate(corpus.shape, request)
    by = sortable(properties.find(corpus.shape, request.get("SortBy") or _default_order(corpus.shape)))
    conditions = [pair(item) for item in request.get("VisibilityConditions", [])]
    members = {*predicate.members, by.member, *([TAGS] if conditions else [])}
    # Nothing is shared by another account.
    shared = request.get("CrossAccountFilterOption") == "CrossAccount"
    records = iter(()) if shared else corpus.records(members, predicate.necessary)
    positions = [
        position(by, row, record)
        for row, record in records
        if predicate.holds(record) and visible(record[TAGS], conditions)
    ]
    return positions, request.get("SortOrder", "Descending") == "Descending"


def _predicate(shape: StructureShape, request: Request) -> Predicate:
    if "SearchExpression" not in request:
        return Predicate(lambda record: True, frozenset())
    return compiled(shape, request["SearchExpression"])


def _default_order(shape: StructureShape) -> str:
    return "LastModifiedTime" if "LastModifiedTime" in shape.members else "CreationTime"


@operation("GetSearchSuggestions")
def get_search_suggestions(context: Context, request: Request) -> Request:
    """The names of hyperparameters, metrics and tags that resources have, as properties to search by."""
    corpus = _corpus(context, request["Resource"])
    hint = request.get("SuggestionQuery", {}).get("PropertyNameQuery", {}).get("PropertyNameHint", "")
    names = sorted({name for name in _names(corpus) if name.startswith(hint)})
    return {"PropertyNameSuggestions": [{"PropertyName": name} for name in names]}


def _names(corpus: Corpus) -> Iterator[str]:
    members = {properties.HYPERPARAMETERS, properties.METRIC_MEMBER} & corpus.shape.members.keys()
    for _, record in corpus.records({*members, TAGS}):
        yield from (f"{TAGS}.{key}" for key in record[TAGS])
        yield from (f"{properties.HYPERPARAMETERS}.{key}" for key in record.get(properties.HYPERPARAMETERS) or {})
        metrics = record.get(properties.METRIC_MEMBER) or []
        yield from (f"{METRICS}.{metric['MetricName']}" for metric in metrics)
