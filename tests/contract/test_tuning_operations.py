"""Hyperparameter tuning jobs: for every operation a documented success and a documented error."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.contract.proof import ERROR, SUCCESS, proves
from tests.contract.refusals import invalid, refused
from tests.support.local_aws import ACCOUNT, REGION, LocalAws, unique
from tests.support.tuning import NAME, STATUS, training_jobs, tune, tuned, tuning_request

ENDLESS = "import time; print('loss=1', flush=True); time.sleep(600)"
MISSING = "Amazon SageMaker can't find a tuning job with the name"


def arn(name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:hyper-parameter-tuning-job/{name}"


@proves("CreateHyperParameterTuningJob", SUCCESS, "API_CreateHyperParameterTuningJob")
def test_creating_a_tuning_job_answers_its_arn(aws: LocalAws, sm: Any) -> None:
    request = tuning_request(aws)
    answer = sm.create_hyper_parameter_tuning_job(**request)
    assert answer["HyperParameterTuningJobArn"] == arn(request[NAME])
    assert tuned(aws, request[NAME])[STATUS] == "Completed"


@proves("CreateHyperParameterTuningJob", ERROR, "API_CreateHyperParameterTuningJob: ResourceInUse")
def test_a_tuning_jobs_name_is_given_once(aws: LocalAws, sm: Any) -> None:
    request = tuning_request(aws)
    sm.create_hyper_parameter_tuning_job(**request)
    code, message = refused(sm.create_hyper_parameter_tuning_job, **request)
    assert code == "ResourceInUse"
    assert message.startswith("Tuning job names must be unique within an AWS account and region")
    assert arn(request[NAME]) in message


@proves("DescribeHyperParameterTuningJob", SUCCESS, "API_DescribeHyperParameterTuningJob")
def test_a_finished_tuning_job_is_described_with_all_that_it_found(aws: LocalAws, sm: Any) -> None:
    name = tune(aws, config={"limits": {"MaxNumberOfTrainingJobs": 3}})
    job = sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name) | tuned(aws, name)
    shape = sm.meta.service_model.operation_model("DescribeHyperParameterTuningJob").output_shape
    assert set(shape.required_members) <= job.keys()
    assert job["TrainingJobStatusCounters"] == {
        "Completed": 3, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0,
    }  # fmt: skip
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 0, "Failed": 0}
    assert job["BestTrainingJob"] == training_jobs(aws, name, SortBy="FinalObjectiveMetricValue")[0]
    assert job["HyperParameterTuningEndTime"] >= job["BestTrainingJob"]["TrainingEndTime"]
    assert isinstance(job["CreationTime"], datetime)
    assert job["ConsumedResources"]["RuntimeInSeconds"] >= 0
    assert "FailureReason" not in job
    assert "OverallBestTrainingJob" not in job


@proves("DescribeHyperParameterTuningJob", ERROR, "API_DescribeHyperParameterTuningJob: ResourceNotFound")
def test_describing_an_unknown_tuning_job_is_refused(aws: LocalAws, sm: Any) -> None:
    name = unique("none")
    code, message = refused(sm.describe_hyper_parameter_tuning_job, HyperParameterTuningJobName=name)
    assert code == "ResourceNotFound"
    assert message.startswith(f"{MISSING} {name}.")


@proves("ListHyperParameterTuningJobs", SUCCESS, "API_ListHyperParameterTuningJobs: Name, Ascending, 10 a page")
def test_tuning_jobs_are_listed_by_name_ten_a_page(aws: LocalAws, sm: Any) -> None:
    prefix = unique("l")[:12]
    names = [f"{prefix}-{letter}" for letter in "kcafbdgihje"]
    code = tuning_request(aws, ENDLESS)
    for name in names:
        sm.create_hyper_parameter_tuning_job(**{**code, NAME: name})
        sm.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    first = sm.list_hyper_parameter_tuning_jobs(NameContains=prefix)
    listed = [item[NAME] for item in first["HyperParameterTuningJobSummaries"]]
    assert listed == sorted(names)[:10]
    rest = sm.list_hyper_parameter_tuning_jobs(NameContains=prefix, NextToken=first["NextToken"])
    assert [item[NAME] for item in rest["HyperParameterTuningJobSummaries"]] == [max(names)]
    assert tuned(aws, names[0])[STATUS] == "Stopped"
    (only,) = sm.list_hyper_parameter_tuning_jobs(NameContains=names[0])["HyperParameterTuningJobSummaries"]
    described = sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=names[0])
    assert only["Strategy"] == "Random"
    assert only["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2}
    for member in (STATUS, "CreationTime", "TrainingJobStatusCounters", "ObjectiveStatusCounters"):
        assert only[member] == described[member]


@proves("ListHyperParameterTuningJobs", ERROR, "API_ListHyperParameterTuningJobs: MaxResults is at most 100")
def test_a_page_of_tuning_jobs_has_at_most_a_hundred(aws: LocalAws, sm: Any) -> None:
    assert "less than or equal to 100" in invalid(sm.list_hyper_parameter_tuning_jobs, MaxResults=101)


@proves("ListTrainingJobsForHyperParameterTuningJob", SUCCESS, "API_ListTrainingJobsForHyperParameterTuningJob")
def test_the_training_jobs_are_listed_by_name_with_what_they_tried_and_found(aws: LocalAws, sm: Any) -> None:
    name = tune(aws, config={"limits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 1}})
    tuned(aws, name)
    answer = sm.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert "NextToken" not in answer
    listed = answer["TrainingJobSummaries"]
    assert [item["TrainingJobName"][: len(name) + 4] for item in listed] == [f"{name}-00{number}" for number in "123"]
    for item in listed:
        x = float(item["TunedHyperParameters"]["x"])
        assert item["FinalHyperParameterTuningJobObjectiveMetric"] == {
            "Type": "Minimize",
            "MetricName": "loss",
            "Value": pytest.approx((x - 0.3) ** 2),
        }
        assert (item["TrainingJobStatus"], item["ObjectiveStatus"]) == ("Completed", "Succeeded")
        assert item["TrainingEndTime"] >= item["TrainingStartTime"] >= item["CreationTime"]


@proves(
    "ListTrainingJobsForHyperParameterTuningJob",
    ERROR,
    "API_ListTrainingJobsForHyperParameterTuningJob: ResourceNotFound",
)
def test_the_training_jobs_of_an_unknown_tuning_job_are_not_listed(aws: LocalAws, sm: Any) -> None:
    list_jobs = sm.list_training_jobs_for_hyper_parameter_tuning_job
    code, message = refused(list_jobs, HyperParameterTuningJobName="none")
    assert (code, message.startswith(MISSING)) == ("ResourceNotFound", True)


@proves("StopHyperParameterTuningJob", SUCCESS, "API_StopHyperParameterTuningJob: and all running training jobs")
def test_a_stopped_tuning_job_stops_its_training_jobs(aws: LocalAws, sm: Any) -> None:
    name = tune(aws, ENDLESS, config={"limits": {"MaxNumberOfTrainingJobs": 9}})
    sm.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)[STATUS] in ("Stopping", "Stopped")
    job = tuned(aws, name)
    assert job[STATUS] == "Stopped"
    assert job["TrainingJobStatusCounters"]["InProgress"] == 0
    assert {item["TrainingJobStatus"] for item in training_jobs(aws, name)} <= {"Stopped"}


@proves("StopHyperParameterTuningJob", ERROR, "API_StopHyperParameterTuningJob: ResourceNotFound")
def test_an_unknown_tuning_job_cannot_be_stopped(aws: LocalAws, sm: Any) -> None:
    code, message = refused(sm.stop_hyper_parameter_tuning_job, HyperParameterTuningJobName="none")
    assert (code, message.startswith(MISSING)) == ("ResourceNotFound", True)


@proves("DeleteHyperParameterTuningJob", SUCCESS, "API_DeleteHyperParameterTuningJob: training jobs are not deleted")
def test_a_deleted_tuning_job_is_gone_and_its_training_jobs_stay(aws: LocalAws, sm: Any) -> None:
    request = tuning_request(aws, Tags=[{"Key": "k", "Value": "v"}])
    name = request[NAME]
    sm.create_hyper_parameter_tuning_job(**request)
    tuned(aws, name)
    first = [item["TrainingJobName"] for item in training_jobs(aws, name)]
    sm.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert refused(sm.describe_hyper_parameter_tuning_job, HyperParameterTuningJobName=name)[0] == "ResourceNotFound"
    assert [aws.trained(job)["TuningJobArn"] for job in first] == [arn(name)] * 2
    sm.create_hyper_parameter_tuning_job(**{key: value for key, value in request.items() if key != "Tags"})
    tuned(aws, name)
    assert not set(first) & {item["TrainingJobName"] for item in training_jobs(aws, name)}
    assert sm.list_tags(ResourceArn=arn(name))["Tags"] == []


@proves("DeleteHyperParameterTuningJob", ERROR, "API_DeleteHyperParameterTuningJob: HyperParameterTuningJobName")
def test_deleting_a_tuning_job_needs_its_name(aws: LocalAws, sm: Any) -> None:
    assert "Value null at 'hyperParameterTuningJobName' failed" in invalid(sm.delete_hyper_parameter_tuning_job)
