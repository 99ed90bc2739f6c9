"""The scoring DAG's tasks, rendered by Airflow and run in order against an AWS of HTTP answers."""

import json
from typing import Any

import pytest
from airflow.sdk.definitions.param import process_params
from airflow.sdk.exceptions import ParamValidationError

from lifecycle.scoring import scoring_dag
from tests.dags.lifecycle.declared import declared
from tests.dags.lifecycle.test_training import RELEASE, Variables, inputs, outputs
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

STEPS = ("resolve", "select", "transform", "collect")
SHA = "ab" * 32
ARN = "arn:aws:sagemaker:eu-north-1:000000000000:model-package/rings/3"
ENDED = 1772500000.0


@pytest.fixture
def deployed(aws: FakeAws) -> FakeAws:
    steps = {step: {"uri": f"s3://bucket/code/{step}/", "sha256": SHA} for step in ("select", "collect")}
    code = {"rings": {"uri": "s3://bucket/code/rings/", "sha256": SHA, "steps": steps}}
    release = {**RELEASE, "code": code, "images": {"inference": {"uri": "registry/inference:1", "sha256": SHA}}}
    champion = {"model_package_arn": ARN, "version": 3, "model_name": "rings-1"}
    aws.objects["bucket/releases/current.json"] = json.dumps(release).encode()
    aws.objects["bucket/rings/champion.json"] = json.dumps({"champion": champion, "previous": None}).encode()
    aws.objects["bucket/rings/data/day=2026-03-01/a.csv"] = b"rings"
    properties = {"model_data": "s3://bucket/model.tar.gz"}
    aws.packages.append(
        {"ModelPackageArn": ARN, "ModelPackageGroupName": "rings", "CustomerMetadataProperties": properties}
    )
    aws.ending = {"TransformEndTime": ENDED}
    return aws


class Run:
    """A run of the scoring DAG: what its tasks returned, and the requests of their jobs."""

    def __init__(self, aws: FakeAws, **conf: Any) -> None:
        self.xcoms: dict[str, Any] = {}
        self.aws, self.conf = aws, conf
        self.dag = scoring_dag(declared())

    def execute(self, *task_ids: str) -> Any:
        for task_id in task_ids:
            task = self.dag.get_task(task_id)
            context = context_for(task, xcoms=self.xcoms)
            context["dag"], context["dag_run"].conf = self.dag, self.conf
            context["params"] = process_params(self.dag, task, self.conf, suppress_exception=False)
            context["var"] = {"value": Variables()}
            task.render_template_fields(context)
            self.xcoms[task_id] = context["ti"].task.execute(context)
        return self.xcoms[task_ids[-1]]

    def job(self, step: str) -> Any:
        return self.aws.jobs[self.xcoms[step]["job_name"]]


def test_the_champion_predicts_the_rows_that_were_selected_and_sees_no_number(deployed: FakeAws) -> None:
    run = Run(deployed)
    run.execute(*STEPS)
    folder = run.xcoms["resolve"]["run_uri"]
    assert inputs(run.job("select")) == {
        "data": f"{folder}/manifest.json",
        "model": "s3://bucket/model.tar.gz",
        "code": "s3://bucket/code/select/",
    }
    transform = run.job("transform")
    assert transform["ModelName"] == "rings-1"
    selected = outputs(run.job("select"))
    assert transform["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] == selected["rows"]
    assert transform["DataProcessing"] == {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}


def test_the_predictions_of_a_day_go_to_its_partition_with_version_and_time(deployed: FakeAws) -> None:
    run = Run(deployed)
    run.execute(*STEPS)
    job = run.job("collect")
    folder = run.xcoms["resolve"]["run_uri"]
    assert outputs(job) == {"predictions": "s3://bucket/rings/predictions/day=2026-03-01/"}
    assert inputs(job) == {
        "keys": f"{folder}/select/keys/",
        "predictions": f"{folder}/transform/",
        "code": "s3://bucket/code/collect/",
    }
    said = ["collect", "--version=3", f"--package={ARN}", "--predicted-at=2026-03-03T01:06:40+00:00"]
    assert job["AppSpecification"]["ContainerArguments"] == said
    assert job["AppSpecification"]["ImageUri"] == "registry/inference:1"


def test_the_form_asks_for_a_day(deployed: FakeAws) -> None:
    deployed.objects["bucket/rings/data/day=2026-02-01/a.csv"] = b"rings"
    assert Run(deployed, day="2026-02-01").execute("resolve")["day"] == "2026-02-01"
    with pytest.raises(ParamValidationError):
        Run(deployed, day="February").execute("resolve")
