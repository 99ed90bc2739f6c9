"""botocore's waiters, with delays short enough for a test."""

from __future__ import annotations

import pytest
from botocore.exceptions import WaiterError

from tests.support.local_aws import LocalAws, unique

SOON = {"Delay": 0.05, "MaxAttempts": 1200}
ENDLESS = "import time; time.sleep(600)"


@pytest.mark.documented("botocore waiter TrainingJobCompletedOrStopped")
def test_the_training_waiter_ends_with_the_job(aws: LocalAws) -> None:
    waiter = aws.sagemaker.get_waiter("training_job_completed_or_stopped")
    name, stopped = aws.train("print('done')"), aws.train(ENDLESS)
    waiter.wait(TrainingJobName=name, WaiterConfig=SOON)
    assert aws.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Completed"
    aws.sagemaker.stop_training_job(TrainingJobName=stopped)
    waiter.wait(TrainingJobName=stopped, WaiterConfig=SOON)
    assert aws.sagemaker.describe_training_job(TrainingJobName=stopped)["TrainingJobStatus"] == "Stopped"


@pytest.mark.documented("botocore waiter ProcessingJobCompletedOrStopped")
def test_the_processing_waiter_ends_with_the_job(aws: LocalAws) -> None:
    waiter = aws.sagemaker.get_waiter("processing_job_completed_or_stopped")
    name, stopped = aws.process("print('done')"), aws.process(ENDLESS)
    waiter.wait(ProcessingJobName=name, WaiterConfig=SOON)
    assert aws.sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "Completed"
    aws.sagemaker.stop_processing_job(ProcessingJobName=stopped)
    waiter.wait(ProcessingJobName=stopped, WaiterConfig=SOON)
    assert aws.sagemaker.describe_processing_job(ProcessingJobName=stopped)["ProcessingJobStatus"] == "Stopped"


@pytest.mark.documented("botocore waiters: Failed is a failure")
def test_the_waiters_raise_for_a_failed_job(aws: LocalAws) -> None:
    training, processing = aws.train("exit(1)"), aws.process("exit(1)")
    with pytest.raises(WaiterError, match="terminal failure state"):
        aws.sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=training, WaiterConfig=SOON)
    with pytest.raises(WaiterError, match="terminal failure state"):
        aws.sagemaker.get_waiter("processing_job_completed_or_stopped").wait(
            ProcessingJobName=processing, WaiterConfig=SOON
        )


@pytest.mark.documented("botocore waiters: ValidationException is a failure")
def test_the_waiters_raise_at_once_for_a_job_that_does_not_exist(aws: LocalAws) -> None:
    name, once = unique("none"), {"Delay": 600, "MaxAttempts": 2}
    with pytest.raises(WaiterError, match="terminal failure state"):
        aws.sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig=once)
    with pytest.raises(WaiterError, match="terminal failure state"):
        aws.sagemaker.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName=name, WaiterConfig=once)
