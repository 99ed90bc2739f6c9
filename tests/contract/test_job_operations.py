"""Training and processing jobs: for every operation a documented success and a documented error."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.contract.proof import ERROR, SUCCESS, proves
from tests.contract.refusals import invalid, refused
from tests.support.local_aws import (
    ACCOUNT,
    BUCKET,
    REGION,
    ROLE,
    LocalAws,
    processing_request,
    training_request,
    unique,
)

ENDLESS = "import time; time.sleep(600)"


@proves("CreateTrainingJob", SUCCESS, "API_CreateTrainingJob")
def test_creating_a_training_job_answers_its_arn(aws: LocalAws, sm: Any) -> None:
    name = unique("training")
    answer = sm.create_training_job(**training_request(name, ""))
    assert answer["TrainingJobArn"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}"
    assert aws.trained(name)["TrainingJobStatus"] == "Completed"


@proves("CreateTrainingJob", ERROR, "API_CreateTrainingJob: ResourceInUse")
def test_a_training_jobs_name_is_given_once(aws: LocalAws, sm: Any) -> None:
    name = aws.train("")
    code, message = refused(sm.create_training_job, **training_request(name, ""))
    assert code == "ResourceInUse"
    assert message == (
        "Training job names must be unique within an AWS account and region, and a training job with this name "
        f"already exists (arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name})"
    )


@proves("DescribeTrainingJob", SUCCESS, "API_DescribeTrainingJob")
def test_a_finished_training_job_is_described_with_all_that_is_always_there(aws: LocalAws, sm: Any) -> None:
    name = aws.train("print('m=2.5')", HyperParameters={"depth": "3"}, Environment={"A": "b"})
    job = sm.describe_training_job(TrainingJobName=name) | aws.trained(name)
    shape = sm.meta.service_model.operation_model("DescribeTrainingJob").output_shape
    assert set(shape.required_members) <= job.keys()
    assert job["RoleArn"] == ROLE
    assert job["HyperParameters"] == {"depth": "3"}
    assert job["Environment"] == {"A": "b"}
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert isinstance(job["CreationTime"], datetime)
    assert job["LastModifiedTime"] >= job["TrainingEndTime"] >= job["TrainingStartTime"] >= job["CreationTime"]


@pytest.mark.documented("amazon-sagemaker-examples and SDK: answers of DescribeTrainingJob; Estimator.attach")
def test_a_training_job_is_described_with_the_defaults_of_what_was_left_out(aws: LocalAws) -> None:
    name = aws.train("", OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/models"})
    job = aws.trained(name)
    output = {"KmsKeyId": "", "CompressionType": "GZIP", "S3OutputPath": f"s3://{BUCKET}/models"}
    assert job["OutputDataConfig"] == output
    assert job["AlgorithmSpecification"]["EnableSageMakerMetricsTimeSeries"] is False
    assert job["ProfilingStatus"] == "Disabled"
    switches = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
    assert [job[switch] for switch in switches] == [False, False, False]
    (channel,) = job["InputDataConfig"]
    assert (channel["CompressionType"], channel["RecordWrapperType"]) == ("None", "None")
    assert channel["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "FullyReplicated"


@pytest.mark.local_only
@pytest.mark.parametrize(("config", "status"), [({}, "Enabled"), ({"DisableProfiler": True}, "Disabled")])
def test_profiling_is_said_to_be_as_it_was_asked_for(aws: LocalAws, config: dict[str, bool], status: str) -> None:
    name = aws.train("", ProfilerConfig={"S3OutputPath": f"s3://{BUCKET}/profile", **config})
    assert aws.sagemaker.describe_training_job(TrainingJobName=name)["ProfilingStatus"] == status


@proves("DescribeTrainingJob", ERROR, "botocore waiter TrainingJobCompletedOrStopped: ValidationException")
def test_describing_an_unknown_training_job_is_refused(aws: LocalAws, sm: Any) -> None:
    assert invalid(sm.describe_training_job, TrainingJobName=unique("none")) == "Requested resource not found."


@proves("StopTrainingJob", SUCCESS, "API_StopTrainingJob")
def test_a_stopped_training_job_is_stopping_and_then_stopped(aws: LocalAws, sm: Any) -> None:
    name = aws.train(ENDLESS)
    sm.stop_training_job(TrainingJobName=name)
    assert sm.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] in ("Stopping", "Stopped")
    assert aws.trained(name)["TrainingJobStatus"] == "Stopped"


@proves("StopTrainingJob", ERROR, "API_StopTrainingJob: TrainingJobName")
def test_stopping_a_training_job_needs_its_name(aws: LocalAws, sm: Any) -> None:
    assert "Value null at 'trainingJobName' failed" in invalid(sm.stop_training_job)


@proves("ListTrainingJobs", SUCCESS, "API_ListTrainingJobs")
def test_training_jobs_are_listed_oldest_first_with_a_summary(aws: LocalAws, sm: Any) -> None:
    prefix = unique("list")
    names = [aws.train("", TrainingJobName=f"{prefix}-{letter}") for letter in "cab"]
    ended = [aws.trained(name) for name in names]
    listed = sm.list_training_jobs(NameContains=prefix, SortBy="CreationTime", SortOrder="Ascending")
    members = ("TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "CreationTime", "TrainingEndTime")
    assert [{key: job[key] for key in members} for job in listed["TrainingJobSummaries"]] == [
        {key: job[key] for key in members} for job in ended
    ]
    assert "NextToken" not in listed


@proves("ListTrainingJobs", ERROR, "API_ListTrainingJobs: MaxResults is at most 100")
def test_a_page_of_training_jobs_has_at_most_a_hundred(aws: LocalAws, sm: Any) -> None:
    assert "less than or equal to 100" in invalid(sm.list_training_jobs, MaxResults=101)


@proves("CreateProcessingJob", SUCCESS, "API_CreateProcessingJob")
def test_creating_a_processing_job_answers_its_arn(aws: LocalAws, sm: Any) -> None:
    name = unique("processing")
    answer = sm.create_processing_job(**processing_request(name, ""))
    assert answer["ProcessingJobArn"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/{name}"
    assert aws.processed(name)["ProcessingJobStatus"] == "Completed"


@proves("CreateProcessingJob", ERROR, "API_CreateProcessingJob: ResourceInUse")
def test_a_processing_jobs_name_is_given_once(aws: LocalAws, sm: Any) -> None:
    name = aws.process("")
    code, message = refused(sm.create_processing_job, **processing_request(name, ""))
    assert code == "ResourceInUse"
    assert f"processing-job/{name}" in message


@proves("DescribeProcessingJob", SUCCESS, "API_DescribeProcessingJob")
def test_a_finished_processing_job_is_described_with_all_that_is_always_there(aws: LocalAws, sm: Any) -> None:
    name = aws.process("open('/opt/ml/output/message', 'w').write('7 rows')", Environment={"A": "b"})
    job = sm.describe_processing_job(ProcessingJobName=name) | aws.processed(name)
    shape = sm.meta.service_model.operation_model("DescribeProcessingJob").output_shape
    assert set(shape.required_members) <= job.keys()
    assert job["ExitMessage"] == "7 rows"
    assert job["Environment"] == {"A": "b"}
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 86_400}
    assert "FailureReason" not in job
    assert job["LastModifiedTime"] >= job["ProcessingEndTime"] >= job["ProcessingStartTime"] >= job["CreationTime"]


@proves("DescribeProcessingJob", ERROR, "botocore waiter ProcessingJobCompletedOrStopped: ValidationException")
def test_describing_an_unknown_processing_job_is_refused(aws: LocalAws, sm: Any) -> None:
    name = unique("none")
    message = invalid(sm.describe_processing_job, ProcessingJobName=name)
    assert message == f"Could not find requested job with name: {name}"


@proves("StopProcessingJob", SUCCESS, "API_StopProcessingJob")
def test_a_stopped_processing_job_is_stopping_and_then_stopped(aws: LocalAws, sm: Any) -> None:
    name = aws.process(ENDLESS)
    sm.stop_processing_job(ProcessingJobName=name)
    assert sm.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] in ("Stopping", "Stopped")
    assert aws.processed(name)["ProcessingJobStatus"] == "Stopped"


@proves("StopProcessingJob", ERROR, "API_StopProcessingJob: ProcessingJobName")
def test_stopping_a_processing_job_needs_its_name(aws: LocalAws, sm: Any) -> None:
    assert "Value null at 'processingJobName' failed" in invalid(sm.stop_processing_job)


@proves("ListProcessingJobs", SUCCESS, "API_ListProcessingJobs")
def test_processing_jobs_are_listed_oldest_first_with_a_summary(aws: LocalAws, sm: Any) -> None:
    prefix = unique("list")
    names = [aws.process("", ProcessingJobName=f"{prefix}-{letter}") for letter in "cab"]
    ended = [aws.processed(name) for name in names]
    listed = sm.list_processing_jobs(NameContains=prefix)
    members = ("ProcessingJobName", "ProcessingJobArn", "ProcessingJobStatus", "CreationTime", "ProcessingEndTime")
    assert [{key: job[key] for key in members} for job in listed["ProcessingJobSummaries"]] == [
        {key: job[key] for key in members} for job in ended
    ]


@proves("ListProcessingJobs", ERROR, "API_ListProcessingJobs: StatusEquals")
def test_processing_jobs_are_filtered_by_a_known_status_only(aws: LocalAws, sm: Any) -> None:
    message = invalid(sm.list_processing_jobs, StatusEquals="Done")
    assert "Member must satisfy enum value set: [InProgress, Completed, Failed, Stopping, Stopped]" in message


@proves("DeleteTrainingJob", SUCCESS, "API_DeleteTrainingJob: the name can be used again")
def test_a_deleted_training_job_is_gone_with_its_tags_and_frees_its_name(aws: LocalAws, sm: Any) -> None:
    name = aws.train("", Tags=[{"Key": "k", "Value": "v"}])
    arn = aws.trained(name)["TrainingJobArn"]
    sm.delete_training_job(TrainingJobName=name)
    assert invalid(sm.describe_training_job, TrainingJobName=name) == "Requested resource not found."
    aws.train("", TrainingJobName=name)
    assert aws.trained(name)["TrainingJobStatus"] == "Completed"
    assert sm.list_tags(ResourceArn=arn)["Tags"] == []


@proves("DeleteTrainingJob", ERROR, "API_DeleteTrainingJob: ResourceInUse")
def test_a_training_job_under_way_cannot_be_deleted(aws: LocalAws, sm: Any) -> None:
    name = aws.train(ENDLESS)
    code, message = refused(sm.delete_training_job, TrainingJobName=name)
    assert (code, message) == (
        "ResourceInUse",
        f"The training job {name} is InProgress; only one that has ended can be deleted.",
    )
    sm.stop_training_job(TrainingJobName=name)
    assert aws.trained(name)["TrainingJobStatus"] == "Stopped"


@proves("DeleteProcessingJob", SUCCESS, "API_DeleteProcessingJob: the name can be used again")
def test_a_deleted_processing_job_is_gone_and_frees_its_name(aws: LocalAws, sm: Any) -> None:
    name = aws.process("raise SystemExit(1)")
    assert aws.processed(name)["ProcessingJobStatus"] == "Failed"
    sm.delete_processing_job(ProcessingJobName=name)
    aws.process("", ProcessingJobName=name)
    assert aws.processed(name)["ProcessingJobStatus"] == "Completed"


@proves("DeleteProcessingJob", ERROR, "API_DeleteProcessingJob: ResourceInUse")
def test_a_processing_job_under_way_cannot_be_deleted(aws: LocalAws, sm: Any) -> None:
    name = aws.process(ENDLESS)
    code, message = refused(sm.delete_processing_job, ProcessingJobName=name)
    assert code == "ResourceInUse"
    assert "only one that has ended can be deleted" in message
    sm.stop_processing_job(ProcessingJobName=name)
    assert aws.processed(name)["ProcessingJobStatus"] == "Stopped"
