"""What the sensors share: one look in the worker, then the triggerer."""

import time
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSensorTimeout

from mlops_sagemaker._compat import AwsBaseSensor
from mlops_sagemaker.errors import LifecycleError, WaitTimedOut
from mlops_sagemaker.hook import LifecycleHook
from mlops_sagemaker.operators.base import deadline_of, hook_arguments, user_errors_are_final
from mlops_sagemaker.triggers.base import WaitTrigger


class LifecycleSensor(AwsBaseSensor[LifecycleHook]):
    """Succeeds with a small JSON value once something is so; fails where it never can be.

    ``timeout`` and ``execution_timeout`` count from the start of the try, deferred or not: after the first the task
    fails for good, after the second it is tried again. ``poke_interval`` is the triggerer's.
    """

    aws_hook_class = LifecycleHook

    def look(self) -> Any | None:
        """The sensor's value, None while it is not so. Raises UserError where it never can be."""
        raise NotImplementedError

    def trigger(self, **waiting: Any) -> WaitTrigger:
        """What waits; ``waiting`` is what every WaitTrigger takes."""
        raise NotImplementedError

    def execute(self, context: Context) -> Any:
        """Look, and defer if it is not so yet."""
        with user_errors_are_final():
            return self._look_or_defer(context, time.time() + self.timeout)

    def resume(self, context: Context, event: dict[str, Any], limit: float) -> Any:
        """Continue when the trigger has fired."""
        with user_errors_are_final():
            if event["status"] == "error":
                raise LifecycleError(f"waiting failed: {event['message']}")
            return self._look_or_defer(context, limit)

    def _look_or_defer(self, context: Context, limit: float) -> Any:
        value = self.look()
        if value is not None:
            return value
        deadline = deadline_of(self, context, limit)
        if time.time() >= limit:
            raise AirflowSensorTimeout(f"not so after {self.timeout:.0f} s: {self.task_id}")
        if time.time() >= deadline:
            raise WaitTimedOut(f"not so within the execution_timeout of {self.execution_timeout}: {self.task_id}")
        trigger = self.trigger(deadline=deadline, poll_interval=self.poke_interval, aws=hook_arguments(self))
        self.defer(trigger=trigger, method_name="resume", kwargs={"limit": limit})
        return None
