"""The page that our SageMakerReportOperator leaves, as a browser gets it."""

from __future__ import annotations

from datetime import timedelta
from urllib.request import urlopen

import pytest

from mlops_sagemaker.operators.report import SageMakerReportOperator
from mlops_sagemaker.requests import Instances, Output, ProcessingJob
from tests.support.local_aws import BUCKET, IMAGE, ROLE, LocalAws, unique
from tests.unit.mlops_sagemaker.contexts import context_for

PROGRAM = "from pathlib import Path; Path('/opt/ml/processing/output/report.html').write_text('<p>told</p>')"


@pytest.mark.local_only
def test_a_browser_shows_the_page_that_the_task_leads_to(aws: LocalAws) -> None:
    name = unique("report")
    aws.put(f"{name}/code/pager.py", PROGRAM)
    job = ProcessingJob(
        module="pager",
        arguments=["report"],
        image=IMAGE,
        code=f"s3://{BUCKET}/{name}/code/",
        role_arn=ROLE,
        instances=Instances("ml.m5.large"),
        max_runtime=timedelta(minutes=5),
        inputs=[],
        outputs=[Output("page", f"s3://{BUCKET}/{name}/report/")],
    )
    operator = SageMakerReportOperator(task_id="report", job=job, page="report.html", worker_wait=timedelta(minutes=1))
    context = context_for(operator)
    assert operator.execute(context)["page"] == f"s3://{BUCKET}/{name}/report/report.html"
    with urlopen(context["ti"].pushed["_link_PageLink"]) as answer:
        assert answer.read() == b"<p>told</p>"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
