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
    def counts_tests(self) -> bool:
        return "pytest" in self.command

    @property
    def report(self) -> Path:
        return REPORTS / f"{self.name}.xml"


def static_checks(images: Mapping[str, Path]) -> list[Check]:
    """Style, imports, types. Types are checked against the packages that the code runs with."""
    dev, airflow = VENV / "dev" / "bin", VENV / "airflow"
    ruff = (str(dev / "python"), "-m", "ruff")
    plugins = ("-p", "mlops_sagemaker", "-p", "lifecycle")
    jobs = ("-p", "common", "-p", "abalone")
    own = ("sagemaker_local", "deploy", "bench", "tests/__main__.py", "tests/checks.py")
    return [
        Check("lint", (*ruff, "check")),
        Check("format", (*ruff, "format", "--check")),
        Check("imports", (str(dev / "lint-imports"),), {"PYTHONPATH": IMPORT_PATHS}),
        _types("airflow", airflow, plugins, {"MYPYPATH": "plugins:dags"}),
        _types("jobs", images["training"], jobs, {"MYPYPATH": "include/scripts"}),
        _types("own", VENV / "dev", own, {}),
    ]


def _types(name: str, environment: Path, what: tuple[str, ...], environ: Mapping[str, str]) -> Check:
    """A check of types, with a cache of its own since several run at once."""
    python = str(VENV / "dev" / "bin" / "python")
    options = ("--python-executable", str(environment / "bin" / "python"), "--cache-dir", f".mypy_cache/{name}")
    return Check(f"types-{name}", (python, "-m", "mypy", *options, *what), environ)


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
