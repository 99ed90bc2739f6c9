"""A tuning job outlives its server: no result is lost, no limit exceeded, and it comes to an end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.local_aws import LocalAws, unique
from tests.support.polling import eventually
from tests.support.tuning import NAME, STATUS, gated, training_jobs, tune, tuned

pytestmark = pytest.mark.local_only

# The first training job ends at once, the others wait for the gate.
FIRST = """
if "-001-" in os.environ["TRAINING_JOB_NAME"]: raise SystemExit(print("loss=0.5"))
"""


@pytest.fixture
def own(tmp_path: Path, environments: Path) -> Iterator[LocalAws]:
    """A server of the test's own, to be killed."""
    server = LocalAws(tmp_path / "data", environments, "--stop-grace", "1", "--max-jobs", "2")
    server.start().prepare()
    yield server
    server.terminate()


def limits(most: int, parallel: int) -> dict[str, Any]:
    return {"limits": {"MaxNumberOfTrainingJobs": most, "MaxParallelTrainingJobs": parallel}}


def states(own: LocalAws, name: str) -> list[str]:
    return [item["TrainingJobStatus"] for item in training_jobs(own, name)]


def test_a_tuning_job_goes_on_after_a_kill_with_what_it_knew(own: LocalAws) -> None:
    gate = unique("gate")
    name = tune(own, gated(gate, FIRST), config=limits(5, 2))
    eventually(lambda: states(own, name) == ["Completed", "InProgress", "InProgress"], "two under way")
    before = training_jobs(own, name)
    own.kill()
    own.start()
    own.put(gate, "open")
    job = tuned(own, name)
    assert job[STATUS] == "Completed"
    assert states(own, name) == ["Completed", "Failed", "Failed", "Completed", "Completed"]
    assert training_jobs(own, name)[0] == before[0]
    assert job["BestTrainingJob"] == before[0]
    assert job["TrainingJobStatusCounters"]["RetryableError"] == 2
    reasons = {item["FailureReason"] for item in training_jobs(own, name, StatusEquals="Failed")}
    assert all(reason.startswith("InternalServerError: ") for reason in reasons)


def test_one_whose_last_training_jobs_are_killed_ends_at_the_next_start(own: LocalAws) -> None:
    name = tune(own, gated(unique("never")), config=limits(2, 2))
    eventually(lambda: len(states(own, name)) == 2, "both under way")
    own.kill()
    own.start()
    job = tuned(own, name)
    assert job[STATUS] == "Failed"
    assert job["FailureReason"].startswith("No training job succeeded after 2 attempts.")


def test_one_that_was_being_stopped_is_stopped_at_the_next_start(own: LocalAws) -> None:
    script = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    name = tune(own, script, config=limits(5, 2))

    def trains() -> bool:
        listed = training_jobs(own, name)
        return len(listed) == 2 and all("TrainingStartTime" in item for item in listed)

    eventually(trains, "both to train")
    own.sagemaker.stop_hyper_parameter_tuning_job(**{NAME: name})
    own.kill()
    own.start()
    job = tuned(own, name)
    assert (job[STATUS], len(states(own, name))) == ("Stopped", 2)


def test_killed_again_and_again_it_never_exceeds_its_limits(own: LocalAws) -> None:
    script = "print('loss=1')"
    names = [tune(own, script, config=limits(9, 3)) for _ in range(2)]
    for _ in range(3):
        own.kill()
        own.start()
    for name in names:
        job = tuned(own, name)
        assert sum(job["TrainingJobStatusCounters"].values()) == len(states(own, name)) <= 9
        assert "InProgress" not in states(own, name)
        numbers = [item["TrainingJobName"].removeprefix(f"{name}-")[:3] for item in training_jobs(own, name)]
        assert numbers == [f"{number:03}" for number in range(1, len(numbers) + 1)]


def test_sigterm_ends_the_server_while_it_tunes(own: LocalAws) -> None:
    name = tune(own, "print('loss=1')", config=limits(12, 2))
    eventually(lambda: len(states(own, name)) > 2, "some training jobs")
    assert own.terminate() == 0
    own.start()
    assert tuned(own, name)[STATUS] == "Completed"
    assert len(states(own, name)) == 12
