"""Jobs and model packages as resource classes, of sagemaker-core's documentation and notebooks."""

from __future__ import annotations

import datetime

import pytest
from sagemaker.core.resources import ModelPackage, ModelPackageGroup, ProcessingJob, TrainingJob
from sagemaker.core.shapes import (
    AlgorithmSpecification,
    AppSpecification,
    Channel,
    ContainersItem,
    DataSource,
    InferenceSpecification,
    MetricsSource,
    ModelMetrics,
    ModelQuality,
    OutputDataConfig,
    ProcessingClusterConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingOutputConfig,
    ProcessingResources,
    ProcessingS3Input,
    ProcessingS3Output,
    ResourceConfig,
    S3DataSource,
    StoppingCondition,
)
from sagemaker.core.utils.exceptions import FailedStatusError

from tests.conformance import script_mode
from tests.support.local_aws import ACCOUNT, BUCKET, IMAGE, REGION, LocalAws, unique

pytestmark = pytest.mark.documented("sagemaker-core: overview of resource level abstractions")

TRAIN = ["python3", "-c", "open('/opt/ml/model/weights', 'w').write('1'); print('validation:merror=0.25')"]
COPY = "import shutil; shutil.copy('/opt/ml/processing/input/data.csv', '/opt/ml/processing/output/data.csv')"


def training_job(aws: LocalAws, role: str, *entrypoint: str) -> TrainingJob:
    """A job on some data, as the overview creates it, in an own image."""
    return TrainingJob.create(
        training_job_name=unique("core"),
        hyper_parameters={"objective": "multi:softmax", "num_class": "3", "num_round": "10", "eval_metric": "merror"},
        algorithm_specification=AlgorithmSpecification(
            training_image=IMAGE, training_input_mode="File", container_entrypoint=list(entrypoint)
        ),
        role_arn=role,
        input_data_config=[
            Channel(
                channel_name="train",
                content_type="csv",
                compression_type="None",
                record_wrapper_type="None",
                data_source=DataSource(
                    s3_data_source=S3DataSource(
                        s3_data_type="S3Prefix",
                        s3_uri=aws.put("core/data/train.csv", "0,1\n1,2\n"),
                        s3_data_distribution_type="FullyReplicated",
                    )
                ),
            )
        ],
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/core/output"),
        resource_config=ResourceConfig(instance_type="ml.m4.xlarge", instance_count=1, volume_size_in_gb=30),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
    )


def test_a_training_job_is_created_waited_for_with_its_log_and_listed(
    aws: LocalAws, role: str, told: pytest.LogCaptureFixture
) -> None:
    job = training_job(aws, role, *TRAIN)
    job.wait(logs=True)
    assert job.training_job_status == "Completed"
    assert job.training_job_arn == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{job.training_job_name}"
    assert "validation:merror=0.25" in told.text
    again = TrainingJob.get(job.training_job_name)
    output = f"s3://{BUCKET}/core/output/{job.training_job_name}/output/model.tar.gz"
    assert again.model_artifacts.s3_model_artifacts == output
    since = datetime.datetime.now() - datetime.timedelta(days=1)
    listed = TrainingJob.get_all(creation_time_after=since)
    assert job.training_job_name in [one.training_job_name for one in listed]


def test_a_script_trains_in_an_image_that_aws_maintains(
    aws: LocalAws, role: str, told: pytest.LogCaptureFixture
) -> None:
    job = TrainingJob.create(
        training_job_name=unique("core"),
        hyper_parameters=script_mode.hyperparameters(aws),
        algorithm_specification=AlgorithmSpecification(training_image=script_mode.IMAGE, training_input_mode="File"),
        role_arn=role,
        input_data_config=[
            Channel(
                channel_name="train",
                data_source=DataSource(s3_data_source=S3DataSource(s3_data_type="S3Prefix", s3_uri=script_mode.DATA)),
            )
        ],
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/core/output"),
        resource_config=ResourceConfig(instance_type="ml.m5.xlarge", instance_count=1, volume_size_in_gb=30),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
    )
    job.wait(logs=True, poll=1)
    assert job.training_job_status == "Completed"
    assert "train-r2: 0." in told.text


def test_a_failed_job_raises_its_reason(aws: LocalAws, role: str) -> None:
    job = training_job(aws, role, "python3", "-c", "raise SystemExit(3)")
    with pytest.raises(FailedStatusError, match="AlgorithmError: , exit code: 3"):
        job.wait()


def test_a_job_is_stopped_and_deleted(aws: LocalAws, role: str) -> None:
    job = training_job(aws, role, "python3", "-c", "import time; time.sleep(600)")
    job.stop()
    job.wait(poll=1)
    assert job.training_job_status == "Stopped"
    job.delete()
    with pytest.raises(Exception, match="Requested resource not found"):
        job.refresh()


def test_a_processing_job_is_created_and_waited_for(aws: LocalAws, role: str) -> None:
    data = aws.put("core/processing/data.csv", "1,2")
    output = f"s3://{BUCKET}/{unique('core')}"
    job = ProcessingJob.create(
        processing_job_name=unique("core"),
        processing_resources=ProcessingResources(
            cluster_config=ProcessingClusterConfig(instance_count=1, instance_type="ml.m5.xlarge", volume_size_in_gb=30)
        ),
        app_specification=AppSpecification(image_uri=IMAGE, container_entrypoint=["python3", "-c", COPY]),
        role_arn=role,
        processing_inputs=[
            ProcessingInput(
                input_name="data",
                s3_input=ProcessingS3Input(
                    s3_uri=data,
                    local_path="/opt/ml/processing/input",
                    s3_data_type="S3Prefix",
                    s3_input_mode="File",
                ),
            )
        ],
        processing_output_config=ProcessingOutputConfig(
            outputs=[
                ProcessingOutput(
                    output_name="data",
                    s3_output=ProcessingS3Output(
                        s3_uri=output, local_path="/opt/ml/processing/output", s3_upload_mode="EndOfJob"
                    ),
                )
            ]
        ),
    )
    job.wait(logs=True)
    assert job.processing_job_status == "Completed"
    assert aws.read(f"{output}/data.csv") == b"1,2"
    assert job.processing_job_name in [one.processing_job_name for one in ProcessingJob.get_all()]


def test_versions_are_registered_in_a_group_approved_listed_and_deleted(aws: LocalAws) -> None:
    group = ModelPackageGroup.create(model_package_group_name=unique("core"), model_package_group_description="churn")
    assert group.model_package_group_status == "Completed"
    container = ContainersItem(image=IMAGE, model_data_url=aws.put("core/model.tar.gz", b"any"))
    statistics = MetricsSource(content_type="application/json", s3_uri=aws.put("core/statistics.json", "{}"))
    # It looks for a name in the answer, which no answer to CreateModelPackage has; the version is there by then.
    with pytest.raises(KeyError, match="ModelPackageName"):
        ModelPackage.create(
            model_package_group_name=group.model_package_group_name,
            model_package_description="the first",
            inference_specification=InferenceSpecification(
                containers=[container],
                supported_content_types=["text/csv"],
                supported_response_mime_types=["text/csv"],
            ),
            model_metrics=ModelMetrics(model_quality=ModelQuality(statistics=statistics)),
            model_approval_status="PendingManualApproval",
        )
    (package,) = ModelPackage.get_all(model_package_group_name=group.model_package_group_name)
    package = ModelPackage.get(package.model_package_arn)
    assert package.model_package_version == 1
    assert package.model_metrics.model_quality.statistics.s3_uri == statistics.s3_uri
    package.update(model_approval_status="Approved", approval_description="looks good")
    package.refresh()
    assert package.model_approval_status == "Approved"
    groups = [one.model_package_group_name for one in ModelPackageGroup.get_all()]
    assert group.model_package_group_name in groups
    # By boto3, as in the SDK's own example: the answer of a version has no name, which delete() would send.
    aws.sagemaker.delete_model_package(ModelPackageName=package.model_package_arn)
    group.delete()
    groups = [one.model_package_group_name for one in ModelPackageGroup.get_all()]
    assert group.model_package_group_name not in groups
