"""Measure what the gate's minimum gain has to be, and what gains it finds then.

Two models of one recipe that learned from different rows differ in truth, and a gate that promotes the better one of
them promotes luck. Here pairs of such models are trained, each on a third of the rows, and compared on the last third.

Writes ``calibration.json``: ``training_noise``, the standard deviation of what such models differ by in truth, and
``training_noise_bound``, below which it is with nine chances in ten; ``test_noise``, by how much as many ``test_rows``
as the split leaves of these rows blur a difference; ``min_gain``, which such models reach with probability ``alpha``
however many test rows there are; and in ``promoted_gains`` the true gain that is promoted in half of the nights with
that minimum gain, and in nine tenths of them.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

from common import job, paths
from common import report as documents
from tabular import trials
from tabular.metrics.bootstrap import Estimate
from tabular.trials import Noise, Rows
from tabular.use_case import UseCase

POWERS = (0.5, 0.9)
SHARE = 1 / 3


def calibrate(
    use_case: UseCase, data: Path, candidate: str, metric: str, pairs: int, alpha: float, output: Path
) -> None:
    """Write the calibration into the folder ``output``. Raises UserError on unreadable data."""
    rows = Rows.read(use_case, data)
    differences = [_pair(use_case, rows, candidate, metric, seed) for seed in range(pairs)]
    noise, test_rows = Noise.of(differences), use_case.split.test * len(rows)
    test_noise = noise.test * math.sqrt(SHARE * len(rows) / test_rows)
    z = NormalDist().inv_cdf
    min_gain = z(1 - alpha) * noise.training
    gains = {power: min_gain + (z(1 - alpha) + z(power)) * test_noise for power in POWERS}
    document: dict[str, Any] = {
        "metric": metric,
        "candidate": candidate,
        "pairs": pairs,
        "alpha": alpha,
        "test_rows": round(test_rows),
        "training_noise": noise.training,
        "training_noise_bound": noise.training_bound,
        "test_noise": test_noise,
        "min_gain": min_gain,
        "promoted_gains": {str(power): gain for power, gain in gains.items()},
    }
    documents.write(output / "calibration.json", document)
    print(f"{candidate}, {metric}, {pairs} pairs of models of the same recipe")
    print(f"they differ in truth by {noise.training:.4g}, at most {noise.training_bound:.4g} (standard deviations)")
    print(f"{document['test_rows']} test rows blur a difference by {test_noise:.4g}")
    print(f"min_gain for an error of {alpha:g}: {min_gain:.4g}")
    for power, gain in gains.items():
        print(f"promoted in {power:.0%} of the nights: a true gain of {gain:.4g}")


def _pair(use_case: UseCase, rows: Rows, candidate: str, metric: str, seed: int) -> Estimate:
    test, *learned = (rows.take(places) for places in trials.deal(len(rows), (SHARE, SHARE, SHARE), seed))
    one, other = (trials.train(use_case, candidate, each, {}) for each in learned)
    return trials.difference(use_case, test, one, other, metric)


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} calibrate", __doc__)
    choices = [name for name in use_case.candidates if name != use_case.baseline]
    parser.path("data", paths.processing_input("data"), "CSV file, or folder of them")
    parser.add_argument("--candidate", choices=choices, default=choices[0], help="(default: %(default)s)")
    metric = "auc" if use_case.classifies else "mse"
    parser.add_argument("--metric", default=metric, help="of the evaluation (default: %(default)s)")
    parser.add_argument("--pairs", type=int, default=200, help="of models to compare (default: %(default)s)")
    parser.add_argument("--alpha", type=float, default=0.05, help="(default: %(default)s)")
    parser.path("output", paths.processing_output(), "folder for calibration.json")
    return job.run(lambda: calibrate(use_case, **vars(parser.parse_args(argv))), paths.processing_message())
