"""People are told once, by SNS and by notifiers, whatever is repeated."""

from typing import Any

import pytest
from airflow.sdk import DAG, BaseNotifier
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker.errors import LifecycleError
from mlops_sagemaker.operators.notify import NotifyOperator, NotifyStepOperator, told_of_failure
from tests.unit.mlops_sagemaker.contexts import DAG_ID, RUN_ID, context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws
from tests.unit.mlops_sagemaker.test_notices import MODELS, RUN, VERDICT, VERSION

TOPIC = "arn:aws:sns:eu-north-1:000000000000:notices"
RELEASE = "s3://bucket/releases/current.json"
PAGE = "Run: http://localhost:8080/dags/abalone_training/runs/scheduled__2026-03-02T02%3A00%3A00%2B00%3A00"


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
    """One that cannot deliver, until ``there``."""

    there = False

    def notify(self, context: Any) -> None:
        if not self.there:
            raise ConnectionError("nobody there")


def notify(*notifiers: Any, topic: str = "") -> NotifyOperator:
    return NotifyOperator(
        task_id="notify",
        run=RUN,
        verdict=VERDICT,
        version=VERSION,
        baseline=None,
        models=MODELS,
        page="s3://b/report.html",
        notifiers=notifiers,
        topic=topic,
        release_uri=RELEASE,
    )


def test_the_summary_is_logged_and_returned(capsys: pytest.CaptureFixture[str]) -> None:
    operator = notify()
    (notice,) = operator.execute(context_for(operator))
    assert notice["outcome"] == "registered"
    assert notice["subject"] == ("abalone_training: version 7 registered, waits for approval, 1 of 3 candidates failed")
    assert notice["text"].splitlines()[-1] == PAGE
    assert notice["text"] in capsys.readouterr().out


def test_sns_is_told_in_words_that_it_takes(aws: FakeAws) -> None:
    operator = NotifyStepOperator(
        task_id="tell", outcome="promoted", subject="Größe\n" + "x" * 200, text="tëxt", topic=TOPIC, release_uri=RELEASE
    )
    operator.execute(context_for(operator))
    (call,) = aws.asked("Publish")
    assert call["TopicArn"] == TOPIC
    assert call["Subject"].startswith("abalone_training: Gr??e xxx")
    assert len(call["Subject"]) == 99
    assert call["Message"] == f"tëxt\n{PAGE}"


def test_all_are_told_even_if_one_fails_and_a_retry_tells_only_who_was_not(aws: FakeAws) -> None:
    sent: list[str] = []
    unreachable = Unreachable()
    operator = notify(Recorder(sent), unreachable, Recorder(sent), topic=TOPIC)
    with pytest.raises(LifecycleError, match=r"1 of 4 could not be told: .*nobody there"):
        operator.execute(context_for(operator))
    unreachable.there = True
    operator.execute(context_for(operator, try_number=2))
    assert len(sent) == 2
    assert sent[0].startswith("registered: abalone_training: version 7 registered")
    assert len(aws.asked("Publish")) == 1


def test_a_task_that_a_person_clears_tells_again(aws: FakeAws) -> None:
    for generation in (0, 1):
        operator = notify(topic=TOPIC)
        operator.execute(context_for(operator, generation=generation))
    assert len(aws.asked("Publish")) == 2


def test_nobody_is_told_what_is_not_wanted() -> None:
    operator = NotifyStepOperator(task_id="ask", outcome="approval needed", subject="s", text="t", unless="policy")
    with pytest.raises(AirflowSkipException, match="nothing to tell"):
        operator.execute(context_for(operator))


@pytest.mark.parametrize("began", [True, False])
def test_a_run_that_failed_is_told_of_with_its_last_task(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch, began: bool
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_NIGHTSHIFT_TOPIC", TOPIC)
    sent: list[str] = []
    context = {"dag": DAG(DAG_ID), "run_id": RUN_ID, "reason": "task_failure"}
    told_of_failure([Recorder(sent)])({**(context_for(notify()) if began else {}), **context})  # type: ignore[typeddict-item]
    assert sent == ["failed: abalone_training: run failed"]
    (call,) = aws.asked("Publish")
    assert call["Message"].splitlines() == [
        f"Run {RUN_ID} of abalone_training failed: task_failure" + ("; its last task: notify" if began else ""),
        PAGE,
    ]
