"""Compare the model's answers with what came true, and its quality with that at registration.

See `monitoring` for what is read and written, and for the options.
"""

from argparse import Namespace
from collections.abc import Sequence

from common import job, paths
from monitoring import files, model, shell
from monitoring.baseline import Baseline
from tabular.use_case import UseCase


def monitor_model(use_case: UseCase, options: Namespace) -> None:
    """Analyse the window, and write what was found. Raises UserError for baselines and arguments, never for traffic or
    labels."""
    window, limits = shell.declared(options)
    quality = Baseline.read(options.quality)
    capture, truth = (files.below(folder) for folder in (options.capture, options.labels))
    analysis = model.analyse(use_case, window, capture, truth, quality, limits)
    shell.write(analysis, options)


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} monitor_model", __doc__)
    shell.arguments(parser)
    parser.path("labels", paths.processing_input("labels"), "folder of ground truth")
    parser.path("quality", paths.processing_input("quality"), "folder of the model's baseline")
    return job.run(lambda: monitor_model(use_case, parser.parse_args(argv)), paths.processing_message())
