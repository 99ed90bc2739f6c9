"""The resources that Search goes through, read from the store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.model import StructureShape

from sagemaker_local.domain.arns import name_of
from sagemaker_local.domain.search.expression import Filter
from sagemaker_local.domain.search.properties import TAGS
from sagemaker_local.operations.narrowing import narrowed
from sagemaker_local.operations.registry import Context
from sagemaker_local.operations.resources import arn_of_tags
from sagemaker_local.protocol import model
from sagemaker_local.store import Record

_READ_AT_ONCE = 500
# Members of records that are columns too, and so need no look into the record.
_COLUMNS = ("CreationTime", "LastModifiedTime")


@dataclass(frozen=True)
class Corpus:
    """The resources of one kind in one scope."""

    context: Context
    resource: str
    """what Search calls the kind, which is a search record's member too"""
    kind: str
    """what they are stored under"""

    @property
    def shape(self) -> StructureShape:
        """The members that they can be searched by."""
        return model.search_shape(self.resource)

    @property
    def default_order(self) -> str:
        """The property that results are sorted by if none is given; groups have no time of modification."""
        return "LastModifiedTime" if "LastModifiedTime" in self.shape.members else "CreationTime"

    def records(self, members: set[str], necessary: Iterable[Filter] = ()) -> Iterator[tuple[int, Record]]:
        """The row of each resource that may meet the *necessary* conditions, and the *members* of its record.

        ``Tags`` are a map.
        """
        kind, scope = self.kind, self.context.scope
        # Also the tags of kinds whose names begin with this one's: versions of model packages have their group's.
        tags = self.context.store.tags_below(scope.arn(kind, "").rstrip("/")) if TAGS in members else {}
        names = sorted(members - {TAGS, *_COLUMNS})
        for row, key, created, modified, values in self._rows(kind, _picked(names), necessary):
            record = dict(zip(names, json.loads(values), strict=False))
            times = dict(zip(_COLUMNS, (created, modified), strict=True))
            own = tags.get(arn_of_tags(scope, kind, key).lower(), {}) if tags else {}
            yield row, {**record, **times, TAGS: own}

    def _rows(self, kind: str, picked: str, necessary: Iterable[Filter] = ()) -> Iterator[tuple[Any, ...]]:
        """Row, key, times and what is *picked*; read by and by, as nobody else can use the store meanwhile."""
        conditions, wanted = narrowed(self.resource, necessary)
        where = " AND ".join(["kind = ?", "account = ?", "region = ?", *conditions])
        created, row = float("-inf"), 0
        while True:
            rows = self.context.store.select(
                # Chosen by an index alone: records are read only where they have to be.
                f"SELECT id, key, created, modified, {picked} FROM resources WHERE id IN"
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
        arn = arn_of_tags(self.context.scope, self.kind, name_of(record[f"{self.resource}Arn"]))
        return [{"Key": key, "Value": value} for key, value in self.context.store.tags(arn).items()]


def _picked(names: list[str]) -> str:
    """SQL of the members of a record, as a JSON array: ten thousand whole records would take too long to read."""
    if not names:
        return "'[]'"
    # Of a single path the database gives no array: the first is there twice, and at the end not looked at.
    paths = ", ".join(f"'$.{name}'" for name in [*names, names[0]])
    return f"json_extract(record, {paths})"
