from datetime import timedelta

import pytest
from airflow.sdk.exceptions import AirflowFailException

from mlops_sagemaker.operators import base
from mlops_sagemaker.operators.report import SageMakerReportOperator
from mlops_sagemaker.requests import Input, Instances, Output, ProcessingJob
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws
from tests.unit.mlops_sagemaker.operators.test_base import deferral_of, resume

JOB = ProcessingJob(
    module="abalone",
    arguments=["report"],
    image="image",
    code="s3://b/code/",
    role_arn="arn:aws:iam::000000000000:role/jobs",
    instances=Instances("ml.m5.large"),
    max_runtime=timedelta(hours=1),
    inputs=[Input("evaluation", "s3://b/evaluate/")],
    outputs=[Output("page", "s3://b/report/")],
)
NAME, PAGE = "report.html", "s3://b/report/report.html"


@pytest.fixture
def aws(aws: FakeAws) -> FakeAws:
    aws.objects[PAGE.removeprefix("s3://")] = b"<html>"
    return aws


@pytest.fixture(autouse=True)
def short_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "WORKER_POLL_SECONDS", 0.01)


def test_the_page_is_linked_once_the_job_has_written_it(aws: FakeAws) -> None:
    operator = SageMakerReportOperator(task_id="report", job=JOB, page=NAME)
    context = context_for(operator)
    assert operator.execute(context)["page"] == PAGE
    assert context["ti"].pushed["_link_PageLink"] == f"{aws.url}/b/report/report.html"


def test_a_page_whose_job_was_waited_for_deferred_is_linked_too(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    operator = SageMakerReportOperator(task_id="report", job=JOB, page=NAME, worker_wait=timedelta(0))
    context = context_for(operator)
    deferred = deferral_of(operator, context)
    assert "_link_PageLink" not in context["ti"].pushed
    (job,) = aws.jobs.values()
    job["_statuses"] = ["Completed"]
    assert resume(operator, deferred, context)["page"] == PAGE
    assert "_link_PageLink" in context["ti"].pushed


def test_browsers_are_told_that_it_is_a_page(aws: FakeAws) -> None:
    operator = SageMakerReportOperator(task_id="report", job=JOB, page=NAME)
    operator.execute(context_for(operator))
    (asked,) = aws.asked("CopyObject")
    headers = {name.lower(): value for name, value in asked["headers"].items()}
    assert (headers["x-amz-copy-source"], asked["name"]) == ("b/report/report.html", "b/report/report.html")
    assert headers["x-amz-metadata-directive"] == "REPLACE"
    assert headers["content-type"].startswith("text/html")


def test_a_job_that_wrote_no_page_is_no_success(aws: FakeAws) -> None:
    del aws.objects[PAGE.removeprefix("s3://")]
    operator = SageMakerReportOperator(task_id="report", job=JOB, page=NAME)
    with pytest.raises(AirflowFailException, match=r"there is no page at s3://b/report/report\.html"):
        operator.execute(context_for(operator))
