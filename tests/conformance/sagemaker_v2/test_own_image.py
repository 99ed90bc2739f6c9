"""Training in a container of one's own, and what becomes of its model, of the SageMaker Python SDK's documentation."""

from __future__ import annotations

import pytest
import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.exceptions import UnexpectedStatusException
from sagemaker.inputs import TrainingInput
from sagemaker.model_metrics import MetricsSource, ModelMetrics

from tests.support.local_aws import ACCOUNT, BUCKET, IMAGE, REGION, LocalAws, unique

pytestmark = pytest.mark.documented("SageMaker Python SDK v2: Using Estimators")

# A container's own entry point, which a channel brings here.
TRAIN = """
import json, pathlib
opt = pathlib.Path("/opt/ml")
rows = (opt / "input/data/training/data.csv").read_text().split()
factor = float(json.loads((opt / "input/config/hyperparameters.json").read_text())["factor"])
(opt / "model/mean").write_text(str(factor * sum(map(float, rows)) / len(rows)))
print(f"validation:rows={len(rows)}")
"""


def estimator(session: sagemaker.Session, role: str, script: str, aws: LocalAws) -> Estimator:
    """A generic estimator; its program comes in channel *code*."""
    aws.put("v2/own/code/train.py", script)
    return Estimator(
        image_uri=IMAGE,
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        output_path=f"s3://{BUCKET}/v2/own/output",
        hyperparameters={"factor": 2},
        metric_definitions=[{"Name": "validation:rows", "Regex": "validation:rows=([0-9]+)"}],
        container_entry_point=["python3", "/opt/ml/input/data/code/train.py"],
        sagemaker_session=session,
    )


def inputs() -> dict[str, str | TrainingInput]:
    folder = f"s3://{BUCKET}/v2/own"
    return {"training": TrainingInput(f"{folder}/data", content_type="text/csv"), "code": f"{folder}/code"}


def test_an_estimator_trains_prints_the_log_and_registers_the_model(
    aws: LocalAws, session: sagemaker.Session, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.put("v2/own/data/data.csv", "1\n2\n6\n")
    own = estimator(session, role, TRAIN, aws)
    own.fit(inputs())
    name = own.latest_training_job.name
    assert own.model_data == f"s3://{BUCKET}/v2/own/output/{name}/output/model.tar.gz"
    printed = capsys.readouterr().out
    for told in ("Training job completed", "validation:rows=3", "Training seconds: "):
        assert told in printed
    metrics = own.training_job_analytics.dataframe()
    assert list(metrics["metric_name"]) == ["validation:rows"]
    assert list(metrics["value"]) == [3.0]

    group = unique("v2")
    statistics = MetricsSource(content_type="application/json", s3_uri=aws.put("v2/own/statistics.json", "{}"))
    package = own.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.t2.medium", "ml.m5.xlarge"],
        transform_instances=["ml.m5.xlarge"],
        model_package_group_name=group,
        approval_status="PendingManualApproval",
        model_metrics=ModelMetrics(model_statistics=statistics),
    )
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{group}/1"
    assert package.model_package_arn == arn
    session.sagemaker_client.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    described = session.sagemaker_client.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == statistics.s3_uri
    (container,) = described["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == own.model_data


def test_a_job_that_fails_raises_its_reason(aws: LocalAws, session: sagemaker.Session, role: str) -> None:
    aws.put("v2/own/data/data.csv", "1\n")
    with pytest.raises(UnexpectedStatusException, match="AlgorithmError: , exit code: 3"):
        estimator(session, role, "raise SystemExit(3)", aws).fit(inputs())


def test_an_estimator_attaches_to_a_job_that_has_run(aws: LocalAws, session: sagemaker.Session, role: str) -> None:
    aws.put("v2/own/data/data.csv", "1\n")
    own = estimator(session, role, TRAIN, aws)
    own.fit(inputs(), wait=False)
    attached = Estimator.attach(own.latest_training_job.name, sagemaker_session=session)
    assert attached.model_data == own.model_data
    assert attached.hyperparameters()["factor"] == "2"
