"""The abalone data of the documented examples, in the forms in which they have it."""

from __future__ import annotations

from tests.support.local_aws import ROOT

_SEXES = {"M": "1", "F": "2", "I": "3"}


def abalone() -> list[list[str]]:
    """Rows of sex, seven measures and rings, the label."""
    lines = (ROOT / "include" / "data" / "abalone.csv").read_text().splitlines()
    return [line.split(",") for line in lines[1:]]


def csv(rows: list[list[str]]) -> str:
    """As they are, without names."""
    return "\n".join(",".join(row) for row in rows)


def label_first(rows: list[list[str]]) -> str:
    """Numbers only, the label first: what the XGBoost algorithm takes as ``text/csv``."""
    return csv([[rings, _SEXES[sex], *measures] for sex, *measures, rings in rows])


def libsvm(rows: list[list[str]]) -> str:
    """What the XGBoost algorithm takes as ``text/libsvm``."""
    lines = ([rings, _SEXES[sex], *measures] for sex, *measures, rings in rows)
    return "\n".join(
        " ".join([label, *(f"{n}:{value}" for n, value in enumerate(values, 1))]) for label, *values in lines
    )
