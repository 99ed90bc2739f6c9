"""What the operators share: one job per step, waiting for it, and never leaving it behind."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from threading import Thread
from typing import Any, ClassVar

from airflow.sdk import BaseOperatorLink, Context
from airflow.sdk.exceptions import AirflowFailException, TaskDeferralError, TaskDeferralTimeout, TaskDeferred

from mlops_sagemaker import _compat, links, naming, requests
from mlops_sagemaker._compat import AwsBaseOperator, aws_template_fields, retry_settings
from mlops_sagemaker.errors import ApiError, Family, LifecycleError, TaskKilled, WaitFailed, WaitTimedOut
from mlops_sagemaker.hook import LifecycleHook, LogPositions
from mlops_sagemaker.jobs import JobKind
from mlops_sagemaker.ledger import Ledger
from mlops_sagemaker.naming import TaskKey
from mlops_sagemaker.operators import reuse
from mlops_sagemaker.resources import Description
from mlops_sagemaker.triggers.job import SageMakerJobTrigger

WORKER_POLL_SECONDS = 1.0


def task_key(context: Context) -> TaskKey:
    """Which task asks.

    ``max_tries`` counts on whenever a person clears the task (it becomes the tries so far plus ``retries``)
    and on both supported Airflows stays the same over retries, so the difference to ``retries`` is its
    generation. The run's own clear count would not do: clearing one mapped task must not make its neighbours
    buy their jobs again.
    """
    ti = context["ti"]
    map_index = -1 if ti.map_index is None else ti.map_index
    return TaskKey(ti.dag_id, ti.run_id, ti.task_id, map_index, ti.max_tries - (ti.task.retries or 0))


@contextmanager
def user_errors_are_final() -> Iterator[None]:
    """Let Airflow retry whatever may go better next time, and nothing else."""
    try:
        yield
    except LifecycleError as error:
        if error.family is Family.USER:
            raise AirflowFailException(str(error)) from error
        raise


def hook_arguments(task: Any) -> dict[str, Any]:
    """What the hook of a trigger needs to be the equal of that of ``task``, an operator or sensor."""
    return {
        "aws_conn_id": task.aws_conn_id,
        "region_name": task.region_name,
        "verify": task.verify,
        "config": task.botocore_config,
    }


def deadline_of(task: Any, context: Context, limit: float) -> float:
    """When ``task``, an operator or sensor, gives a wait up, in seconds since the epoch: at ``limit``, or when its try
    has taken its ``execution_timeout``. Airflow itself does not count the deferred time."""
    if task.execution_timeout is None:
        return limit
    return min(limit, float((context["ti"].start_date + task.execution_timeout).timestamp()))


class LifecycleOperator(AwsBaseOperator[LifecycleHook]):
    """An operator that reaches AWS through the LifecycleHook; capacity errors are retried later than others."""

    aws_hook_class = LifecycleHook

    def __init__(self, **kwargs: Any) -> None:
        if kwargs.get("retry_policy") is None:  # as every mapped task says that was not told of one
            kwargs |= retry_settings()
        super().__init__(**kwargs)


class SageMakerJobOperator(LifecycleOperator):
    """Run one SageMaker job and return what `JobKind.result` says of it.

    The job's name follows from the task and the request, so a task that is repeated after a crash finds its
    job: a running one is attached to, a finished one adopted, and only one that failed is followed by the
    next attempt. The first seconds are waited for in the worker, the rest in the triggerer; the job's log is
    followed into the task log. Whenever the task ends in anything but success, the job is told to stop; only
    when nothing is wrong with it but that AWS could not be reached or the wait itself failed, and tries are left, it is
    left to the next of them.

    With a ledger, a job whose code, image, parameters and inputs are those of an earlier success is not run: the result
    is the earlier one's, and ``reused`` in it says whose. A task that a person cleared runs its job all the same.

    :param job: what to run; its texts may be templates.
    :param ledger: S3 URI of the folder in which successes are recorded; empty: nothing is recorded or reused.
    :param anew: not empty: nothing is reused (a template, so text).
    :param worker_wait: how long to wait in the worker before deferring.
    :param poll_interval: time between two looks at the job while deferred.
    :param pending_timeout: how long the job may take beyond its own maximum runtime (waiting for instances,
        moving data) before the task gives it up.
    """

    kind: ClassVar[JobKind]
    template_fields = aws_template_fields("request", "ledger", "anew")
    template_fields_renderers: ClassVar[dict[str, str]] = {"request": "json"}
    operator_extra_links: Collection[BaseOperatorLink] = (*links.JOB_LINKS, links.OriginLink())

    _job_name: str | None = None
    _ti: Any = None
    _killer: Thread | None = None
    _tried_again = False
    _log_readable = True

    def __init__(
        self,
        *,
        job: requests.ProcessingJob | requests.TrainingJob | requests.TuningJob | requests.TransformJob,
        worker_wait: timedelta = timedelta(seconds=20),
        poll_interval: timedelta = timedelta(seconds=15),
        pending_timeout: timedelta = timedelta(hours=1),
        ledger: str = "",
        anew: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.request = job.request()
        self.max_runtime = job.max_runtime
        self.worker_wait = worker_wait
        self.poll_interval = poll_interval
        self.pending_timeout = pending_timeout
        self.ledger = ledger
        self.anew = anew

    def execute(self, context: Context) -> dict[str, Any]:
        """Reuse an earlier success, or obtain the job and wait for it here or, deferred, in the triggerer."""
        self._ti = context["ti"]
        defer_at = time.monotonic() + self.worker_wait.total_seconds()
        positions: LogPositions = {}
        with user_errors_are_final(), self._stopping_unless_done(context):
            key = task_key(context)
            attempt, description = self._latest_attempt(key)
            if description is None or self.kind.is_lost(description):
                step = reuse.step_key(self, self._final_request)
                earlier = self._earlier_success(step, key)
                if earlier is not None:
                    return reuse.take_over(self, earlier, context)
                description = self._create(key, attempt + 1)
            else:
                # What its inputs held when it was created is not known any more: it is not recorded.
                step = ""
                self.log.info("Found %s job %s, %s", self.kind.name, self._job_name, self.kind.status(description))
            links.show(context, self, self.kind, description)
            deadline = self._deadline(description, context)
            while not self.kind.is_terminal(description) and time.monotonic() < defer_at:
                self._check_alive(deadline)
                self._log_news(positions)
                time.sleep(WORKER_POLL_SECONDS)
                description = self._describe_patiently(description)
            self._log_news(positions)
            if not self.kind.is_terminal(description):
                self._check_alive(deadline)
                self._defer(deadline, positions, step)
            return self._done(description, step, context)

    def resume(
        self, context: Context, event: dict[str, Any], job_name: str, positions: LogPositions, step: str = ""
    ) -> dict[str, Any]:
        """Continue when the trigger has fired; *positions* is how far the log was read before the deferral, *step* the
        key under which a success is recorded."""
        self._ti, self._job_name = context["ti"], job_name
        with user_errors_are_final(), self._stopping_unless_done(context):
            self._log_news(event.get("positions", positions))
            description = self._describe()
            if not self.kind.is_terminal(description):
                raise self._gave_up(event)
            return self._done(description, step, context)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """As Airflow's, but a trigger that could not run or ran out of time leaves no job behind either."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout) as error:
            _, description = self._latest_attempt(task_key(context))
            if description and not self.kind.is_terminal(description) and not self._next_try_attaches(error, context):
                self._stop()
            raise

    def on_kill(self) -> None:
        """Stop the job, beside whatever the task is at; the task itself ends at its next look at the job.

        Airflow calls this in the middle of anything, and kills the task for good five seconds later.
        """
        killer = Thread(target=self._stop_unless_tried_again, daemon=True)
        killer.start()
        self._killer = killer  # the task waits for it as soon as it sees it: only what has started can be waited for

    def _stop_unless_tried_again(self) -> None:
        """What Airflow itself gives up and tries again is killed too, but its job is the next try's."""
        try:
            self._tried_again = _compat.is_tried_again(self._ti)
        except Exception as error:
            self.log.warning("Airflow does not say why the task is killed: %r", error)
        if not self._tried_again:
            self._stop()

    def _earlier_success(self, step: str, key: TaskKey) -> dict[str, Any] | None:
        return Ledger(self.hook, self.ledger).find(step) if step and not self.anew and key.generation == 0 else None

    def _done(self, description: Description, step: str, context: Context) -> dict[str, Any]:
        result = self._result(description)
        if step:
            Ledger(self.hook, self.ledger).record(step, asdict(task_key(context)), result)
        links.show(context, self, self.kind, description)  # what training leaves is told at its end only
        return result

    def _latest_attempt(self, key: TaskKey) -> tuple[int, Description | None]:
        """Number and description of the latest attempt, ``(0, None)`` if there is none."""
        attempt, latest = 0, None
        while description := self.hook.describe(self.kind, self._attempt_name(key, attempt + 1)):
            attempt, latest = attempt + 1, description
            self._job_name = self._attempt_name(key, attempt)
        return attempt, latest

    def _attempt_name(self, key: TaskKey, attempt: int) -> str:
        return naming.job_name(key, self._final_request, attempt, self.kind.max_name_length)

    @property
    def _final_request(self) -> dict[str, Any]:
        return requests.without_absent_inputs(self.request)

    def _create(self, key: TaskKey, attempt: int) -> Description:
        # Known before the call: a kill may come during it.
        name = self._job_name = self._attempt_name(key, attempt)
        try:
            self.hook.create(self.kind, name, self._final_request)
            self.log.info("Created %s job %s; its log: %s", self.kind.name, name, self.kind.log_hint(name))
        except ApiError as error:
            if error.code != "ResourceInUse":
                raise
            self.log.info("%s job %s exists already; attaching to it", self.kind.name, name)
        return self._describe()

    def _describe(self) -> Description:
        description = self.hook.describe(self.kind, str(self._job_name))
        if description is None:
            raise LifecycleError(f"SageMaker {self.kind.name} job {self._job_name} is gone; was it deleted?")
        return description

    def _describe_patiently(self, known: Description) -> Description:
        """The job's description; the ``known`` one while AWS throttles or cannot be reached."""
        try:
            return self._describe()
        except ApiError as error:
            if error.family is Family.USER:
                raise
            self.log.warning("Still waiting: %s", error)
            return known

    def _deadline(self, description: Description, context: Context) -> float:
        """When to give up, in seconds since the epoch; the same when the task is repeated or moved."""
        limit = description["CreationTime"] + self.max_runtime + self.pending_timeout
        return deadline_of(self, context, limit.timestamp())

    def _check_alive(self, deadline: float) -> None:
        if self._killer:
            raise TaskKilled(f"the task was killed while it waited for {self.kind.name} job {self._job_name}")
        if time.time() >= deadline:
            raise self._timed_out()

    def _defer(self, deadline: float, positions: LogPositions, step: str) -> None:
        trigger = SageMakerJobTrigger(
            kind=self.kind.name,
            job_name=str(self._job_name),
            deadline=deadline,
            poll_interval=self.poll_interval.total_seconds(),
            positions=positions,
            aws=hook_arguments(self),
        )
        arguments = {"job_name": self._job_name, "positions": positions, "step": step}
        self.defer(trigger=trigger, method_name="resume", kwargs=arguments)

    def _result(self, description: Description) -> dict[str, Any]:
        self._job_name = None  # it has ended: there is nothing left to stop
        if self.kind.is_lost(description):
            raise self.kind.failure(description)
        return self.kind.result(description)

    def _gave_up(self, event: dict[str, Any]) -> LifecycleError:
        if event["status"] == "timeout":
            return self._timed_out()
        return WaitFailed(f"waiting for {self.kind.name} job {self._job_name} failed: {event['message']}")

    def _timed_out(self) -> WaitTimedOut:
        name = str(self._job_name)
        return WaitTimedOut(
            f"SageMaker {self.kind.name} job {name} is not done in time; it is told to stop. "
            f"Raise max_runtime, pending_timeout or execution_timeout. Log: {self.kind.log_hint(name)}"
        )

    def _log_news(self, positions: LogPositions) -> None:
        """Copy what the job has logged meanwhile; a log that cannot be read is no reason to lose the job."""
        name = str(self._job_name)
        try:
            for line in self.hook.new_log_lines(self.kind, name, positions) if self._log_readable else ():
                self.log.info(line)
        except ApiError as error:
            self._log_readable = error.family is not Family.USER
            self.log.warning("Cannot follow the log in %s: %s", self.kind.log_hint(name), error)

    @contextmanager
    def _stopping_unless_done(self, context: Context) -> Iterator[None]:
        """Stop the job on any way out but success, deferral and the loss of AWS for this try."""
        try:
            yield
        except TaskDeferred:
            raise
        except BaseException as error:
            if not self._next_try_attaches(error, context):
                self._stop()
            raise

    def _next_try_attaches(self, error: BaseException, context: Context) -> bool:
        """Whether the job may go on unwatched: stopping it now would make the next try buy another."""
        unreachable = isinstance(error, ApiError) and error.family is not Family.USER
        unwatched = unreachable or isinstance(error, WaitFailed | TaskDeferralError)
        if self._killer:
            self._killer.join()
            return self._tried_again
        ti = context["ti"]
        return unwatched and ti.try_number <= ti.max_tries

    def _stop(self) -> None:
        """Tell the job to stop. Failing to do so must not hide why; its MaxRuntime ends it in any case."""
        if self._job_name is None:
            return
        self.log.info("Telling %s job %s to stop", self.kind.name, self._job_name)
        try:
            self.hook.stop(self.kind, self._job_name)
        except ApiError as error:
            self.log.error("%s job %s may still run, stop it by hand: %s", self.kind.name, self._job_name, error)
