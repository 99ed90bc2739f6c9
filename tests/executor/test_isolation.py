"""Two jobs never see each other, nor what is the server's or the user's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.local_aws import ROOT, LocalAws
from tests.support.polling import eventually

pytestmark = pytest.mark.local_only


def report(aws: LocalAws, script: str) -> object:
    """What *script* printed as JSON in a job that completed."""
    name = aws.process(script)
    job = aws.processed(name)
    assert job["ProcessingJobStatus"] == "Completed", aws.log_lines("ProcessingJobs", name)
    return json.loads("".join(aws.log_lines("ProcessingJobs", name)))


def test_jobs_run_in_namespaces_here(aws: LocalAws) -> None:
    health = aws.health()
    assert health is not None
    assert health["isolation"] == "namespaces", f"this system grants none: {aws.log.read_text()}"


def test_two_jobs_at_once_use_the_same_paths_and_see_only_their_own(aws: LocalAws) -> None:
    script = """
import pathlib, sys, time
mine = pathlib.Path("/opt/ml/processing/out"); mine.mkdir(parents=True)
(mine / "shared-name").write_text("{0}"); pathlib.Path("/tmp/shared-name").write_text("{0}")
print("written", flush=True)
time.sleep(1.0)
seen = (mine / "shared-name").read_text() + pathlib.Path("/tmp/shared-name").read_text()
sys.exit(0 if seen == "{0}{0}" and len(list(mine.iterdir())) == 1 else 9)
"""
    names = [aws.process(script.replace("{0}", letter)) for letter in "ab"]
    assert [aws.processed(name)["ProcessingJobStatus"] for name in names] == ["Completed", "Completed"]
    first, second = (aws.processed(name) for name in names)
    assert second["ProcessingStartTime"] < first["ProcessingEndTime"], "they did not run at the same time"


def test_state_home_and_other_processes_are_hidden(aws: LocalAws) -> None:
    script = f"""
import json, os, pathlib
def listing(path):
    try: return sorted(os.listdir(path))
    except OSError: return []
print(json.dumps({{
    "state": listing({str(aws.data_dir)!r}),
    "home": [p for p in listing({os.path.expanduser("~")!r}) if p != ".pyenv"],
    "processes": [int(p) for p in os.listdir("/proc") if p.isdigit()],
    "parent": os.getppid(),
}}))
"""
    seen = report(aws, script)
    assert isinstance(seen, dict)
    assert seen["state"] == []
    home_holds_the_project = Path(os.path.expanduser("~")) in ROOT.parents
    assert seen["home"] == [] or home_holds_the_project
    assert max(seen["processes"]) < 10, "processes of the host can be seen"


def test_the_rest_of_the_file_system_is_read_only(aws: LocalAws) -> None:
    script = f"""
import json, pathlib
refused = []
for folder in ("/usr", "/etc", "/opt", {str(ROOT)!r}):
    try: (pathlib.Path(folder) / "written-by-a-job").write_text("x")
    except OSError: refused.append(folder)
pathlib.Path("/opt/ml/mine").write_text("x"); pathlib.Path("/tmp/mine").write_text("x")
print(json.dumps(refused))
"""
    assert report(aws, script) == ["/usr", "/etc", "/opt", str(ROOT)]


def test_what_a_job_leaves_running_ends_with_it(aws: LocalAws, tmp_path: Path) -> None:
    marker = f"left-behind-{os.getpid()}-{tmp_path.name}"
    script = f"""
import subprocess
subprocess.Popen(["python3", "-c", "import time; time.sleep(600)", {marker!r}], start_new_session=True)
"""
    assert aws.processed(aws.process(script))["ProcessingJobStatus"] == "Completed"
    eventually(lambda: not processes_with(marker), "the end of the process that the job left")


def test_a_finished_job_leaves_no_folder(aws: LocalAws) -> None:
    name = aws.process("")
    aws.processed(name)
    assert not list((aws.data_dir / "jobs").glob(f"*{name}*"))


def processes_with(argument: str) -> list[str]:
    """The processes of this machine that have *argument* in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes()
        except OSError:
            continue  # it ended between the two looks
        if argument.encode() in command and str(os.getpid()) != entry.parent.name:
            found.append(command.decode())
    return found
