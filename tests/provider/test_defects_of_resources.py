"""As `test_defects_of_jobs.py`, of models, endpoints, the registry and the gate."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerConditionOperator,
    SageMakerEndpointConfigOperator,
    SageMakerEndpointOperator,
    SageMakerModelOperator,
    SageMakerRegisterModelVersionOperator,
)
from airflow.providers.common.compat.sdk import AirflowException, TaskDeferred
from botocore.exceptions import ClientError

from mlops_sagemaker.gates import Policy
from mlops_sagemaker.operators import hosting as own
from mlops_sagemaker.operators.gate import MetricGateOperator
from mlops_sagemaker.operators.register import RegisterModelOperator
from mlops_sagemaker.operators.registry import ModelApprovalOperator
from mlops_sagemaker.rules import Threshold
from tests.provider.sides import Request
from tests.provider.tasks import INTERVAL, run
from tests.support.hosting import SERVING, Hosting, variant
from tests.support.local_aws import BUCKET, IMAGE, ROLE, LocalAws, unique
from tests.unit.mlops_sagemaker.operators.test_register import GATE, RUN, job
from tests.unit.mlops_sagemaker.reports import with_value

pytestmark = pytest.mark.documented("apache-airflow-providers-amazon: SageMaker operators")


class Stock:
    """The amazon provider's operators, as they come."""

    has_the_defect = True

    def model(self, name: str, request: dict[str, Any]) -> Any:
        return SageMakerModelOperator(task_id="model", config={"ModelName": name, **request})

    def endpoint_config(self, name: str, request: dict[str, Any]) -> Any:
        return SageMakerEndpointConfigOperator(task_id="config", config={"EndpointConfigName": name, **request})

    def endpoint(self, name: str, config: str, **arguments: Any) -> Any:
        names = {"EndpointName": name, "EndpointConfigName": config}
        return SageMakerEndpointOperator(
            task_id="endpoint", config=names, operation="update", check_interval=INTERVAL, **arguments
        )

    def register(self, aws: LocalAws, group: str, description: str, quality: str) -> Any:
        statistics = {"ContentType": "application/json", "S3Uri": f"{quality}/xgboost/statistics.json"}
        return SageMakerRegisterModelVersionOperator(
            task_id="register",
            image_uri=IMAGE,
            model_url="s3://bucket/model.tar.gz",
            package_group_name=group,
            package_group_desc=description,
            extras={"ModelMetrics": {"ModelQuality": {"Statistics": statistics}}},
        )

    def approval(self, aws: LocalAws, group: str, status: str) -> Any:
        return SageMakerRegisterModelVersionOperator(
            task_id="approve", image_uri=IMAGE, model_url="s3://b/m.tar.gz", package_group_name=group,
            model_approval=status,
        )  # fmt: skip

    def lets_through(self, aws: LocalAws, report: dict[str, Any]) -> bool:
        mse = report["candidates"]["xgboost"]["regression_metrics"]["mse"]["value"]
        worse = {"type": "LessThanOrEqualTo", "left_value": 5.0, "right_value": mse}
        condition = SageMakerConditionOperator(
            task_id="gate", conditions=[{"type": "Not", "condition": worse}], if_task_ids="yes", else_task_ids="no"
        )
        return bool(condition.choose_branch({}) == ["yes"])


class Own:
    """The operators of this project."""

    has_the_defect = False

    def model(self, name: str, request: dict[str, Any]) -> Any:
        return own.SageMakerModelOperator(task_id="model", prefix=name, request=Request(request))

    def endpoint_config(self, name: str, request: dict[str, Any]) -> Any:
        return own.SageMakerEndpointConfigOperator(task_id="config", prefix=name, request=Request(request))

    def endpoint(self, name: str, config: str, **arguments: Any) -> Any:
        wait = {"worker_wait": timedelta(minutes=5)}
        return own.SageMakerEndpointOperator(
            task_id="endpoint", endpoint_name=name, config_name=config, **wait, **arguments
        )

    def register(self, aws: LocalAws, group: str, description: str, quality: str) -> Any:
        for name in ("statistics", "constraints"):
            aws.put(f"{group}/quality/xgboost/{name}.json", "{}")
        return RegisterModelOperator(
            task_id="register",
            group=group,
            group_description=description,
            gate=GATE,
            run={**RUN, "image": {"uri": IMAGE, "sha256": "1" * 64}},
            models={"xgboost": aws.put(f"{group}/model.tar.gz", b"model")},
            quality=quality,
            data_quality=f"{quality}/xgboost",
            page=f"s3://{BUCKET}/{group}/report.html",
            jobs=["train"],
        )

    def approval(self, aws: LocalAws, group: str, status: str) -> Any:
        aws.sagemaker.create_model_package_group(ModelPackageGroupName=group)
        arn = aws.sagemaker.create_model_package(
            ModelPackageGroupName=group, ModelApprovalStatus="PendingManualApproval"
        )["ModelPackageArn"]
        return ModelApprovalOperator(task_id="approve", package=arn, status=status, description="good")

    def lets_through(self, aws: LocalAws, report: dict[str, Any]) -> bool:
        folder = unique("gate")
        gate = MetricGateOperator(
            task_id="gate",
            policy=Policy(metric="mse", rules=(Threshold(metric="mse", bound=5.0),)),
            threshold="",
            champion="",
            report=aws.put(f"{folder}/report.json", json.dumps(report)),
            record=f"s3://test-bucket/{folder}/gate.json",
        )
        return bool(run(gate)["passed"])


Side = Stock | Own


@pytest.fixture(params=[Stock(), Own()], ids=["stock", "own"])
def side(request: pytest.FixtureRequest) -> Side:
    return request.param  # type: ignore[no-any-return]


def trained(group: str) -> dict[str, Any]:
    """What the task that trained a group's model has left."""
    return {"train": job("training-job", 30, 20, f"s3://{BUCKET}/{group}/model.tar.gz")}


def versions(aws: LocalAws, group: str) -> list[dict[str, Any]]:
    listed = aws.sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    return [aws.sagemaker.describe_model_package(ModelPackageName=each["ModelPackageArn"]) for each in listed]


@pytest.mark.parametrize("kind", ["model", "endpoint_config"])
def test_a_task_that_is_repeated_fails_over_what_it_has_made(hosting: Hosting, side: Side, kind: str) -> None:
    """Defect 1."""
    requests = {
        "model": {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": SERVING}},
        "endpoint_config": {"ProductionVariants": [variant(hosting.model())]},
    }
    name = unique("again")
    make = getattr(side, kind)
    run(make(name, requests[kind]))
    failed = False
    try:
        run(make(name, requests[kind]))
    except ClientError as error:
        failed = "already existing" in str(error)
    assert failed is side.has_the_defect


def test_the_report_of_a_run_cannot_be_registered(aws: LocalAws, side: Side) -> None:
    """Defect 9: what only a run knows is a template."""
    group = unique("group")
    task = side.register(aws, group, "models", f"s3://{BUCKET}/{group}/{{{{ folder }}}}")
    task.render_template_fields({"folder": "quality"})
    run(task, xcoms=trained(group))
    (version,) = versions(aws, group)
    literal = "{{ folder }}" in version["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    assert literal is side.has_the_defect


def test_the_approval_of_a_run_cannot_be_given(aws: LocalAws, side: Side) -> None:
    """Defect 9."""
    group = unique("group")
    task = side.approval(aws, group, "{{ decision }}")
    task.render_template_fields({"decision": "Approved"})
    failed = False
    try:
        run(task)
    except AttributeError:
        failed = True
    assert failed is side.has_the_defect
    assert ("Approved" not in [each["ModelApprovalStatus"] for each in _of(aws, group)]) is side.has_the_defect


def _of(aws: LocalAws, group: str) -> list[dict[str, Any]]:
    """The versions of a group that may not be there."""
    try:
        return versions(aws, group)
    except ClientError:
        return []


def test_the_description_of_a_group_is_dropped(aws: LocalAws, side: Side) -> None:
    """Defect 10."""
    group = unique("group")
    run(side.register(aws, group, "what the group is for", f"s3://{BUCKET}/{group}/quality"), xcoms=trained(group))
    described = aws.sagemaker.describe_model_package_group(ModelPackageGroupName=group)
    dropped = described.get("ModelPackageGroupDescription") != "what the group is for"
    assert dropped is side.has_the_defect


def test_a_repeated_registration_makes_another_version(aws: LocalAws, side: Side) -> None:
    """Defect 11."""
    group = unique("group")
    for _ in range(2):
        run(side.register(aws, group, "models", f"s3://{BUCKET}/{group}/quality"), xcoms=trained(group))
    assert (len(versions(aws, group)) == 2) is side.has_the_defect


def test_an_update_that_came_back_to_the_old_model_is_a_success(hosting: Hosting, side: Side) -> None:
    """Defect 12."""
    endpoint = hosting.serving()
    no_archive = hosting.aws.put(f"{unique('model')}.tar.gz", b"no archive")
    broken = hosting.config(variant(hosting.model(ModelDataUrl=no_archive)))
    succeeded = True
    try:
        run(side.endpoint(endpoint, broken))
    except AirflowException:
        succeeded = False
    described = hosting.settled(endpoint)
    assert (described["EndpointStatus"], described["EndpointConfigName"] == broken) == ("InService", False)
    assert succeeded is side.has_the_defect


def test_an_argument_that_has_no_effect_is_taken_all_the_same(hosting: Hosting, side: Side) -> None:
    """Defect 13: asked not to wait, the deferrable operator waits."""
    endpoint = hosting.serving()
    other = hosting.config(variant(hosting.model()))
    with pytest.raises((TaskDeferred, TypeError)) as caught:
        side.endpoint(endpoint, other, wait_for_completion=False, deferrable=True).execute({})
    assert (caught.type is TaskDeferred) is side.has_the_defect


def test_a_metric_that_is_not_a_number_passes_a_gate(aws: LocalAws, side: Side) -> None:
    """Defect 14."""
    path = ("candidates", "xgboost", "regression_metrics", "mse", "value")
    assert side.lets_through(aws, with_value(path, float("nan"))) is side.has_the_defect
    assert side.lets_through(aws, with_value(path, 4.5))
    assert not side.lets_through(aws, with_value(path, 5.5))
