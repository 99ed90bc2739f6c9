from typing import Any

import pytest
from airflow.sdk import BaseNotifier

from mlops_sagemaker.errors import LifecycleError
from mlops_sagemaker.operators.notify import NotifyOperator, told_of_failure
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.test_notices import MODELS, RUN, VERDICT, VERSION


class Recorder(BaseNotifier):
    """A user's notifier, with a template as those of Airflow's providers have them."""

    template_fields = ("message",)

    def __init__(self, sent: list[str]) -> None:
        super().__init__()
        self.message = "{{ notice.outcome }}: {{ notice.subject }}"
        self.sent = sent

    def notify(self, context: Any) -> None:
        self.sent.append(self.message)


class Unreachable(BaseNotifier):
    """One that cannot deliver."""

    def notify(self, context: Any) -> None:
        raise ConnectionError("nobody there")


def notify(*notifiers: Any) -> NotifyOperator:
    return NotifyOperator(
        task_id="notify",
        run=RUN,
        verdict=VERDICT,
        version=VERSION,
        models=MODELS,
        page="s3://b/report.html",
        notifiers=notifiers,
    )


def test_the_summary_is_logged_and_returned(capsys: pytest.CaptureFixture[str]) -> None:
    operator = notify()
    notice = operator.execute(context_for(operator))
    assert notice["outcome"] == "registered"
    assert notice["subject"] == "abalone_training: version 7 registered, 1 of 3 candidates failed"
    assert notice["text"] in capsys.readouterr().out


def test_every_notifier_is_told_even_if_one_fails_and_that_is_no_success() -> None:
    sent: list[str] = []
    operator = notify(Recorder(sent), Unreachable(), Recorder(sent))
    with pytest.raises(LifecycleError, match=r"1 of 3 notifiers could not deliver: .*nobody there"):
        operator.execute(context_for(operator))
    assert sent == ["registered: abalone_training: version 7 registered, 1 of 3 candidates failed"] * 2


def test_notifiers_are_told_of_a_run_that_failed() -> None:
    sent: list[str] = []
    told_of_failure([Recorder(sent)])(context_for(notify()) | {"reason": "task_failure"})  # type: ignore[arg-type]
    assert sent == ["failed: abalone_training: run failed"]
