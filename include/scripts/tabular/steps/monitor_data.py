"""Compare captured traffic with the data that the model was made of: quality of the data, drift of features and
predictions.

See `monitoring` for what is read and written, and for the options.
"""

from argparse import Namespace
from collections.abc import Sequence

from common import job, paths
from monitoring import data, files, shell
from monitoring.baseline import Baseline
from tabular.use_case import UseCase


def monitor_data(use_case: UseCase, options: Namespace) -> None:
    """Analyse the window, and write what was found. Raises UserError for baselines and arguments, never for traffic."""
    window, limits = shell.declared(options)
    baseline = Baseline.read(options.baseline)
    quality = Baseline.read(options.quality) if options.quality else None
    capture = files.below(options.capture)
    analysis = data.analyse(use_case, window, capture, baseline, limits, quality)
    shell.write(analysis, options)


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} monitor_data", __doc__)
    shell.arguments(parser)
    parser.path("baseline", paths.processing_input("baseline"), "folder of the data's baseline")
    quality = paths.if_there(paths.processing_input("quality"))
    parser.path("quality", quality, "folder of the model's baseline, for its predictions")
    return job.run(lambda: monitor_data(use_case, parser.parse_args(argv)), paths.processing_message())
