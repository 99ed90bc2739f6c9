"""Groups of rows that are judged apart: by a column of text, by bins of a number, and by whether they are fresh."""

import numpy as np
import numpy.typing as npt

from tabular.columns import Category
from tabular.table import Mask, Table
from tabular.use_case import Bins, UseCase

FRESHNESS = "freshness"
FRESH, EARLIER = "fresh", "earlier"

Groups = dict[str, dict[str, Mask]]


def of(use_case: UseCase, table: Table) -> Groups:
    """By slice and group the rows that belong to it. Rows without a value, or with an unknown one, belong to none."""
    vocabularies = {
        column.name: column.values
        for column in (*use_case.schema.features, *use_case.schema.attributes)
        if isinstance(column, Category)
    }
    found: Groups = {}
    for by in use_case.slices:
        if isinstance(by, Bins):
            found[by.column] = _binned(by, table)
        else:
            found[by] = {value: table.codes[by] == code for code, value in enumerate(vocabularies[by])}
    return found


def by_freshness(days: npt.NDArray[np.str_], fresh_from: str) -> dict[str, Mask]:
    """Rows of the day ``fresh_from`` (YYYY-MM-DD) and later, and all others, of whose day nothing may be known."""
    fresh = days >= fresh_from
    return {FRESH: fresh, EARLIER: ~fresh}


def _binned(bins: Bins, table: Table) -> dict[str, Mask]:
    values = table.numbers[bins.column]
    places = np.where(np.isnan(values), -1, np.searchsorted(bins.edges, values, side="right"))
    return {name: places == place for place, name in enumerate(bins.names)}
