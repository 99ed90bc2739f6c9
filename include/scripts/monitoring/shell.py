"""Around both monitors: their arguments, and where their documents go."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from common import job, paths, report
from common.errors import UserError
from monitoring.analysis import Analysis, subject
from monitoring.limits import Limits
from monitoring.page import page
from monitoring.window import Window, canonical


def arguments(parser: job.ArgumentParser) -> None:
    """Add the options that both monitors have; see `monitoring`."""
    parser.path("capture", paths.processing_input("capture"), "folder of captured records")
    parser.path("history", paths.processing_input("history"), "folder of earlier windows' results")
    parser.add_argument("--start", required=True, help="when the window begins, ISO 8601 with zone")
    parser.add_argument("--end", required=True, help="before when it ends")
    parser.add_argument("--limits", default="", help="JSON object of limits that differ from the defaults")
    parser.add_argument("--beside", default="", help="what the window is compared with, in words, for the page")
    parser.path("output", paths.processing_output(), "folder for the documents")


def declared(options: Namespace) -> tuple[Window, Limits]:
    """The window and the limits. Raises UserError."""
    return Window.read(options.start, options.end), Limits.read(options.limits)


def write(analysis: Analysis, options: Namespace) -> None:
    """Write the documents, and tell the platform and the log how the window ended."""
    output: Path = options.output
    documents = {
        "result": analysis.result,
        "statistics": analysis.statistics,
        "constraints": analysis.constraints,
        "constraint_violations": analysis.violations,
    }
    for name, document in documents.items():
        report.write(output / f"{name}.json", document)
    drawn = page(analysis, _earlier(analysis.result, options.history), options.beside)
    (output / "report.html").write_text(drawn, encoding="utf-8")
    print(analysis.message)
    for violation in analysis.violations["violations"]:
        print(f"{subject(violation)}: {violation['constraint_check_type']}: {violation['description']}")
    if paths.base().is_dir():  # by hand on a laptop there is no platform to tell
        paths.processing_message().parent.mkdir(parents=True, exist_ok=True)
        paths.processing_message().write_text(analysis.message, encoding="utf-8")


def _earlier(result: Any, folder: Path) -> list[Any]:
    """The results of earlier windows of the same monitor, in order. Raises UserError for a file that is no result."""
    found = {}
    for file in sorted(folder.rglob("result.json")):
        each: Any = report.read(file)
        try:
            start, monitor = canonical(each["window"]["start"]), each["monitor"]
            each["features"]
        except (TypeError, KeyError, ValueError) as error:
            raise UserError(f"{file}: not a monitor's result ({error!r}); leave it out of the history") from None
        if monitor == result["monitor"] and start < result["window"]["start"]:
            found[start] = each
    return [found[start] for start in sorted(found)]
