"""The sample data as the built-in XGBoost takes it."""

from __future__ import annotations

import csv

from tests.support.local_aws import ROOT

SAMPLE = ROOT / "include" / "data" / "abalone.csv"


def rows(first: int, last: int) -> list[list[str]]:
    """Rows of the sample as the algorithm takes them: label first, numbers only, no header."""
    with SAMPLE.open(newline="") as stream:
        found = list(csv.DictReader(stream))[first:last]
    return [[row.pop("rings"), str("FIM".index(row.pop("sex"))), *row.values()] for row in found]


def as_csv(table: list[list[str]]) -> str:
    return "".join(",".join(row) + "\n" for row in table)


def as_libsvm(table: list[list[str]]) -> str:
    return "".join(" ".join([label, *(f"{n}:{v}" for n, v in enumerate(rest))]) + "\n" for label, *rest in table)
