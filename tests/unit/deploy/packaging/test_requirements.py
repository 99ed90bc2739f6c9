from __future__ import annotations

from pathlib import Path

import pytest

from deploy.errors import Failure
from deploy.packaging.package import VERSIONS
from deploy.packaging.requirements import allowed, pins, private_text, problems, wanted

ROOT = Path(__file__).resolve().parents[4]
IMAGES = {"3.2.1": {"pandas": "2.3.3", "boto3": "1.42.84"}, "3.3.1": {"pandas": "3.0.5", "boto3": "1.43.56"}}


def told(text: str) -> list[str]:
    return list(problems(text, IMAGES))


@pytest.mark.parametrize(
    "text", ["", "# pandas==1.0\n", "pandas\n", "Boto3 # newest\n", "own-tool==1.2\n", "pandas[sql]\n"]
)
def test_what_every_image_accepts_is_accepted(text: str) -> None:
    assert told(text) == []


def test_another_version_than_the_pin_is_refused_by_image_with_what_to_do() -> None:
    (one,) = told("pandas==3.0.5")
    assert "'pandas==3.0.5' is outside the pins of MWAA's Airflow 3.2.1, which allows pandas==2.3.3" in one
    assert "ask for pandas without a version" in one


def test_a_package_that_no_image_pins_needs_a_version() -> None:
    one, other = told("own-tool>=1")
    assert "which has no own-tool: say which version, as own-tool==" in one
    assert "3.3.1" in other


@pytest.mark.parametrize(
    "line", ["git+https://example.org/tool", "tool @ https://example.org/tool.whl", "./tool", "-r more.txt"]
)
def test_what_does_not_come_from_an_index_by_name_is_refused(line: str) -> None:
    (one,) = told(line)
    assert "is no package of an index" in one


@pytest.mark.parametrize("line", ["--constraint c.txt", "# -c c.txt"])
def test_constraints_of_its_own_are_refused_even_in_a_comment(line: str) -> None:
    assert any("names constraints of its own" in one for one in told(line))


def test_names_are_compared_as_indexes_do() -> None:
    assert pins("Apache_Airflow.Core[x]==3.3.1\n# no==1\nother>2") == {"apache-airflow-core": "3.3.1"}
    assert wanted("a==1 # why\n\n# b\n c") == ["a==1", "c"]


def test_a_private_web_server_is_given_versions_wheels_and_no_index() -> None:
    assert private_text({"b": "2", "a": "1"}).splitlines() == [
        "--find-links /usr/local/airflow/plugins",
        "--no-index",
        "a==1",
        "b==2",
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_an_image_holds_is_among_what_it_allows(version: str) -> None:
    known = allowed(ROOT, version)
    assert known["apache-airflow"] == version
    assert known["pandas"]  # not installed there, but pinned


def test_an_airflow_without_lists_is_refused() -> None:
    with pytest.raises(Failure, match=r"Airflow 9\.9\.9 is no image that is known here"):
        allowed(ROOT, "9.9.9")
