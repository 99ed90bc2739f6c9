from datetime import timedelta

import pytest
from airflow.sdk.definitions.retry_policy import RetryAction

from mlops_sagemaker.errors import ApiError, JobFailed
from mlops_sagemaker.operators.jobs import SageMakerTrainingJobOperator
from mlops_sagemaker.retries import CAPACITY_DELAY, FamilyRetryPolicy
from tests.unit.mlops_sagemaker.operators.test_base import TRAINING

CAPACITY = JobFailed("training", "job", "Failed", "CapacityError: Unable to provision", "log")


@pytest.mark.parametrize("error", [CAPACITY, ApiError("create_training_job", "ResourceLimitExceeded", "quota")])
def test_capacity_is_waited_for_longer_from_try_to_try(error: Exception) -> None:
    delays = [FamilyRetryPolicy().evaluate(error, tries, 5).retry_delay for tries in (1, 2)]
    assert delays == [CAPACITY_DELAY, 2 * CAPACITY_DELAY]


@pytest.mark.parametrize("error", [ApiError("create_training_job", "InternalFailure", "x"), ValueError("x")])
def test_everything_else_waits_as_the_task_says(error: Exception) -> None:
    assert FamilyRetryPolicy().evaluate(error, 1, 5).action is RetryAction.DEFAULT


class Own(FamilyRetryPolicy):
    """A user's."""


def test_every_operator_retries_so_unless_told_otherwise() -> None:
    operator = SageMakerTrainingJobOperator(task_id="train", job=TRAINING, retry_delay=timedelta(seconds=1))
    assert type(operator.retry_policy) is FamilyRetryPolicy
    assert type(SageMakerTrainingJobOperator(task_id="train", job=TRAINING, retry_policy=Own()).retry_policy) is Own


def test_a_mapped_task_retries_so_too() -> None:
    mapped = SageMakerTrainingJobOperator.partial(task_id="train").expand(job=[TRAINING])
    assert type(mapped.unmap({"job": TRAINING}).retry_policy) is FamilyRetryPolicy
