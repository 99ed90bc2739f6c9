"""Tuning jobs that really run: their training jobs are ordinary ones, and what those print decides."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.refusals import invalid, refused
from tests.support.local_aws import BUCKET, ROLE, LocalAws, unique
from tests.support.polling import eventually
from tests.support.tuning import (
    NAME,
    SQUARE,
    STATUS,
    X,
    config,
    definition,
    gated,
    training_jobs,
    tune,
    tuned,
    tuning_request,
)

GUIDE = "automatic-model-tuning"
CATEGORIES = {"CategoricalParameterRanges": [{"Name": "a", "Values": ["1", "2"]}, {"Name": "b", "Values": ["x", "y"]}]}
# Prints one loss for each epoch: that of hyperparameter x, getting less and less.
EPOCHS = """
import json, time
x = float(json.load(open("/opt/ml/input/config/hyperparameters.json"))["x"])
for epoch in range(1, 10):
    print(f"loss={x + 1 / epoch}", flush=True)
    time.sleep({pause})
"""


def limits(most: int, parallel: int = 1, **others: int) -> dict[str, Any]:
    return {"limits": {"MaxNumberOfTrainingJobs": most, "MaxParallelTrainingJobs": parallel, **others}}


def categories(*values: str) -> dict[str, Any]:
    return {"ParameterRanges": {"CategoricalParameterRanges": [{"Name": "x", "Values": list(values)}]}}


def losses(aws: LocalAws, name: str) -> dict[str, float]:
    """The objective by the value of hyperparameter x."""
    return {
        item["TunedHyperParameters"]["x"]: item["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        for item in training_jobs(aws, name)
    }


# Training jobs


@pytest.mark.documented(f"{GUIDE}-define-ranges: _tuning_objective_metric; API_DescribeTrainingJob: TuningJobArn")
def test_a_training_job_is_an_ordinary_one_with_all_hyperparameters(aws: LocalAws) -> None:
    prefix = f"s3://{BUCKET}/{unique('kept')}"
    own = {
        "StaticHyperParameters": {"epochs": "5"},
        "Environment": {"A": "b"},
        "CheckpointConfig": {"S3Uri": prefix},
    }
    script = "print(open('/opt/ml/input/config/hyperparameters.json').read()); print('loss=1')"
    name = tune(aws, script, definition=own, config=limits(1))
    arn = tuned(aws, name)["HyperParameterTuningJobArn"]
    (item,) = training_jobs(aws, name)
    job = aws.trained(item["TrainingJobName"])
    tried = item["TunedHyperParameters"]
    assert tried.keys() == {"x"}
    assert job["HyperParameters"] == {"epochs": "5", **tried, "_tuning_objective_metric": "loss"}
    assert json.loads(aws.log_lines("TrainingJobs", item["TrainingJobName"])[0]) == job["HyperParameters"]
    assert job["TuningJobArn"] == arn
    assert (job["RoleArn"], job["Environment"]) == (ROLE, {"A": "b"})
    assert job["CheckpointConfig"]["S3Uri"] == f"{prefix}/{item['TrainingJobName']}"
    assert aws.keys(f"models/{item['TrainingJobName']}/output/") == ["model.tar.gz"]


@pytest.mark.documented("API_CreateHyperParameterTuningJob: Tags; API_AddTags: jobs launched after the call")
def test_training_jobs_have_the_tuning_jobs_tags_of_the_time_of_their_launch(aws: LocalAws) -> None:
    gate = unique("gate")
    name = tune(aws, gated(gate), config=limits(2), Tags=[{"Key": "team", "Value": "ml"}])
    arn = aws.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)[
        "HyperParameterTuningJobArn"
    ]
    eventually(lambda: training_jobs(aws, name), "the first training job")
    aws.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "late", "Value": "1"}])
    aws.put(gate, "open")
    tuned(aws, name)
    tags = [aws.sagemaker.list_tags(ResourceArn=item["TrainingJobArn"])["Tags"] for item in training_jobs(aws, name)]
    first, second = tags
    assert first == [{"Key": "team", "Value": "ml"}]
    assert second == [{"Key": "late", "Value": "1"}, {"Key": "team", "Value": "ml"}]


@pytest.mark.documented("API_ResourceLimits: MaxParallelTrainingJobs, MaxNumberOfTrainingJobs")
def test_no_more_run_side_by_side_than_allowed(aws: LocalAws) -> None:
    name = tune(aws, "print('loss=1'); import time; time.sleep(0.2)", config=limits(5, 2))
    assert sum(tuned(aws, name)["TrainingJobStatusCounters"].values()) == 5
    spans = [(item["CreationTime"], item["TrainingEndTime"]) for item in training_jobs(aws, name)]
    together = [sum(begin <= moment < end for begin, end in spans) for moment, _ in spans]
    assert max(together) == 2


@pytest.mark.documented("API_SearchRecord: HyperParameterTuningJob; API_TrainingJob: TuningJobArn")
def test_a_tuning_job_and_its_training_jobs_are_found_by_search(aws: LocalAws) -> None:
    name = tune(aws, config=limits(2, 2))
    arn = tuned(aws, name)["HyperParameterTuningJobArn"]

    def found(resource: str, member: str, value: str) -> list[dict[str, Any]]:
        filters = [{"Name": member, "Operator": "Equals", "Value": value}]
        answer = aws.sagemaker.search(Resource=resource, SearchExpression={"Filters": filters})
        return [result[resource] for result in answer["Results"]]

    (job,) = found("HyperParameterTuningJob", NAME, name)
    assert job["BestTrainingJob"]["TrainingJobName"].startswith(name)
    assert len(found("TrainingJob", "TuningJobArn", arn)) == 2


# Results


@pytest.mark.documented("API_HyperParameterTrainingJobSummary: ObjectiveStatus")
def test_a_job_that_fails_and_one_that_prints_nothing_have_no_objective(aws: LocalAws) -> None:
    script = """
import json
x = json.load(open("/opt/ml/input/config/hyperparameters.json"))["x"]
if x != "silent": print("loss=2\\nloss=1")
if x == "bad": raise SystemExit(1)
"""
    grid = {"Strategy": "Grid", **categories("good", "bad", "silent"), **limits(3, 3)}
    name = tune(aws, script, config=grid)
    job = tuned(aws, name)
    assert job[STATUS] == "Completed"
    found = {item["TunedHyperParameters"]["x"]: item for item in training_jobs(aws, name)}
    assert {x: (item["TrainingJobStatus"], item["ObjectiveStatus"]) for x, item in found.items()} == {
        "good": ("Completed", "Succeeded"),
        "bad": ("Failed", "Failed"),
        "silent": ("Completed", "Failed"),
    }
    assert found["bad"]["FailureReason"] == "AlgorithmError: , exit code: 1"
    assert found["good"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 1.0
    assert job["BestTrainingJob"]["TrainingJobName"] == found["good"]["TrainingJobName"]
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 2}
    by_value = training_jobs(aws, name, SortBy="FinalObjectiveMetricValue")
    assert [item["TunedHyperParameters"]["x"] for item in by_value] == ["good"]


@pytest.mark.local_only
def test_after_five_failures_the_tuning_job_has_failed_as_on_aws(aws: LocalAws) -> None:
    name = tune(aws, "raise SystemExit(1)", config=limits(20, 1))
    job = tuned(aws, name)
    assert job[STATUS] == "Failed"
    assert job["FailureReason"].startswith("No training job succeeded after 5 attempts. For additional details,")
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 5
    assert "BestTrainingJob" not in job


@pytest.mark.documented(f"{GUIDE}-how-it-works: grid search")
def test_a_grid_tries_every_combination_once(aws: LocalAws) -> None:
    request = tuning_request(aws, "print('loss=1')", config={"Strategy": "Grid", "ParameterRanges": CATEGORIES})
    del request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"]
    aws.sagemaker.create_hyper_parameter_tuning_job(**request)
    assert tuned(aws, request[NAME])["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 4
    tried = [item["TunedHyperParameters"] for item in training_jobs(aws, request[NAME])]
    assert tried == [{"a": a, "b": b} for a in "12" for b in "xy"]


@pytest.mark.documented(f"{GUIDE}-considerations: the same random seed reproduces the configurations")
@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
def test_one_seed_gives_one_search(aws: LocalAws, strategy: str) -> None:
    search = {"Strategy": strategy, "RandomSeed": 11, **limits(7)}
    names = [tune(aws, config=search) for _ in range(2)]
    tried = []
    for name in names:
        tuned(aws, name)
        tried.append([item["TunedHyperParameters"] for item in training_jobs(aws, name)])
    assert tried[0] == tried[1]
    assert len({str(values) for values in tried[0]}) == 7


@pytest.mark.documented(
    "API_HyperParameterTrainingJobDefinition: DefinitionName, TuningObjective, HyperParameterRanges"
)
def test_several_definitions_are_tuned_together(aws: LocalAws) -> None:
    common = config(**limits(4, 2))
    objective, ranges = common.pop("HyperParameterTuningJobObjective"), common.pop("ParameterRanges")
    name = unique("t")
    definitions = [
        definition(
            aws.put(f"code/{name}-{kind}/main.py", SQUARE.replace("** 2", f"** 2 + {worse}")),
            DefinitionName=kind,
            TuningObjective=objective,
            HyperParameterRanges=ranges,
        )
        for kind, worse in (("good", 0), ("worse", 100))
    ]
    aws.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, HyperParameterTuningJobConfig=common, TrainingJobDefinitions=definitions
    )
    job = tuned(aws, name)
    assert [item["TrainingJobDefinitionName"] for item in training_jobs(aws, name)] == ["good", "worse"] * 2
    assert job["BestTrainingJob"]["TrainingJobDefinitionName"] == "good"
    assert [item["DefinitionName"] for item in job["TrainingJobDefinitions"]] == ["good", "worse"]


# Ends before all have run


@pytest.mark.documented(f"{GUIDE}-progress: TargetObjectiveMetricValue")
def test_a_target_that_is_reached_stops_the_others(aws: LocalAws) -> None:
    script = """
import json, time
x = json.load(open("/opt/ml/input/config/hyperparameters.json"))["x"]
print("loss=" + x, flush=True)
time.sleep(600 if x == "9" else 0)
"""
    search = {
        "Strategy": "Grid",
        **categories("9", "1", "8", "7"),
        **limits(4, 2),
        "TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 1.0},
    }
    name = tune(aws, script, config=search)
    job = tuned(aws, name)
    assert job[STATUS] == "Completed"
    ended = {item["TunedHyperParameters"]["x"]: item["TrainingJobStatus"] for item in training_jobs(aws, name)}
    assert ended["9"] == "Stopped"
    assert ended["1"] == "Completed"
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"x": "1"}


@pytest.mark.documented(f"{GUIDE}-progress: MaxNumberOfTrainingJobsNotImproving")
def test_three_jobs_that_do_not_improve_are_enough(aws: LocalAws) -> None:
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    search = {
        "Strategy": "Grid", **categories("0.3", "0.4", "0.5", "0.6", "0.7"), **limits(5),
        "TuningJobCompletionCriteria": criteria,
    }  # fmt: skip
    name = tune(aws, config=search)
    job = tuned(aws, name)
    assert (job[STATUS], len(training_jobs(aws, name))) == ("Completed", 4)
    assert job["TuningJobCompletionDetails"] == {"NumberOfTrainingJobsObjectiveNotImproving": 3}


@pytest.mark.documented(f"{GUIDE}-early-stopping")
def test_a_job_worse_than_the_median_is_stopped_early(aws: LocalAws) -> None:
    search = {"Strategy": "Grid", **categories("0", "100"), **limits(2), "TrainingJobEarlyStoppingType": "Auto"}
    # The second is stopped while it waits; the first would never have been.
    name = tune(aws, EPOCHS.replace("{pause}", "600 if x else 0"), config=search)
    job = tuned(aws, name)
    ended = {item["TunedHyperParameters"]["x"]: item["TrainingJobStatus"] for item in training_jobs(aws, name)}
    assert ended == {"0": "Completed", "100": "Stopped"}
    assert losses(aws, name) == {"0": pytest.approx(1 / 9), "100": 101.0}
    assert job["ObjectiveStatusCounters"]["Succeeded"] == 2
    assert (job[STATUS], job["TrainingJobStatusCounters"]["Stopped"]) == ("Completed", 1)


@pytest.mark.documented("API_HyperbandStrategyConfig: MinResource, MaxResource")
def test_hyperband_stops_the_beaten_early_and_everyone_at_the_maximum(aws: LocalAws) -> None:
    """Of three jobs, one after the other, the first two are let through at each rung, and the third is beaten."""
    band = {"StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 2, "MaxResource": 6}}}
    script = """
import json, sys, time
number = int(json.load(open("/opt/ml/input/config/hyperparameters.json"))["n"])
print(f"loss={number}\\nloss={number}", flush=True)
for line in iter(lambda: time.sleep(0.05) or "", None): print(f"loss={number}", flush=True)
"""
    ranges = {"IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "1000"}]}
    objective = {"Type": "Maximize", "MetricName": "loss"}
    search = {"Strategy": "Hyperband", **band, **limits(3), "RandomSeed": 5, "ParameterRanges": ranges}
    name = tune(aws, script, config={**search, "HyperParameterTuningJobObjective": objective})
    job = tuned(aws, name)
    assert (job[STATUS], job["TrainingJobStatusCounters"]["Stopped"]) == ("Completed", 3)
    printed = [
        len(aws.log_lines("TrainingJobs", item["TrainingJobName"]))
        for item in training_jobs(aws, name, SortBy="CreationTime")
    ]
    tried = [int(item["TunedHyperParameters"]["n"]) for item in training_jobs(aws, name, SortBy="CreationTime")]
    assert tried[2] < max(tried)
    assert min(printed[:2]) >= 6
    assert printed[2] < 6


# Warm start


@pytest.mark.documented(f"{GUIDE}-warm-start: IDENTICAL_DATA_AND_ALGORITHM")
def test_a_warm_start_learns_from_its_parent_and_names_the_best_over_all(aws: LocalAws) -> None:
    parent = tuning_request(aws, config={"Strategy": "Grid", **categories("0.3", "0.9"), **limits(2, 2)})
    aws.sagemaker.create_hyper_parameter_tuning_job(**parent)
    best = tuned(aws, parent[NAME])["BestTrainingJob"]
    warm = {
        "WarmStartType": "IdenticalDataAndAlgorithm",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": parent[NAME]}],
    }
    child = {
        **parent,
        NAME: unique("w"),
        "HyperParameterTuningJobConfig": config(**categories("0.3", "0.9", "0.5"), **limits(1)),
        "WarmStartConfig": warm,
    }
    aws.sagemaker.create_hyper_parameter_tuning_job(**child)
    job = tuned(aws, child[NAME])
    # What the parent has tried is not tried again.
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"x": "0.5"}
    assert job["OverallBestTrainingJob"] == best
    assert job["OverallBestTrainingJob"]["TuningJobName"] == parent[NAME]
    assert job["WarmStartConfig"] == warm


@pytest.mark.documented(f"{GUIDE}-warm-start: parents must have ended; ResourceNotFound")
def test_a_parent_must_be_there_and_must_have_ended(aws: LocalAws) -> None:
    running = tune(aws, "import time; time.sleep(600)")
    create = aws.sagemaker.create_hyper_parameter_tuning_job

    def warm(parent: str) -> dict[str, Any]:
        parents = [{"HyperParameterTuningJobName": parent}]
        start = {"WarmStartType": "TransferLearning", "ParentHyperParameterTuningJobs": parents}
        return tuning_request(aws, WarmStartConfig=start)

    assert f"Parent tuning job {running} is InProgress" in invalid(create, **warm(running))
    assert refused(create, **warm("none"))[0] == "ResourceNotFound"
    aws.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=running)
    assert tuned(aws, running)[STATUS] == "Stopped"
    aws.sagemaker.create_hyper_parameter_tuning_job(**(request := warm(running)))
    assert tuned(aws, request[NAME])[STATUS] == "Completed"


# Autotune


@pytest.mark.documented(f"{GUIDE}-define-ranges: Autotune; Describe shows the ranges")
def test_a_hint_becomes_a_range_that_is_described_and_searched(aws: LocalAws) -> None:
    hints = {"AutoParameters": [{"Name": "x", "ValueHint": "4"}]}
    name = tune(aws, config={"ParameterRanges": hints, **limits(2, 2)}, Autotune={"Mode": "Enabled"})
    job = tuned(aws, name)
    assert job["Autotune"] == {"Mode": "Enabled"}
    (found,) = job["HyperParameterTuningJobConfig"]["ParameterRanges"]["IntegerParameterRanges"]
    assert (found["Name"], found["MinValue"], found["MaxValue"]) == ("x", "2", "8")
    assert all(2 <= int(item["TunedHyperParameters"]["x"]) <= 8 for item in training_jobs(aws, name))


# What is refused


@pytest.mark.local_only
def test_the_objective_must_be_among_the_metrics(aws: LocalAws) -> None:
    """In the words that AWS was seen to use."""
    objective = {"Type": "Minimize", "MetricName": "other"}
    request = tuning_request(aws, config={"HyperParameterTuningJobObjective": objective})
    assert invalid(aws.sagemaker.create_hyper_parameter_tuning_job, **request) == (
        "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions."
    )


@pytest.mark.local_only
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"definition": {"RoleArn": ROLE.replace("jobs", "absent")}}, "Could not assume role"),
        ({"definition": {"InputDataConfig": []}}, "Member must have length greater than or equal to 1"),
        ({"definition": {"OutputDataConfig": {"S3OutputPath": "https://b/k"}}}, "is not an S3 URI"),
        ({"definition": {"StaticHyperParameters": {"x": "1"}}}, "both static and tuned: x"),
        ({"definition": {"EnableManagedSpotTraining": True}}, "Invalid MaxWaitTimeInSeconds"),
        (
            {"definition": {"ResourceConfig": {"InstanceGroups": [], "KeepAlivePeriodInSeconds": 60}}},
            "TrainingJobDefinition.ResourceConfig.KeepAlivePeriodInSeconds is not supported",
        ),
        ({"config": {"ParameterRanges": {"ContinuousParameterRanges": [{**X, "MinValue": "2"}]}}}, "greater than Max"),
        ({"Tags": [{"Key": "aws:k", "Value": "v"}]}, "aws: prefixed tag key names"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_definition_is_checked_as_a_training_job_is(aws: LocalAws, change: dict[str, Any], named: str) -> None:
    client = aws.client("sagemaker", validate=False)
    request = tuning_request(aws, **change)
    assert named in invalid(client.create_hyper_parameter_tuning_job, **request)
    assert refused(client.describe_hyper_parameter_tuning_job, **{NAME: request[NAME]})[0] == "ResourceNotFound"


@pytest.mark.local_only
def test_a_tuning_job_that_has_ended_cannot_be_stopped_and_one_under_way_not_deleted(aws: LocalAws) -> None:
    name = tune(aws, "import time; time.sleep(600)")
    code, message = refused(aws.sagemaker.delete_hyper_parameter_tuning_job, **{NAME: name})
    assert (code, message) == (
        "ResourceInUse",
        f"The tuning job {name} is InProgress; only one that has ended can be deleted.",
    )
    aws.sagemaker.stop_hyper_parameter_tuning_job(**{NAME: name})
    assert tuned(aws, name)[STATUS] == "Stopped"
    assert invalid(aws.sagemaker.stop_hyper_parameter_tuning_job, **{NAME: name}) == (
        "The request was rejected because the tuning job is in status Stopped."
    )
    assert refused(aws.sagemaker.delete_hyper_parameter_tuning_job, **{NAME: "none"})[0] == "ResourceNotFound"


@pytest.mark.local_only
def test_a_tuning_job_whose_data_is_deleted_on_the_way_fails_and_says_so(aws: LocalAws) -> None:
    gate = unique("gate")
    request = tuning_request(aws, gated(gate), config=limits(5))
    aws.sagemaker.create_hyper_parameter_tuning_job(**request)
    first = eventually(lambda: training_jobs(aws, request[NAME]), "the first training job")[0]["TrainingJobName"]

    def trains() -> bool:
        return bool(aws.sagemaker.describe_training_job(TrainingJobName=first)["SecondaryStatus"] == "Training")

    eventually(trains, "its training")
    aws.s3.delete_object(Bucket=BUCKET, Key=f"code/{request[NAME]}/main.py")
    aws.put(gate, "open")
    job = tuned(aws, request[NAME])
    assert job[STATUS] == "Failed"
    assert job["FailureReason"].startswith("Training job 2 could not be created: No S3 objects found under S3 URL")
    assert job["BestTrainingJob"]["TrainingJobName"] == first
