"""Score the candidate, its linear baseline and the champion, if there is one, on the same test rows.

Writes ``evaluation.json``: ``rows``, ``regression_metrics`` (value and bootstrap standard deviation of mse,
rmse, mae, r2), ``intervals``, the same metrics of ``baseline`` and ``champion``, and ``comparisons``:
candidate minus other, so that less than 0 is better, with the interval of the paired difference. It decides
nothing.
"""

import sys
from pathlib import Path
from typing import Any

from abalone.metrics import LEVEL, RESAMPLES, Estimate, estimate
from abalone.predictor import Predictor
from abalone.schema import read, targets
from common import job, paths, report

METRIC = "mse"  # what the models are compared by

Estimates = dict[str, Estimate]


def evaluation(test: Path, model: Path, champion: Path | None) -> dict[str, Any]:
    """The document described at the top of this module. Raises UserError on unreadable rows or models, and if
    a metric is not defined on these rows."""
    rows = read(test)
    target, predictor = targets(rows), Predictor.load(model)
    candidate = estimate(target, predictor.predict(rows))
    baseline = estimate(target, predictor.predict_baseline(rows))
    reigning = estimate(target, Predictor.load(champion).predict(rows)) if champion else None
    return {
        "version": 1,
        "problem_type": "regression",
        "rows": len(rows),
        "regression_metrics": regression_metrics(candidate),
        "intervals": intervals(candidate),
        "baseline": {"name": "linear", "regression_metrics": regression_metrics(baseline)},
        "champion": {"name": "champion", "regression_metrics": regression_metrics(reigning)} if reigning else None,
        "comparisons": {
            "baseline": comparison(candidate, baseline),
            "champion": comparison(candidate, reigning) if reigning else None,
        },
    }


def regression_metrics(estimates: Estimates) -> dict[str, dict[str, float]]:
    """Each metric in the form of SageMaker's model quality reports."""
    return {
        name: {"value": metric.value, "standard_deviation": metric.standard_deviation}
        for name, metric in estimates.items()
    }


def intervals(estimates: Estimates) -> dict[str, Any]:
    """Each metric's interval, and how they were made."""
    ends = {name: metric.interval for name, metric in estimates.items()}
    return {"level": LEVEL, "method": "bootstrap", "resamples": RESAMPLES, **ends}


def comparison(candidate: Estimates, other: Estimates) -> dict[str, Any]:
    """Candidate minus other on the same rows."""
    difference = candidate[METRIC].minus(other[METRIC])
    return {"metric": METRIC, "difference": difference.value, "interval": difference.interval}


def evaluate(test: Path, model: Path, champion: Path | None, output: Path) -> None:
    """Write the evaluation into the folder ``output`` and print its metrics."""
    document = evaluation(test, model, champion)
    report.write(output / "evaluation.json", document)
    print(f"{document['rows']} test rows")
    for name, metric in document["regression_metrics"].items():
        low, high = document["intervals"][name]
        print(f"{name}: {metric['value']:.4f} ({LEVEL:.0%} interval {low:.4f} to {high:.4f})")
    for rival, compared in document["comparisons"].items():
        if compared:
            low, high = compared["interval"]
            print(f"{METRIC} minus {rival}'s: {compared['difference']:+.4f} ({low:+.4f} to {high:+.4f})")


def main(argv: list[str] | None = None) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser("abalone.evaluate", __doc__)
    parser.path("test", paths.processing_input("test"), "CSV file, or folder of them")
    parser.path("model", paths.processing_input("model"), "folder of the candidate, or of its model.tar.gz")
    parser.path("champion", paths.if_there(paths.processing_input("champion")), "the same of the champion")
    parser.path("output", paths.processing_output(), "folder for evaluation.json")
    return job.run(lambda: evaluate(**vars(parser.parse_args(argv))), paths.processing_message())


if __name__ == "__main__":
    sys.exit(main())
