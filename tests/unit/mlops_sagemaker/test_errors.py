import pytest

from mlops_sagemaker.errors import ApiError, Family, JobFailed


@pytest.mark.parametrize(
    ("status", "reason", "family"),
    [
        ("Failed", "AlgorithmError: bad column, exit code: 1", Family.USER),
        ("Failed", "ClientError: Data download failed", Family.USER),
        ("Failed", "No objective metrics found after running 5 training jobs.", Family.USER),
        ("Stopped", "", Family.USER),
        ("Failed", "CapacityError: Unable to provision requested ML compute capacity", Family.CAPACITY),
        ("Failed", "InternalServerError: We encountered an internal error.", Family.PLATFORM),
        ("Failed", "", Family.PLATFORM),
    ],
)
def test_the_reason_of_a_failed_job_says_who_can_help(status: str, reason: str, family: Family) -> None:
    assert JobFailed("training", "job", status, reason, "log").family is family


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("ValidationException", Family.USER),
        ("AccessDeniedException", Family.USER),
        ("ResourceLimitExceeded", Family.CAPACITY),
        ("ThrottlingException", Family.PLATFORM),
        ("EndpointConnectionError", Family.PLATFORM),
    ],
)
def test_the_code_of_an_api_error_says_who_can_help(code: str, family: Family) -> None:
    assert ApiError("create_training_job", code, "").family is family


def test_a_failed_job_tells_kind_name_status_reason_and_log() -> None:
    error = JobFailed("training", "abalone-train-1", "Failed", "AlgorithmError: no", "group G")
    assert str(error) == "SageMaker training job abalone-train-1 ended as Failed: AlgorithmError: no. Log: group G"
