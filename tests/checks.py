"""Every check of the project: its command, and the environment that it runs in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

VENV = Path(".venv")
REPORTS = Path(".local") / "tests"
IMPORT_PATHS = ".:plugins:include/scripts:dags"


@dataclass(frozen=True)
class Check:
    """A command to run at the root of the repository; a suite of tests also counts its tests in `report`."""

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def report(self) -> Path:
        return REPORTS / f"{self.name}.xml"


def static_checks(images: Mapping[str, Path]) -> list[Check]:
    """Style, imports, types. Types are checked against the packages that the code runs with."""
    python = str(VENV / "dev" / "bin" / "python")
    mypy = (python, "-m", "mypy", "--python-executable")
    plugins = ("-p", "mlops_sagemaker", "-p", "lifecycle")
    own = ("sagemaker_local", "deploy", "bench", "tests/__main__.py", "tests/checks.py")
    return [
        Check("lint", (python, "-m", "ruff", "check")),
        Check("format", (python, "-m", "ruff", "format", "--check")),
        Check("imports", (str(VENV / "dev" / "bin" / "lint-imports"),), {"PYTHONPATH": IMPORT_PATHS}),
        Check(
            "types-airflow",
            (*mypy, str(VENV / "airflow" / "bin" / "python"), *plugins),
            {"MYPYPATH": "plugins:dags"},
        ),
        Check(
            "types-jobs",
            (*mypy, str(images["training"] / "bin" / "python"), "-p", "common", "-p", "abalone"),
            {"MYPYPATH": "include/scripts"},
        ),
        Check("types-own", (*mypy, python, *own)),
    ]


SUITES: dict[str, tuple[str, tuple[str, ...]]] = {
    "e2e": ("dev", ("tests/e2e",)),
    "airflow": ("airflow-test", ("tests/unit/mlops_sagemaker", "tests/dags")),
    "local": (
        "dev",
        (
            "tests/unit/deploy",
            "tests/unit/sagemaker_local",
            "tests/unit/test_checks.py",
            "tests/unit/test_documents.py",
            "tests/unit/test_repository.py",
            "tests/contract",
            "tests/executor",
            "tests/durability",
        ),
    ),
    "jobs": ("training-test", ("tests/unit/scripts",)),
}
"""By name: the environment and the paths of a suite. The longest come first, so that none is waited for alone."""


def suite(name: str, *options: str) -> Check:
    """The check that runs a suite."""
    environment, paths = SUITES[name]
    python = str(VENV / environment / "bin" / "python")
    return _pytest(name, python, paths, *options)


def soak() -> Check:
    """The soak test, which is no part of the whole."""
    return _pytest("soak", str(VENV / "dev" / "bin" / "python"), ("tests/soak",), "-m", "soak", "-s")


def _pytest(name: str, python: str, paths: tuple[str, ...], *options: str) -> Check:
    report = str(REPORTS / f"{name}.xml")
    return Check(name, (python, "-m", "pytest", "-q", "--junit-xml", report, *options, *paths))
