"""Tell people what came of a run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context

from mlops_sagemaker import notices
from mlops_sagemaker.errors import LifecycleError

Notifier = Callable[[Context], object]
"""An Airflow notifier, or any function of a context. The context holds the `notices.Notice` as ``notice``."""


class NotifyOperator(BaseOperator):
    """Write one summary of the run into the log, hand it to the ``notifiers``, and return it.

    If a notifier cannot deliver, the others are told all the same; then the task fails, and a retry tells all again.

    :param run: the ``output`` of the ResolveRunOperator.
    :param verdict: the ``output`` of the MetricGateOperator.
    :param version: the ``output`` of the RegisterModelOperator, None if it was skipped.
    :param models: by candidate the URI of its model, empty for one that could not be trained.
    :param page: URI of the report for people.
    :param notifiers: who else is told.
    """

    template_fields = ("run", "verdict", "version", "models", "page")

    def __init__(
        self,
        *,
        run: Any,
        verdict: Any,
        version: Any,
        models: Mapping[str, str],
        page: str,
        notifiers: Sequence[Notifier] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run: dict[str, Any] = run
        self.verdict: dict[str, Any] = verdict
        self.version: dict[str, Any] | None = version
        self.models = models
        self.page = page
        self.notifiers = notifiers

    def execute(self, context: Context) -> dict[str, Any]:
        """Tell; the notice as JSON."""
        dag_id = context["ti"].dag_id
        notice = notices.of_run(dag_id, self.run, self.verdict, self.version, self.models, self.page)
        self.log.info("%s\n%s", notice.subject, notice.text)
        tell(self.notifiers, context, notice)
        return notice.document()


def tell(notifiers: Sequence[Notifier], context: Context, notice: notices.Notice) -> None:
    """Hand the notice to all. Raises LifecycleError if that failed for some."""
    errors = []
    for notifier in notifiers:
        try:
            notifier({**context, "notice": notice})  # type: ignore[typeddict-unknown-key]
        except Exception as error:
            errors.append(error)
    if errors:
        problems = "; ".join(map(repr, errors))
        raise LifecycleError(f"{len(errors)} of {len(notifiers)} notifiers could not deliver: {problems}") from errors[
            0
        ]


def told_of_failure(notifiers: Sequence[Notifier]) -> Callable[[Context], None]:
    """A callback for DAGs that hands the notice of a run that failed to all."""

    def failed(context: Context) -> None:
        run, reason = context["dag_run"], str(context.get("reason") or "a task failed")
        tell(notifiers, context, notices.of_failure(run.dag_id, run.run_id, reason))

    return failed
