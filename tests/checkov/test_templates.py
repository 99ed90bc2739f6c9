"""checkov, off the network, finds nothing in the templates but what has its reason here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "deploy" / "cloudformation"
INTERFACES = (
    "SageMaker makes the interfaces of jobs in the VPC in the role's name, with EC2 actions of which most know no "
    "resource: the statement Interfaces, as SageMaker's guide has it"
)
EXCEPTED = {
    ("CKV_AWS_18", "storage.yaml", "AWS::S3::Bucket.AccessLogs"): "it is where the access logs of the others go",
    ("CKV_AWS_109", "roles.yaml", "AWS::IAM::Role.Endpoints"): INTERFACES,
    ("CKV_AWS_109", "roles.yaml", "AWS::IAM::Role.Jobs"): INTERFACES,
    ("CKV_AWS_111", "roles.yaml", "AWS::IAM::Role.Endpoints"): INTERFACES,
    ("CKV_AWS_111", "roles.yaml", "AWS::IAM::Role.Jobs"): INTERFACES,
}

Finding = tuple[str, str, str]


def report(folder: Path) -> dict[str, Any]:
    """What checkov says of the templates in a folder."""
    command = [str(Path(sys.executable).with_name("checkov")), "--directory", str(folder)]
    options = ["--framework", "cloudformation", "--output", "json", "--compact", "--skip-download"]
    done = subprocess.run([*command, *options], text=True, capture_output=True, check=False)
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def findings(said: dict[str, Any]) -> dict[Finding, str]:
    """What it calls a failure: rule, file, resource; and the rule's words."""
    return {
        (each["check_id"], Path(each["file_path"]).name, each["resource"]): each["check_name"]
        for each in said["results"]["failed_checks"]
    }


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    return report(TEMPLATES)


def test_checkov_reads_every_template(said: dict[str, Any]) -> None:
    assert said["summary"]["parsing_errors"] == 0
    read = {Path(each["file_path"]).name for each in said["results"]["passed_checks"]}
    # It has no rules for what MWAA's template makes.
    assert read == {file.name for file in TEMPLATES.glob("*.yaml")} - {"airflow.yaml"}


def test_what_checkov_finds_has_its_reason_here(said: dict[str, Any]) -> None:
    new = {finding: words for finding, words in findings(said).items() if finding not in EXCEPTED}
    assert new == {}


def test_no_reason_is_left_of_what_checkov_finds_no_more(said: dict[str, Any]) -> None:
    assert EXCEPTED.keys() <= findings(said).keys()


def test_a_template_that_is_wrong_is_found(tmp_path: Path) -> None:
    text = (TEMPLATES / "storage.yaml").read_text()
    assert text.count("EnableKeyRotation: true") == 1
    (tmp_path / "storage.yaml").write_text(text.replace("EnableKeyRotation: true", "EnableKeyRotation: false"))
    assert ("CKV_AWS_7", "storage.yaml", "AWS::KMS::Key.Key") in findings(report(tmp_path))
