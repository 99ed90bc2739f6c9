"""Score all candidates, the baseline and the champion, if there is one, on the same test rows.

Writes ``evaluation.json`` (see `tabular.evaluation`), for the gate to decide from; ``plots.json``, for the step report;
and for each candidate ``quality/<name>/statistics.json`` and ``constraints.json``, which monitors of model quality
compare later measurements with, ``smoke.json`` (see `tabular.smoke`), which what serves it must repeat, and what it
predicted (see `tabular.distribution`). Of the champion there are the first two, which monitors compare with once its
baseline has moved to this data. Nothing is decided here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from common import job, paths, report
from common.errors import UserError
from tabular import (
    distribution,
    evaluation,
    groups,
    holdout,
    libraries,
    metrics,
    plots,
    quality,
    reading,
    smoke,
    split,
)
from tabular.evaluation import Document
from tabular.groups import FRESHNESS, Groups
from tabular.hashing import Hashes
from tabular.metrics import Vector
from tabular.metrics.bootstrap import LEVEL
from tabular.predictor import Predictor
from tabular.table import Mask
from tabular.use_case import CHAMPION, Split, UseCase


@dataclass(frozen=True)
class TestRows:
    """What is known of the test rows whatever model is asked about them."""

    target: Vector
    hashes: Hashes
    groups: Groups

    @classmethod
    def read(cls, use_case: UseCase, folder: Path, fresh_from: str | None) -> "TestRows":
        """The part that the step preprocess wrote, or any CSV file or folder of them with the schema's columns."""
        schema, pieces = use_case.schema, []
        for block in reading.read_good(folder, schema.columns):
            target = block.table.numbers[schema.target.name]
            pieces.append(cls(target, split.keys(schema, block.table), groups.of(use_case, block.table)))
        found = cls(
            np.concatenate([piece.target for piece in pieces]),
            np.concatenate([piece.hashes for piece in pieces]),
            {by: _joined([piece.groups[by] for piece in pieces]) for by in pieces[0].groups},
        )
        if fresh_from is None:
            return found
        days = holdout.days(folder, len(found.target))
        return replace(found, groups={**found.groups, FRESHNESS: groups.by_freshness(days, fresh_from)})

    def take(self, chosen: Mask) -> "TestRows":
        """The rows where ``chosen`` is true."""
        named = {by: {name: rows[chosen] for name, rows in each.items()} for by, each in self.groups.items()}
        return TestRows(self.target[chosen], self.hashes[chosen], named)


def _joined(pieces: Sequence[Mapping[str, Mask]]) -> dict[str, Mask]:
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def evaluate(
    use_case: UseCase, test: Path, candidates: Path, champion: Path | None, fresh_from: str | None, output: Path
) -> None:
    """Write the evaluation into the folder ``output`` and print its metrics. Raises UserError on unreadable rows or
    models, if no candidate is there, and if the models have learned from every row."""
    models = _models(use_case, candidates, champion)
    rows = TestRows.read(use_case, test, fresh_from)
    unseen = _unseen(rows.hashes, models.values())
    if not unseen.any():
        raise UserError(f"{test}: no row was kept from all models while they learned; supply rows of the test part")
    rows = rows.take(unseen)
    predicted = {name: model.predict_files(test) for name, model in models.items()}
    predictions = {name: values[unseen] for name, values in predicted.items()}
    document = evaluation.document(use_case, rows.target, rows.groups, predictions, fresh_from)
    report.write(output / "evaluation.json", document)
    drawn = {name: plots.points(use_case, rows.target, values) for name, values in predictions.items()}
    report.write(output / "plots.json", drawn)
    of_champion = {CHAMPION: document[CHAMPION]} if champion else {}
    for name, model in (document["candidates"] | of_champion).items():
        folder, section = output / "quality" / name, metrics.section(use_case)
        report.write(folder / "statistics.json", quality.statistics(section, model, predictions[name]))
        report.write(folder / "constraints.json", quality.constraints(section, model))
    for name in document["candidates"]:
        folder = output / "quality" / name
        known = smoke.document(test, models[name].preprocessing.columns, smoke.choose(unseen), predicted[name])
        report.write(folder / "smoke.json", known)
        distribution.write(folder, predicted[name], predictions[name])
    print(f"{document['rows']} rows, {np.count_nonzero(~unseen)} left out, which some model may have learned from")
    print("\n".join(_lines(use_case, document)))


def _models(use_case: UseCase, candidates: Path, champion: Path | None) -> dict[str, Predictor]:
    """By name the models in sub folders of ``candidates``, and the champion."""
    folders = sorted(folder for folder in candidates.iterdir() if folder.is_dir()) if candidates.is_dir() else []
    models = {folder.name: Predictor.load(folder) for folder in folders}
    for model in models.values():
        libraries.check(model.artifact)  # what is not evaluated is not registered
    if not models.keys() - {use_case.baseline}:
        raise UserError(f"{candidates}: holds no candidate to evaluate; put each one into a folder of its name")
    return {**models, **({CHAMPION: Predictor.load(champion)} if champion else {})}


def _unseen(hashes: Hashes, models: Iterable[Predictor]) -> Mask:
    """The rows that were kept for testing when each of the models was trained, whatever the shares were then."""
    chosen: Mask = np.ones(len(hashes), dtype=np.bool_)
    for model in models:
        chosen &= split.parts(hashes, Split(**model.artifact.facts["split"])) == split.PARTS.index(split.TEST)
    return chosen


def _lines(use_case: UseCase, document: Document) -> Iterator[str]:
    """The main metrics of each candidate, and what sets it apart from its rivals."""
    names = ("auc", "accuracy", "f1") if use_case.classifies else ("mse", "mae", "r2")
    for name, model in document["candidates"].items():
        for metric in names:
            value = model[metrics.section(use_case)][metric]["value"]
            yield f"{name} {metric}: {_shown(value)}{_between(model['intervals'][metric])}"
        for rival, compared in model["comparisons"].items():
            if compared:
                found = compared["metrics"][names[0]]
                shown = f"{_shown(found['difference'])}{_between(found['interval'])}"
                yield f"{name} {names[0]} minus the {rival}'s: {shown}"


def _shown(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.4f}"


def _between(interval: Sequence[float] | None) -> str:
    return f" ({LEVEL:.0%} interval {interval[0]:.4f} to {interval[1]:.4f})" if interval else ""


def _day(text: str) -> str | None:
    """A day; none if there is none to name, as in a job request that leaves it empty."""
    return date.fromisoformat(text).isoformat() if text else None


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} evaluate", __doc__)
    parser.path(
        "test", paths.processing_input("test"), "folder of the test part, or CSV file with the schema's columns"
    )
    parser.path("candidates", paths.processing_input("candidates"), "folder of candidates, each in one of its name")
    parser.path("champion", paths.if_there(paths.processing_input("champion")), "folder of the champion")
    parser.add_argument("--fresh-from", type=_day, metavar="YYYY-MM-DD", help="the first day the champion has not seen")
    parser.path("output", paths.processing_output(), "folder for the results")
    return job.run(lambda: evaluate(use_case, **vars(parser.parse_args(argv))), paths.processing_message())
