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
    plugins = ("-p", "mlops_sagemaker", "-p", "lifecycle", "-m", "nights.calendar")
    jobs = ("-p", "common", "-p", "monitoring", "-p", "tabular", "-p", "abalone", "-p", "churn")
    own = ("sagemaker_local", "deploy", "bench", "tests/__main__.py", "tests/checks.py")
    return [
        Check("lint", (*ruff, "check")),
        Check("format", (*ruff, "format", "--check")),
        Check("imports", (str(dev / "lint-imports"),), {"PYTHONPATH": IMPORT_PATHS}),
        _types("airflow", airflow, plugins, {"MYPYPATH": ".:plugins:dags"}),
        _types("jobs", images["training"], jobs, {"MYPYPATH": "include/scripts"}),
        _types("nights", images["training"], ("-m", "nights.run"), {"MYPYPATH": ".:plugins:include/scripts"}),
        _types("server", images["inference"], ("-p", "serving"), {"MYPYPATH": "include/containers/inference"}),
        _types("own", VENV / "dev", own, {}),
    ]


def _types(name: str, environment: Path, what: tuple[str, ...], environ: Mapping[str, str]) -> Check:
    """A check of types, with a cache of its own since several run at once."""
    python = str(VENV / "dev" / "bin" / "python")
    options = ("--python-executable", str(environment / "bin" / "python"), "--cache-dir", f".mypy_cache/{name}")
    return Check(f"types-{name}", (python, "-m", "mypy", *options, *what), environ)


@dataclass(frozen=True)
class Suite:
    """Tests that run in one environment of `.venv`."""

    environment: str
    paths: tuple[str, ...]
    options: tuple[str, ...] = ()


# What clients warn of is their makers' business. They mostly wait, and for long.
_CLIENT = ("-W", "ignore", "-n", "4", "--timeout", "1800")
# The longest come first, so that none is waited for alone.
SUITES = {
    "e2e": Suite("dev", ("tests/e2e",)),
    "airflow": Suite("airflow-test", ("tests/unit/mlops_sagemaker", "tests/dags")),
    "local": Suite(
        "dev",
        (
            "tests/unit/bench",
            "tests/unit/deploy",
            "tests/unit/sagemaker_local",
            "tests/unit/test_checks.py",
            "tests/unit/test_documents.py",
            "tests/unit/test_repository.py",
            "tests/unit/test_workflows.py",
            "tests/contract",
        ),
    ),
    "provider": Suite("airflow-test", ("tests/provider",), ("-m", "not soak")),
    "executor": Suite("dev", ("tests/executor", "tests/durability"), ("-n", "2")),  # it mostly waits for jobs
    "jobs": Suite("training-test", ("tests/unit/scripts", "tests/unit/nights"), ("-m", "not soak")),
    "server": Suite("inference-test", ("tests/unit/serving",)),
}
"""What is run for every change."""

SOAKS = {
    "stack": Suite("dev", ("tests/soak",), ("-s",)),
    "nights": Suite("dev", ("tests/nights",), ("-s",)),
    "package": Suite("dev", ("tests/packaging",), ("-s",)),
    "faults": Suite("dev", ("tests/faults",), ("-s",)),
    "monitoring": Suite("training-test", ("tests/unit/scripts",), ("-s", "-m", "soak")),
    "airflow-3.3.1": Suite("airflow-test", ("tests/provider",)),
    "airflow-3.2.1": Suite(
        "airflow-3.2.1",
        ("tests/provider", "tests/unit/mlops_sagemaker", "tests/dags"),
        # Output files its provider does not read, and its Airflow has no policies of retries.
        ("--ignore=tests/provider/test_output_files.py", "--ignore=tests/unit/mlops_sagemaker/test_retries.py"),
    ),
    "checkov": Suite("checkov", ("tests/checkov",)),
    "compose": Suite("dev", ("tests/compose",)),
    **{
        client: Suite(client, (f"tests/conformance/{client.replace('-', '_')}",), _CLIENT)
        for client in ("aws", "sagemaker-core", "sagemaker-v2", "sagemaker-v3")
    },
}
"""What takes too long for every change, or needs environments that nothing else does."""


def suite(name: str) -> Check:
    """The check that runs a suite."""
    return _pytest(name, SUITES[name])


def soak(name: str) -> Check:
    """The check that runs a soak, which tells of each test as it goes."""
    return _pytest(name, SOAKS[name], "-v")


def _pytest(name: str, suite: Suite, *options: str) -> Check:
    python = str(VENV / suite.environment / "bin" / "python")
    report = str(REPORTS / f"{name}.xml")
    command = (python, "-m", "pytest", "-q", "--junit-xml", report, *suite.options, *options, *suite.paths)
    return Check(name, command)
