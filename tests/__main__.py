"""`python -m tests [--soak] [check ...]`: run all checks, or those named, and end with how many tests passed."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.environments.install import Installer
from deploy.environments.prepare import for_soaking, for_testing
from deploy.errors import Failure
from deploy.progress import Progress
from tests.checks import REPORTS, SOAKS, SUITES, Check, soak, static_checks, suite

ROOT = Path(__file__).resolve().parents[1]
# Two at a time: the end-to-end suite mostly waits, and the smallest machine has two cores.
WORKERS = 2
LIMIT_SECONDS = 3600


def prepared(installer: Installer, soaking: bool, names: Sequence[str]) -> list[Check]:
    """The checks that are asked for, with what they need installed. Raises Failure."""
    images = for_testing(installer)
    if not soaking:
        return select([*map(suite, SUITES), *static_checks(images)], names)
    checks = select([*map(soak, SOAKS)], names)
    for_soaking(installer, [SOAKS[check.name].environment for check in checks])
    return checks


def select(every: Sequence[Check], names: Sequence[str]) -> list[Check]:
    """The checks of these names, or all where none is named. Raises Failure."""
    known: Mapping[str, Check] = {check.name: check for check in every}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failure(f"no check is named {', '.join(unknown)}; there are: {', '.join(known)}")
    return [known[name] for name in names or known]


def run(check: Check, progress: Progress, alone: bool) -> bool:
    """Run a check and return whether it passed; its output comes in one piece unless it runs alone."""
    check.report.unlink(missing_ok=True)
    with progress.phase(check.name):
        status, output = outcome(check, None if alone else subprocess.PIPE)
    verdict = "passed" if status == 0 else f"FAILED with exit status {status}"
    progress.say(f"{check.name} {verdict}\n{output.rstrip()}\n")
    return status == 0


def outcome(check: Check, output: int | None) -> tuple[int | str, str]:
    """The exit status and the output of a check; one that hangs, also after its last test, is ended."""
    with subprocess.Popen(
        check.command, cwd=ROOT, env={**os.environ, **check.environ}, text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
    ) as child:  # fmt: skip
        try:
            text, _ = child.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            return f"none within {LIMIT_SECONDS} s", child.communicate()[0] or ""
    return child.returncode, text or ""


def counts(checks: Sequence[Check]) -> Counter[str]:
    """How many tests of the suites passed, failed and were skipped; an error counts as a failure."""
    total: Counter[str] = Counter()
    for report in [check.report for check in checks if check.report.exists()]:
        for found in ElementTree.parse(report).iter("testsuite"):
            number = {name: int(found.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
            failed = number["failures"] + number["errors"]
            total["failed"] += failed
            total["skipped"] += number["skipped"]
            total["passed"] += number["tests"] - failed - number["skipped"]
    return total


def report(checks: Sequence[Check], passed: Sequence[bool], progress: Progress) -> int:
    """Print durations and counts, the tests' counts last; returns the exit status."""
    failed = [check.name for check, good in zip(checks, passed, strict=True) if not good]
    print(progress.table())
    print(f"Failed: {', '.join(failed)}" if failed else f"All {len(checks)} checks passed.")
    suites = [check for check in checks if check.counts_tests]
    if suites:
        total = counts(suites)
        print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if failed else 0


def main() -> int:
    """Run the checks named, or all; 1 if any failed."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--soak", action="store_true", help="the soaks instead, one after the other")
    parser.add_argument("checks", nargs="*")
    arguments = parser.parse_args()
    progress = Progress()
    try:
        checks = prepared(Installer(ROOT, progress, os.environ), arguments.soak, arguments.checks)
    except Failure as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    (ROOT / REPORTS).mkdir(parents=True, exist_ok=True)
    workers = 1 if arguments.soak else min(WORKERS, len(checks))
    with ThreadPoolExecutor(workers) as pool:
        passed = list(pool.map(lambda check: run(check, progress, workers == 1), checks))
    return report(checks, passed, progress)


if __name__ == "__main__":
    sys.exit(main())
