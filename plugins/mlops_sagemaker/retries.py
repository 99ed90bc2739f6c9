"""How long to wait before a task is tried again. For Airflow 3.3 and later; before, every retry waits alike."""

from datetime import timedelta
from typing import Any

from airflow.sdk.definitions.retry_policy import RetryAction, RetryDecision, RetryPolicy

from mlops_sagemaker.errors import Family, LifecycleError

CAPACITY_DELAY = timedelta(minutes=10)
"""Before the first retry when AWS has no instances or quota left; each further one waits that much longer."""


class FamilyRetryPolicy(RetryPolicy):
    """Capacity comes back in its own time; everything else waits as the task says."""

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        """Decide from the error's family."""
        if isinstance(exception, LifecycleError) and exception.family is Family.CAPACITY:
            delay = CAPACITY_DELAY * try_number
            return RetryDecision(action=RetryAction.RETRY, retry_delay=delay, reason="AWS has no capacity left")
        return RetryDecision(action=RetryAction.DEFAULT)
