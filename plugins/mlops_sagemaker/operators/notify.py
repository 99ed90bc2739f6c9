"""Tell people, each thing once, and where to look."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from airflow.sdk import Context, Variable
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import links, naming, notices, uris
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.errors import LifecycleError
from mlops_sagemaker.hook import LifecycleHook
from mlops_sagemaker.notices import Notice
from mlops_sagemaker.operators.base import LifecycleOperator, task_key
from mlops_sagemaker.operators.resolve import RELEASE_URI

TOPIC_VARIABLE = "nightshift_topic"
"""The Airflow Variable that holds the ARN of the SNS topic which every notice goes to; without it none does."""
TOPIC = "{{ var.value.get('" + TOPIC_VARIABLE + "', '') }}"

Notifier = Callable[[Context], object]
"""An Airflow notifier, or any function of a context. The context holds the `notices.Notice` as ``notice``."""
Delivery = Callable[[], object]


class TellingOperator(LifecycleOperator):
    """Write notices into the log, hand them to SNS and to the ``notifiers``, and return them; skip if there are none.

    If one cannot deliver, the others are told all the same; then the task fails, and a retry tells those that have not
    been told yet.

    :param notifiers: who is told besides the topic.
    :param topic: ARN of the SNS topic, empty for none.
    :param release_uri: S3 URI of the release manifest; what was delivered is written down in its bucket.
    """

    template_fields = aws_template_fields("topic", "release_uri")

    def __init__(
        self,
        *,
        notifiers: Sequence[Notifier] = (),
        topic: str = TOPIC,
        release_uri: str = RELEASE_URI,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.notifiers = notifiers
        self.topic = topic
        self.release_uri = release_uri

    def notices(self, context: Context) -> list[Notice]:
        """What is told."""
        raise NotImplementedError

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Tell; the notices as JSON."""
        page = links.run_page(context["ti"].dag_id, context["run_id"])
        told = [notice.at(page) for notice in self.notices(context)]
        if not told:
            raise AirflowSkipException("nothing to tell")
        for number, notice in enumerate(told):
            self.log.info("%s\n%s", notice.subject, notice.text)
            self._tell(context, notice, number)
        return [notice.document() for notice in told]

    def _tell(self, context: Context, notice: Notice, number: int) -> None:
        deliveries = _deliveries(self.hook, self.topic, self.notifiers, context, notice)
        if deliveries:
            bucket, _ = uris.parse(self.release_uri)
            once = uris.join(f"s3://{bucket}", "notices", naming.digest([asdict(task_key(context)), number]))
            _deliver([_once(self.hook, uris.join(once, f"{each}.json"), d) for each, d in enumerate(deliveries)])


class NotifyOperator(TellingOperator):
    """Sum up a run of the training DAG; see TellingOperator.

    :param run: the ``output`` of the ResolveRunOperator.
    :param verdict: the ``output`` of the MetricGateOperator.
    :param version: the ``output`` of the RegisterModelOperator, None if it was skipped.
    :param baseline: the ``output`` of the RebaselineOperator, None if it was skipped.
    :param models: by candidate the URI of its model, empty for one that could not be trained.
    :param page: URI of the report for people.
    """

    template_fields = (*TellingOperator.template_fields, "run", "verdict", "version", "baseline", "models", "page")

    def __init__(
        self,
        *,
        run: Any,
        verdict: Any,
        version: Any,
        baseline: Any,
        models: Mapping[str, str],
        page: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run: dict[str, Any] = run
        self.verdict: dict[str, Any] = verdict
        self.version: dict[str, Any] | None = version
        self.baseline: dict[str, Any] | None = baseline
        self.models = models
        self.page = page

    def notices(self, context: Context) -> list[Notice]:
        """One, whatever the run came to."""
        dag_id = context["ti"].dag_id
        found = self.verdict, self.version, self.baseline
        return [notices.of_run(dag_id, self.run, *found, self.models, self.page)]


class NotifyDriftOperator(TellingOperator):
    """Tell of what a window of production's traffic has led to; see TellingOperator.

    :param decision: the ``output`` of the DecideDriftOperator.
    """

    template_fields = (*TellingOperator.template_fields, "decision")

    def __init__(self, *, decision: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decision: dict[str, Any] = decision

    def notices(self, context: Context) -> list[Notice]:
        """None in most hours."""
        return notices.of_window(context["ti"].dag_id, self.decision)


class NotifyIngestionOperator(TellingOperator):
    """Tell of files that were refused; see TellingOperator.

    :param settled: the ``output`` of the SettleIngestionOperator.
    """

    template_fields = (*TellingOperator.template_fields, "settled")

    def __init__(self, *, settled: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settled: dict[str, Any] = settled

    def notices(self, context: Context) -> list[Notice]:
        """None if all were taken."""
        return notices.of_ingestion(context["ti"].dag_id, self.settled)


class NotifyStepOperator(TellingOperator):
    """Tell that a run has come so far; see TellingOperator.

    :param outcome: what has happened.
    :param subject: one line (a template).
    :param text: the rest (a template).
    :param unless: not empty: nothing is told (a template).
    """

    template_fields = (*TellingOperator.template_fields, "subject", "text", "unless")

    def __init__(self, *, outcome: notices.Outcome, subject: str, text: str, unless: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.outcome = outcome
        self.subject = subject
        self.text = text
        self.unless = unless

    def notices(self, context: Context) -> list[Notice]:
        """One, unless that is not wanted."""
        if self.unless:
            return []
        return [Notice(self.outcome, f"{context['ti'].dag_id}: {self.subject}", self.text)]


def told_of_failure(notifiers: Sequence[Notifier]) -> Callable[[Context], None]:
    """A callback for DAGs that tells the topic and the notifiers of a run that failed. Airflow calls it once."""

    def failed(context: Context) -> None:
        # A run none of whose tasks has run has no task instance.
        dag_id, run_id = context["dag"].dag_id, context["run_id"]
        reason = str(context.get("reason") or "a task failed")
        last = f"; its last task: {context['ti'].task_id}" if "ti" in context else ""
        notice = notices.of_failure(dag_id, run_id, reason + last).at(links.run_page(dag_id, run_id))
        topic = str(Variable.get(TOPIC_VARIABLE, default=""))
        _deliver(_deliveries(LifecycleHook(), topic, notifiers, context, notice))

    return failed


def _deliveries(
    hook: LifecycleHook, topic: str, notifiers: Sequence[Notifier], context: Context, notice: Notice
) -> list[Delivery]:
    """What tells each of those that are to be told, in an order that stays."""
    told: Any = {**context, "notice": notice}
    published = [partial(hook.publish, topic, notice.subject, notice.text)] if topic else []
    return [*published, *(partial(notifier, told) for notifier in notifiers)]


def _once(hook: LifecycleHook, mark: str, deliver: Delivery) -> Delivery:
    """The delivery, but none if there is a ``mark`` that it was made."""

    def delivered() -> None:
        if hook.read(mark) is None:
            deliver()
            hook.write_once(mark, {"delivered": True})

    return delivered


def _deliver(deliveries: Sequence[Delivery]) -> None:
    """Make them all. Raises LifecycleError if some failed."""
    errors = []
    for deliver in deliveries:
        try:
            deliver()
        except Exception as error:
            errors.append(error)
    if errors:
        problems = "; ".join(map(repr, errors))
        raise LifecycleError(f"{len(errors)} of {len(deliveries)} could not be told: {problems}") from errors[0]
