"""The workflows: exact actions, no keys, least rights; what GitHub makes of them only GitHub shows."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import trial
from deploy.release import mwaa, verify
from deploy.settings import ENVIRONMENTS
from tests.support import templates
from tests.support.local_aws import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
every_workflow = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
# The images, the package and their transfer.
BUILDING_SECONDS = 900
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def load(file: Any) -> dict[str, Any]:
    return dict(yaml.safe_load(file.read_text()))


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in FILES:
        for name, job in load(file)["jobs"].items():
            yield f"{file.stem}/{name}", job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in jobs():
        for step in job.get("steps", ()):
            yield name, step


def test_there_are_workflows() -> None:
    assert {file.stem for file in FILES} == {"deploy", "main", "pull-request", "release"}


@every_workflow
def test_an_action_of_others_is_named_by_its_commit_and_its_version(file: Any) -> None:
    for line in file.read_text().splitlines():
        used = line.partition("uses: ")[2]
        assert not used or used.startswith("./.github/workflows/") or PINNED.fullmatch(used), used


@every_workflow
def test_nothing_may_write_to_the_repository(file: Any) -> None:
    assert load(file)["permissions"] == {"contents": "read"}
    for _, job in jobs():
        assert job.get("permissions", {}).items() <= {"contents": "read", "id-token": "write"}.items()


def test_there_are_no_secrets() -> None:
    assert not [file.name for file in FILES if "secrets." in file.read_text() or "secrets:" in file.read_text()]


def test_what_others_write_is_never_part_of_a_command() -> None:
    for name, step in steps():
        assert not re.search(r"\$\{\{\s*(github\.event|github\.head_ref|inputs\.)", step.get("run", "")), name


def test_every_job_that_runs_ends() -> None:
    for name, job in jobs():
        assert "uses" in job or 0 < job["timeout-minutes"] <= 120, name


def test_a_deployment_has_rights_as_long_as_it_takes_and_ends_by_itself_before_it_is_cut_off() -> None:
    job = load(ROOT / ".github" / "workflows" / "deploy.yml")["jobs"]["deploy"]
    (given,) = [step["with"] for step in job["steps"] if "configure-aws-credentials" in step.get("uses", "")]
    seconds = job["timeout-minutes"] * 60
    role = templates.load(templates.FOLDER / "delivery.yaml")["Resources"]["Deployment"]["Properties"]
    assert given["role-duration-seconds"] == role["MaxSessionDuration"] == seconds
    assert seconds >= mwaa.LIMIT_SECONDS + verify.LIMIT_SECONDS + trial.LIMIT_SECONDS + BUILDING_SECONDS


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone whose main is one commit ahead of the tag `merged` and knows nothing of the tag `aside`."""

    def git(*words: str) -> None:
        author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", "-C", str(tmp_path), *author, *words], check=True, capture_output=True)

    git("init", "--initial-branch", "work")
    git("commit", "--allow-empty", "--message", "merged")
    git("tag", "merged")
    git("commit", "--allow-empty", "--message", "main")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("checkout", "merged")
    git("commit", "--allow-empty", "--message", "aside")
    git("tag", "aside")
    return tmp_path


@pytest.mark.parametrize(("tag", "released"), [("merged", True), ("aside", False)])
def test_only_what_is_in_main_is_released(repository: Path, tag: str, released: bool) -> None:
    jobs = load(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    assert (jobs["check"]["needs"], jobs["production"]["needs"]) == ("of-main", "check")
    (checkout, step) = jobs["of-main"]["steps"]
    assert checkout["with"]["fetch-depth"] == 0
    sha = subprocess.run(["git", "-C", str(repository), "rev-parse", tag], check=True, capture_output=True, text=True)
    environ = {**os.environ, "GITHUB_SHA": sha.stdout.strip(), "GITHUB_REF_NAME": tag}
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]], cwd=repository, env=environ, check=False, capture_output=True, text=True
    )
    assert (done.returncode == 0) is released
    assert ("aside is of" in done.stdout) is not released


def test_what_make_is_asked_for_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {word for _, step in steps() for word in re.findall(r"^make ([a-z-]+)", step.get("run", ""), re.MULTILINE)}
    assert asked
    assert asked <= targets


def test_every_environment_that_is_deployed_to_has_settings() -> None:
    named = {job["with"]["environment"] for _, job in jobs() if "environment" in job.get("with", {})}
    assert named == {"staging", "prod"}
    assert named <= set(ENVIRONMENTS)


def test_all_images_are_built() -> None:
    built = load(ROOT / ".github" / "workflows" / "pull-request.yml")["jobs"]["images"]["strategy"]["matrix"]["image"]
    folders = {
        folder.name for folder in (ROOT / "include" / "containers").iterdir() if (folder / "Dockerfile").exists()
    }
    assert set(built) == folders
