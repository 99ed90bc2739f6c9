"""``python -m <use case> <step>``: the one entry to every step of every use case."""

import importlib
from collections.abc import Sequence

from common import job, paths
from common.errors import UserError
from tabular.use_case import UseCase

STEPS = {
    "inspect": "tell which of the files that have arrived may become data",
    "validate": "check raw data before anything is learned from it",
    "preprocess": "split the rows into parts, and learn the preprocessing from the training part",
    "train": "train one of the candidates",
    "evaluate": "score candidates, baseline and champion on the same test rows",
    "report": "put the evaluation and the gate's record on one HTML page",
    "select": "write the rows of a day as a batch transform sends them to a model",
    "collect": "put the predictions of a batch transform and the rows' keys into one Parquet file",
    "calibrate": "measure what the gate's minimum gain has to be",
    "monitor_data": "compare captured traffic with the data that the model was made of",
    "monitor_model": "compare the model's answers with what came true, and its quality with that at registration",
}


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step that ``argv`` begins with, by hand or as a job; returns the exit status."""
    if argv and argv[0] in STEPS:
        status: int = importlib.import_module(f"tabular.steps.{argv[0]}").main(use_case, argv[1:])
        return status
    return job.run(lambda: _overview(use_case, argv), paths.processing_message())


def _overview(use_case: UseCase, argv: Sequence[str]) -> None:
    """Tell what there is. Raises UserError unless that was asked for."""
    steps = "\n".join(f"  {name:<15}{text}" for name, text in STEPS.items())
    if list(argv) not in (["--help"], ["-h"]):
        asked = f"{argv[0]!r} is no step" if argv else "name a step"
        raise UserError(f"python -m {use_case.name}: {asked}; there are {', '.join(STEPS)}")
    print(f"python -m {use_case.name} <step> [--help]\n\n{steps}")
