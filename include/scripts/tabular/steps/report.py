"""Put the evaluation, and the gate's record if it has decided, on one HTML page for people.

Reads ``evaluation.json`` and ``plots.json`` of the step evaluate, and the gate's record; writes ``report.html``, one
file that needs no other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import job, paths
from common import report as documents
from common.errors import UserError
from tabular.page.page import page
from tabular.use_case import UseCase


def report(evaluation: Path, gate: Path | None, output: Path) -> None:
    """Write the page into the folder ``output``. Raises UserError if a file is missing, or not what the step evaluate
    or the gate writes."""
    found: dict[str, Any] = {name: documents.read(evaluation / f"{name}.json") for name in ("evaluation", "plots")}
    record: Any = documents.read(gate) if gate else None
    try:
        text = page(found["evaluation"], found["plots"], record)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, StopIteration) as error:
        told = f"not what this code reads ({error!r}); run the step evaluate, and the gate, again"
        raise UserError(f"{evaluation}{f' or {gate}' if gate else ''}: {told}") from error
    output.mkdir(parents=True, exist_ok=True)
    (output / "report.html").write_text(text, encoding="utf-8")
    print(f"{len(text.encode())} bytes: {output / 'report.html'}")


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} report", __doc__)
    parser.path("evaluation", paths.processing_input("evaluation"), "folder that the step evaluate wrote")
    parser.path("gate", paths.if_there(paths.processing_input("gate") / "gate.json"), "the gate's record")
    parser.path("output", paths.processing_output(), "folder for report.html")
    return job.run(lambda: report(**vars(parser.parse_args(argv))), paths.processing_message())
