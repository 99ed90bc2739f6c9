"""XGBoost as the built-in algorithm, on the sample data."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.abalone import as_csv, as_libsvm, rows
from tests.support.distributed import train_together
from tests.support.hosting import Hosting, variant
from tests.support.local_aws import BUCKET, ROLE, LocalAws, channel, unique
from tests.support.managed import XGBOOST, artifact, train_managed, train_script
from tests.support.transform import Transforms
from tests.support.tuning import tune, tuned

VALUES = {"num_round": "5", "objective": "reg:squarederror", "max_depth": "3", "nthread": "1"}


@pytest.fixture(scope="module")
def data(aws: LocalAws) -> str:
    """A prefix with train and validation data in CSV and in libsvm."""
    prefix = unique("abalone")
    for part, table in (("train", rows(0, 1000)), ("validation", rows(1000, 1300))):
        aws.put(f"{prefix}/csv/{part}/a#1.csv", as_csv(table))
        aws.put(f"{prefix}/libsvm/{part}/a", as_libsvm(table))
    return prefix


def inputs(data: str, kind: str = "csv", **more: Any) -> list[dict[str, Any]]:
    typed = {"ContentType": "text/csv"} if kind == "csv" else {}
    return [channel(part, f"s3://{BUCKET}/{data}/{kind}/{part}", **typed, **more) for part in ("train", "validation")]


@pytest.mark.documented("xgboost: CSV, metrics, model")
def test_it_trains_on_csv_and_its_metrics_need_no_definitions(aws: LocalAws, data: str) -> None:
    job = train_managed(aws, XGBOOST, HyperParameters=VALUES, InputDataConfig=inputs(data))
    lines = aws.log_lines("TrainingJobs", job["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Completed", lines
    rounds = [line for line in lines if line.startswith("[") and "#011validation-rmse:" in line]
    assert [line.partition("#011")[0] for line in rounds] == ["[0]", "[1]", "[2]", "[3]", "[4]"]
    last = float(rounds[-1].rpartition(":")[2])
    final = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert final.keys() == {"train:rmse", "validation:rmse"}
    assert final["validation:rmse"] == pytest.approx(last)
    assert final["train:rmse"] < 3
    names = [definition["Name"] for definition in job["AlgorithmSpecification"]["MetricDefinitions"]]
    assert {"validation:auc", "train:mae"} <= set(names)
    assert len(names) <= 40
    assert artifact(aws, job).keys() == {"xgboost-model"}


@pytest.mark.documented("xgboost: libsvm is the default; checkpoints")
def test_it_trains_on_libsvm_keeps_checkpoints_and_goes_on_from_them(aws: LocalAws, data: str) -> None:
    kept = f"{data}/checkpoints"
    request: dict[str, Any] = {
        "InputDataConfig": inputs(data, "libsvm"),
        "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/{kept}"},
    }
    values = {**VALUES, "eval_metric": "mae,mse"}
    first = train_managed(aws, XGBOOST, HyperParameters={**values, "num_round": "7"}, **request)
    assert first["TrainingJobStatus"] == "Completed", first.get("FailureReason")
    assert aws.keys(f"{kept}/") == [f"xgboost-checkpoint.{number}" for number in range(2, 7)]
    second = train_managed(aws, XGBOOST, HyperParameters={**values, "num_round": "9"}, **request)
    lines = aws.log_lines("TrainingJobs", second["TrainingJobName"])
    assert [line.partition("#011")[0] for line in lines if "#011train-mae" in line] == ["[0]", "[1]"], lines
    assert aws.keys(f"{kept}/") == [f"xgboost-checkpoint.{number}" for number in range(2, 9)]
    assert {metric["MetricName"] for metric in second["FinalMetricDataList"]} == {
        f"{part}:{metric}" for part in ("train", "validation") for metric in ("mae", "mse")
    }


@pytest.mark.documented("xgboost: distributed training, ShardedByS3Key")
def test_two_instances_train_one_model_and_a_third_without_data_stands_by(aws: LocalAws) -> None:
    prefix = unique("sharded")
    for number in range(2):
        aws.put(f"{prefix}/train/{number}.csv", as_csv(rows(500 * number, 500 * (number + 1))))
    source = {"S3DataType": "S3Prefix", "S3DataDistributionType": "ShardedByS3Key"}
    sharded = {"S3DataSource": {**source, "S3Uri": f"s3://{BUCKET}/{prefix}/train"}}
    job = train_managed(
        aws,
        XGBOOST,
        HyperParameters={**VALUES, "tree_method": "hist"},
        InputDataConfig=[{"ChannelName": "train", "ContentType": "text/csv", "DataSource": sharded}],
        ResourceConfig={"InstanceCount": 3, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
    )
    lines = aws.log_lines("TrainingJobs", job["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Completed", lines
    assert sum("Train matrix has 500 rows" in line for line in lines) == 2
    assert sum("not being used for distributed training" in line for line in lines) == 1
    assert sum("[4]#011train-rmse:" in line for line in lines) == 1, "\n".join(lines)
    assert artifact(aws, job).keys() == {"xgboost-model"}


@pytest.mark.documented("sagemaker-xgboost-container: hyperparameter_validation")
def test_a_hyperparameter_out_of_range_fails_with_the_containers_text(aws: LocalAws, data: str) -> None:
    job = train_managed(aws, XGBOOST, HyperParameters={**VALUES, "eta": "1.5"}, InputDataConfig=inputs(data))
    assert job["FailureReason"].startswith("AlgorithmError: framework error: \nTraceback (most recent call last):\n")
    assert job["FailureReason"].endswith("\nHyperparameter eta: 1.5 is not in [0, 1], exit code: 1")


@pytest.mark.documented("sagemaker-xgboost-container: XGB train call failed with exception")
def test_data_that_xgboost_will_not_have_fails_with_its_text(aws: LocalAws, data: str) -> None:
    values = {"num_round": "1", "objective": "multi:softmax", "num_class": "2"}
    job = train_managed(aws, XGBOOST, HyperParameters=values, InputDataConfig=inputs(data))
    assert "label must be in [0, num_class)" in job["FailureReason"]
    assert "Stack trace" not in job["FailureReason"]


@pytest.mark.documented("API_CreateTrainingJob: metric definitions of Amazon SageMaker algorithms")
def test_a_tuning_jobs_objective_is_measured_though_nothing_else_asks_for_it(aws: LocalAws, data: str) -> None:
    values = {"num_round": "2", "objective": "reg:squarederror", "_tuning_objective_metric": "validation:mae"}
    job = train_managed(aws, XGBOOST, HyperParameters=values, InputDataConfig=inputs(data, InputMode="Pipe"))
    assert job["TrainingJobStatus"] == "Completed", aws.log_lines("TrainingJobs", job["TrainingJobName"])
    assert {metric["MetricName"] for metric in job["FinalMetricDataList"]} == {"train:mae", "validation:mae"}


SCRIPT = """
import json, os, sys, xgboost
print(sys.argv[1:], __name__)
rows = xgboost.DMatrix(os.environ["SM_CHANNEL_TRAIN"] + "?format=csv&label_column=0")
model = xgboost.train({"max_depth": 2}, rows, 2, evals=[(rows, "train")])
model.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "model.json"))
"""


@pytest.mark.documented("sagemaker-xgboost-container: script mode")
def test_a_script_on_the_image_runs_as_a_module_and_its_rounds_are_metrics_too(aws: LocalAws, data: str) -> None:
    train, _ = inputs(data)
    name = unique("named")
    aws.s3.copy_object(Bucket=BUCKET, Key=f"{name}/a.csv", CopySource=f"{BUCKET}/{data}/csv/train/a#1.csv")
    train["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/{name}"
    hyperparameters = {"max_depth": "2"}
    job = train_script(
        aws, {"abalone.py": SCRIPT}, "abalone.py", XGBOOST, HyperParameters=hyperparameters, InputDataConfig=[train]
    )
    lines = aws.log_lines("TrainingJobs", job["TrainingJobName"])
    assert "['--max_depth', '2'] __main__" in lines, lines
    assert any(line.endswith(" -m abalone --max_depth 2") for line in lines)
    assert [metric["MetricName"] for metric in job["FinalMetricDataList"]] == ["train:rmse"]
    assert artifact(aws, job).keys() == {"model.json"}


@pytest.mark.documented("xgboost-tuning; automatic-model-tuning-ex-tuning-job")
def test_it_is_tuned_by_a_metric_of_its_own(aws: LocalAws, data: str) -> None:
    """The guide's example: no metric definitions, static hyperparameters, ranges of all three kinds."""
    ranges = {
        "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.05", "MaxValue": "1"}],
        "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "6"}],
        "CategoricalParameterRanges": [{"Name": "tree_method", "Values": ["exact", "hist"]}],
    }
    algorithm = {"TrainingImage": XGBOOST, "TrainingInputMode": "File"}
    static = {name: value for name, value in VALUES.items() if name != "max_depth"}
    name = tune(
        aws,
        config={
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:rmse"},
            "ParameterRanges": ranges,
            "limits": {"MaxNumberOfTrainingJobs": 6, "MaxParallelTrainingJobs": 3},
        },
        definition={
            "AlgorithmSpecification": algorithm,
            "InputDataConfig": inputs(data),
            "StaticHyperParameters": static,
        },
    )
    job = tuned(aws, name)
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 6, "Pending": 0, "Failed": 0}, job
    best = job["BestTrainingJob"]
    trained = aws.trained(best["TrainingJobName"])
    final = {metric["MetricName"]: metric["Value"] for metric in trained["FinalMetricDataList"]}
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == final["validation:rmse"] < 4
    assert best["TunedHyperParameters"].keys() == {"eta", "max_depth", "tree_method"}
    assert artifact(aws, trained).keys() == {"xgboost-model"}


@pytest.mark.documented("xgboost_abalone_dist_script_mode: the distributed script of the SDK's examples")
def test_a_script_trains_over_the_instances_that_have_data(aws: LocalAws) -> None:
    job = train_together(aws, 3)
    lines = aws.log_lines("TrainingJobs", job["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Completed", lines
    assert lines.count("trained on 500") == 2, lines
    assert sum("[1]#011train-rmse:" in line for line in lines) == 1
    assert artifact(aws, job).keys() == {"xgboost-model"}


@pytest.mark.documented("xgboost: distributed training")
def test_who_fails_in_a_collective_ends_the_job_with_its_reason(aws: LocalAws) -> None:
    job = train_together(aws, 2, failing="algo-1")
    assert job["TrainingJobStatus"] == "Failed"
    assert "ValueError: of algo-1" in job["FailureReason"], job


@pytest.mark.documented("xgboost: an endpoint and a batch transform of the trained model")
def test_its_model_serves_at_an_endpoint_and_in_batch(aws: LocalAws, hosting: Hosting, data: str) -> None:
    train, _ = inputs(data)
    job = train_managed(aws, XGBOOST, HyperParameters=VALUES, InputDataConfig=[train])
    model = unique("abalone")
    container = {"Image": XGBOOST, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]}
    aws.sagemaker.create_model(ModelName=model, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    table = "".join(",".join(row[1:]) + "\n" for row in rows(0, 3))
    endpoint = hosting.endpoint(hosting.config(variant(model)))
    transforms = Transforms(hosting)
    batch = transforms.start({"a.csv": table}, {"ContentType": "text/csv", "SplitType": "Line"}, model=model)
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
    answers = [float(value) for value in hosting.invoke(endpoint, table, ContentType="text/csv").split(b",")]
    assert len(answers) == 3
    assert all(1 < answer < 29 for answer in answers)
    assert transforms.ended(batch)["TransformJobStatus"] == "Completed", transforms.log(batch)
    assert "xgboost 3.0.5" in transforms.log(batch)[0]
    assert [float(line) for line in aws.read(f"{transforms.output(batch)}/a.csv.out").split()] == answers
