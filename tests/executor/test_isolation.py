"""Two jobs never see each other, nor what is the server's or the user's."""

from __future__ import annotations

import json
import os
import pwd
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.local_aws import ROOT, LocalAws
from tests.support.polling import eventually

pytestmark = pytest.mark.local_only


def report(aws: LocalAws, script: str) -> Any:
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
places = [mine, pathlib.Path("/tmp"), pathlib.Path("/dev/shm")]
for place in places: (place / "shared-name").write_text("{0}")
print("written", flush=True)
time.sleep(1.0)
seen = [(place / "shared-name").read_text() for place in places]
sys.exit(0 if seen == ["{0}"] * 3 and len(list(mine.iterdir())) == 1 else 9)
"""
    names = [aws.process(script.replace("{0}", letter)) for letter in "ab"]
    assert [aws.processed(name)["ProcessingJobStatus"] for name in names] == ["Completed", "Completed"]
    first, second = (aws.processed(name) for name in names)
    assert second["ProcessingStartTime"] < first["ProcessingEndTime"], "they did not run at the same time"


@pytest.fixture
def outside_tmp() -> Iterator[Path]:
    """A folder that is not hidden already because a job has its own /tmp."""
    with tempfile.TemporaryDirectory(dir=ROOT / ".venv") as folder:
        yield Path(folder)


def test_state_home_and_folders_given_to_hide_are_hidden(outside_tmp: Path, environments: Path) -> None:
    secret = outside_tmp / "stack" / "secret"
    secret.parent.mkdir()
    secret.write_text("secret")
    server = LocalAws(outside_tmp / "data", environments, "--hide", str(secret.parent)).start().prepare()
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    script = f"""
import json, os
def listing(path):
    return sorted(os.listdir(path)) if os.path.isdir(path) else []
print(json.dumps([listing(path) for path in ({str(server.data_dir)!r}, {str(secret.parent)!r}, {str(home)!r})]))
"""
    try:
        state, hidden, at_home = report(server, script)
    finally:
        server.terminate()
    assert (state, hidden) == ([], [])
    # What the image needs is bound back, also where it lies at home.
    needed = {Path(sys.base_prefix), ROOT}
    assert set(at_home) <= {path.relative_to(home).parts[0] for path in needed if home in path.parents}


def test_processes_of_the_host_cannot_be_seen(aws: LocalAws) -> None:
    script = "import json, os; print(json.dumps([int(entry) for entry in os.listdir('/proc') if entry.isdigit()]))"
    assert max(report(aws, script)) < 10


def test_the_rest_of_the_file_system_is_read_only(aws: LocalAws) -> None:
    script = """
import json, pathlib
refused = []
for folder in ("/usr", "/etc", "/opt", "/var", "/dev"):
    try: (pathlib.Path(folder) / "written-by-a-job").write_text("x")
    except OSError: refused.append(folder)
setting = pathlib.Path("/proc/sys/vm/swappiness")
try: setting.write_text(setting.read_text())
except OSError: refused.append("the kernel's settings")
for path in ("/opt/ml/mine", "/tmp/mine", "/dev/shm/mine", "/dev/null"): pathlib.Path(path).write_text("x")
print(json.dumps(refused))
"""
    assert report(aws, script) == ["/usr", "/etc", "/opt", "/var", "/dev", "the kernel's settings"]
    assert not Path("/dev/shm/mine").exists()


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
