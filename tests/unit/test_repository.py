"""Rules about the repository itself: its locks, its suites, what may import what."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

from deploy.environments.catalogue import CLIENTS
from tests.checks import SOAKS, SUITES

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
MANAGED_LOCKS = sorted(ROOT.glob("sagemaker_local/images/*/requirements.in"))
LOCKS = sorted([*REQUIREMENTS.rglob("*.in"), *ROOT.glob("include/containers/*/requirements.in"), *MANAGED_LOCKS])
IMAGE_LOCKS = sorted(ROOT.glob("include/containers/*/requirements.txt"))
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>.*?))?(?P<hashes> \\)?$")
# An address in a requirement file would be somebody's own package index.
ADDRESS = re.compile(r"https?://|file:|--(extra-)?index-url|--find-links|(^|\s)/")


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: Path) -> list[re.Match[str]]:
    """The requirements of a lock: every line that is neither a hash nor a comment."""
    lines = [line for line in lock.read_text().splitlines() if line and not line.startswith((" ", "#"))]
    found = [PIN.match(line) for line in lines]
    assert None not in found, f"{lock} has a line that is no exact version: {lines[found.index(None)]}"
    return [pin for pin in found if pin is not None]


def versions(lock: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pin in pins(lock):
        found.setdefault(normal(pin["name"]), set()).add(pin["version"])
    return found


def unconditional(lock: Path) -> dict[str, str]:
    return {normal(pin["name"]): pin["version"] for pin in pins(lock) if pin["marker"] is None}


def disagreements(one: Path, other: Path) -> set[str]:
    first, second = versions(one), versions(other)
    return {name for name in first.keys() & second.keys() if not first[name] <= second[name]}


@pytest.mark.parametrize("source", LOCKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_lock_holds_exact_versions_with_hashes(source: Path) -> None:
    lock = source.with_suffix(".txt")
    without = [pin["name"] for pin in pins(lock) if not pin["hashes"]]
    assert pins(lock)
    assert without == []


@pytest.mark.parametrize("source", LOCKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_requirement_file_names_an_index_or_a_place_on_a_machine(source: Path) -> None:
    for file in (source, source.with_suffix(".txt")):
        named = [line for line in file.read_text().splitlines() if ADDRESS.search(line)]
        assert named == [], file


def mwaa_image(airflow: str) -> dict[str, str]:
    """The packages of MWAA's image with that version of Airflow, but for one."""
    lines = (REQUIREMENTS / f"mwaa-{airflow}-bom.txt").read_text().splitlines()
    image = {normal(name): version for name, _, version in (line.partition("==") for line in lines)}
    # Has no wheel; psycopg2-binary, in the image too, is the same library.
    del image["psycopg2"]
    return image


def test_airflows_environment_is_the_mwaa_image_package_for_package() -> None:
    besides = {"setuptools": "83.0.0", "wcwidth": "0.8.2"}
    assert unconditional(REQUIREMENTS / "airflow.txt") == {**mwaa_image("3.3.1"), **besides}


def test_the_other_airflows_environment_is_its_image_and_the_test_runner() -> None:
    lock = unconditional(REQUIREMENTS / "clients" / "airflow-3.2.1.txt")
    besides = {"setuptools": "82.0.1", "wcwidth": "0.6.0"}
    runner = lock.keys() - mwaa_image("3.2.1").keys() - besides.keys()
    assert lock == {**{name: lock[name] for name in runner}, **mwaa_image("3.2.1"), **besides}
    assert runner <= versions(REQUIREMENTS / "test.txt").keys()


def test_every_other_package_of_airflows_environment_is_for_another_python() -> None:
    besides = {pin["name"]: pin["marker"] for pin in pins(REQUIREMENTS / "airflow.txt") if pin["marker"]}
    assert besides == {
        "async-timeout": "python_full_version < '3.11.3'",
        "pyyaml-ft": "python_full_version == '3.13.*'",
    }


@pytest.mark.parametrize("base", [REQUIREMENTS / "airflow.txt", *IMAGE_LOCKS], ids=lambda path: path.parent.name)
def test_the_test_runner_brings_no_other_version_of_a_package_that_it_is_laid_over(base: Path) -> None:
    assert disagreements(REQUIREMENTS / "test.txt", base) == set()


@pytest.mark.parametrize("part", ["sagemaker_local", "test"])
def test_the_dev_environment_agrees_with_what_it_includes(part: str) -> None:
    lock = REQUIREMENTS / f"{part}.txt"
    assert versions(lock).keys() <= versions(REQUIREMENTS / "dev.txt").keys()
    assert disagreements(lock, REQUIREMENTS / "dev.txt") == set()


def test_the_local_sagemakers_package_needs_what_its_environment_is_locked_for() -> None:
    project = tomllib.loads((ROOT / "sagemaker_local" / "pyproject.toml").read_text())["project"]
    lines = (REQUIREMENTS / "sagemaker_local.in").read_text().splitlines()
    assert sorted(project["dependencies"]) == sorted(line for line in lines if line and not line.startswith("#"))


def test_mwaa_installs_nothing_beyond_its_image() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
    # MWAA takes even a commented constraint line as an order to leave out its own constraints.
    assert not re.search(r"-c |--constraint ", (ROOT / "requirements.txt").read_text())


def test_every_test_file_is_run_by_exactly_one_suite_or_by_a_soak() -> None:
    tests = {path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")}
    suites = [path for suite in SUITES.values() for path in suite.paths]
    soaks = {path for suite in SOAKS.values() for path in suite.paths} - set(suites)
    homes = {test: [home for home in [*suites, *soaks] if test.is_relative_to(home)] for test in tests}
    assert {test: found for test, found in homes.items() if len(found) != 1} == {}


def test_every_path_of_a_suite_holds_tests() -> None:
    paths = [path for suite in [*SUITES.values(), *SOAKS.values()] for path in suite.paths]
    assert [path for path in paths if not _test_files(ROOT / path)] == []


def test_every_client_is_soaked() -> None:
    assert CLIENTS.keys() <= {suite.environment for suite in SOAKS.values()}


def _test_files(path: Path) -> list[Path]:
    return [path] if path.is_file() else list(path.rglob("test_*.py"))


def test_a_dag_file_imports_nothing_but_airflows_sdk_the_plugin_and_its_own_modules() -> None:
    allowed = {"airflow", "mlops_sagemaker", "lifecycle", "assets"} | sys.stdlib_module_names
    for file in (ROOT / "dags").rglob("*.py"):
        foreign = {name for name in imported(file) if name.partition(".")[0] not in allowed}
        internal = {name for name in imported(file) if re.match(r"airflow(?!\.sdk)", name)}
        assert foreign | internal == set(), file


def imported(file: Path) -> set[str]:
    """The full names of the modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import does not work in a DAG folder"
            names.add(str(node.module))
    return names


def test_every_make_target_is_phony_and_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z-]+):", text, re.MULTILINE)
    told = re.findall(r"^([a-z-]+):.*  ## [A-Z]", text, re.MULTILINE)
    phony = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split()
    assert targets == told == phony
