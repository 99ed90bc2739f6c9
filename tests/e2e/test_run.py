"""`make run`, from nothing to a registered model, by the real Airflow and the real local SageMaker."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.e2e.conftest import FirstRun
from tests.support import agreement, parquet
from tests.support.local_aws import LocalAws, processing_request, unique
from tests.support.polling import eventually
from tests.support.stack import BUCKET, DAG_ID, PAUSE, LocalStack, name_of

pytestmark = pytest.mark.local_only

TRAINS = ("train xgboost", "train forest", "train linear")
TASKS = ("resolve", "validate", "preprocess", *TRAINS, "evaluate", "gate", "register", "report", "notify")


def test_the_first_run_succeeds_and_says_what_came_of_it(first: FirstRun) -> None:
    text = first.output.stdout
    assert first.output.returncode == 0, text + first.output.stderr
    for task in TASKS:
        assert f"{task} " in text, f"no progress of task {task}"
    for part in ("Test metrics", "mse", "Gate", "passed", ":model-package/abalone/1", "PendingManualApproval"):
        assert part in text
    assert f"s3://{BUCKET}/abalone/runs/" in text
    assert f"http://127.0.0.1:{first.stack.airflow_port}" in text
    assert "password" in text


def test_exactly_one_run_results(stack: LocalStack) -> None:
    assert [run["run_type"] for run in stack.runs()] == ["manual"]


def test_the_registered_version_carries_all_that_was_decided_on(stack: LocalStack) -> None:
    (version,) = stack.versions()
    package = stack.aws.sagemaker.describe_model_package(ModelPackageName=version["ModelPackageArn"])
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert "InferenceSpecification" not in package
    facts = package["CustomerMetadataProperties"]
    assert facts["window_end"]
    assert len(facts["code_sha256"]) == 64
    assert facts["candidates"].split() == ["xgboost", "forest", "linear"]
    assert int(facts["billed_seconds"]) > 0
    gate = json.loads(stack.aws.read(facts["gate"]))
    assert gate["passed"] is True
    report = json.loads(stack.aws.read(gate["report"]))
    mse = report["candidates"][gate["candidate"]]["regression_metrics"]["mse"]["value"]
    assert math.isclose(gate["metrics"]["mse"], mse)
    assert mse < report["baseline"]["regression_metrics"]["mse"]["value"] < 10
    assert report["champion"] == {"state": "none"}


def test_the_registered_version_is_read_with_the_aws_command_line(stack: LocalStack) -> None:
    (version,) = stack.versions()
    arn = version["ModelPackageArn"]
    package = json.loads(aws_cli(stack.aws, "sagemaker", "describe-model-package", "--model-package-name", arn))
    quality = package["ModelMetrics"]["ModelQuality"]
    assert package["DriftCheckBaselines"] == package["ModelMetrics"]
    baseline = package["DriftCheckBaselines"]["ModelDataQuality"]["Statistics"]["S3Uri"]
    described = json.loads(aws_cli(stack.aws, "s3", "cp", baseline, "-"))
    assert "sex" in {feature["name"] for feature in described["features"]}
    statistics = json.loads(aws_cli(stack.aws, "s3", "cp", quality["Statistics"]["S3Uri"], "-"))
    constraints = json.loads(aws_cli(stack.aws, "s3", "cp", quality["Constraints"]["S3Uri"], "-"))
    mse = statistics["regression_metrics"]["mse"]["value"]
    assert 0 < mse < constraints["regression_constraints"]["mse"]["threshold"]
    facts = package["CustomerMetadataProperties"]
    manifest = json.loads(aws_cli(stack.aws, "s3", "cp", facts["data_manifest"], "-"))
    assert len(manifest) > 1
    job = package["MetadataProperties"]["GeneratedBy"].rpartition("/")[2]
    trained = json.loads(aws_cli(stack.aws, "sagemaker", "describe-training-job", "--training-job-name", job))
    assert trained["ModelArtifacts"]["S3ModelArtifacts"] == facts["model_data"]
    card = json.loads(package["ModelCard"]["ModelCardContent"])
    (group,) = card["evaluation_details"][0]["metric_groups"]
    assert {metric["name"]: metric["value"] for metric in group["metric_data"]}["mse"] == mse


def test_the_report_is_a_page_that_task_and_version_lead_to(stack: LocalStack) -> None:
    (run,), (version,) = stack.runs(), stack.versions()
    links = stack.airflow.request(
        "GET", f"dags/abalone_training/dagRuns/{run['dag_run_id']}/taskInstances/report/links"
    )
    with urlopen(links["extra_links"]["Report"]) as answer:
        page = answer.read().decode()
    package = stack.aws.sagemaker.describe_model_package(ModelPackageName=version["ModelPackageArn"])
    assert page.encode() == stack.aws.read(package["CustomerMetadataProperties"]["report"])
    assert answer.headers["Content-Type"].startswith("text/html")
    for part in ("<svg", "mse against the baseline", "4.7"):
        assert part in page


def test_a_task_leads_to_its_job_its_log_and_its_artifacts(stack: LocalStack) -> None:
    (run,) = stack.runs()
    place = f"dags/abalone_training/dagRuns/{run['dag_run_id']}/taskInstances/validate/links"
    links = stack.airflow.request("GET", place)["extra_links"]
    job = json.loads(read(links["SageMaker job"]))
    assert job["ProcessingJobName"] == stack.result(run["dag_run_id"], "validate")["job_name"]
    assert f"=== {job['ProcessingJobName']}/algo-1-" in read(links["CloudWatch log"])
    assert "validate/validation.json</a>" in read(links["S3 artifacts"])


def test_the_run_is_summed_up(stack: LocalStack) -> None:
    (run,), (version,) = stack.runs(), stack.versions()
    (notice,) = stack.result(run["dag_run_id"], "notify")
    assert (notice["outcome"], notice["version"]) == ("registered", version["ModelPackageArn"])
    assert notice["text"].splitlines()[0] in stack.log(run["dag_run_id"], "notify")


def test_the_model_holds_no_pickle_and_its_preprocessing(stack: LocalStack) -> None:
    (version,) = stack.versions()
    package = stack.aws.sagemaker.describe_model_package(ModelPackageName=version["ModelPackageArn"])
    content = stack.aws.read(package["CustomerMetadataProperties"]["model_data"])
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = archive.getnames()
    assert "manifest.json" in names
    assert "preprocessing.json" in names
    assert not [name for name in names if Path(name).suffix in (".pkl", ".pickle", ".joblib")]


def test_the_aws_command_line_shows_the_runs_truth(stack: LocalStack) -> None:
    (run,) = stack.runs()
    job = stack.result(run["dag_run_id"], "train xgboost")["job_name"]
    described = json.loads(aws_cli(stack.aws, "sagemaker", "describe-training-job", "--training-job-name", job))
    assert described["TrainingJobStatus"] == "Completed"
    listed = json.loads(aws_cli(stack.aws, "sagemaker", "list-model-packages", "--model-package-group-name", "abalone"))
    assert len(listed["ModelPackageSummaryList"]) == 1
    uri = described["ModelArtifacts"]["S3ModelArtifacts"]
    assert "model.tar.gz" in aws_cli(stack.aws, "s3", "ls", uri)
    group = "/aws/sagemaker/TrainingJobs"
    streams = json.loads(
        aws_cli(stack.aws, "logs", "describe-log-streams", "--log-group-name", group, "--log-stream-name-prefix", job)
    )
    stream = streams["logStreams"][0]["logStreamName"]
    events = aws_cli(stack.aws, "logs", "get-log-events", "--log-group-name", group, "--log-stream-name", stream)
    assert "validation:mse=" in events


def read(address: str) -> str:
    with urlopen(address) as answer:
        return str(answer.read().decode())


def aws_cli(aws: LocalAws, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("aws")), *arguments]
    result = subprocess.run(
        command, env=aws_environ(aws), text=True, capture_output=True, timeout=60, check=False
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout


def aws_environ(aws: LocalAws) -> dict[str, str]:
    """What a user exports to reach the local AWS with any client."""
    return {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
    }


def test_another_use_case_goes_all_the_way_to_a_prediction_of_production(stack: LocalStack) -> None:
    result = stack.call("run", "--use-case", "churn")
    assert result.returncode == 0, result.stdout + result.stderr
    for part in ("train forest", "tune tuned", "auc", ":model-package/churn/1 (Approved)", "Prediction"):
        assert part in result.stdout
    live = stack.aws.sagemaker.describe_endpoint(EndpointName="churn-production")
    assert live["EndpointStatus"] == "InService"
    champion = json.loads(stack.aws.read(f"s3://{BUCKET}/churn/champion.json"))["champion"]
    assert live["EndpointConfigName"] == champion["config_name"]
    smoke = json.loads(stack.aws.read(champion["smoke"]))
    predicted = float(result.stdout.split("Prediction")[1].split()[0])
    assert math.isclose(predicted, smoke["predictions"][0], rel_tol=1e-5)
    asked = stack.call("predict", "--use-case", "churn")
    assert asked.stdout.splitlines()[-1] == f"Prediction     {predicted}"
    bad = stack.call("predict", "--use-case", "churn", "nonsense")
    assert bad.returncode == 1
    assert "row 1" in bad.stderr


def test_the_champion_scores_a_day_and_scoring_it_again_replaces_the_predictions(stack: LocalStack) -> None:
    stack.airflow.unpause("churn_scoring")
    times = set()
    for _ in range(2):
        run_id = stack.trigger({"day": "2026-03-31"}, "churn_scoring")
        assert set(stack.finished(run_id, "churn_scoring").values()) == {"success"}
        (key,) = keys(stack, "churn/predictions/")
        assert key == "churn/predictions/day=2026-03-31/predictions.parquet"
        scored = parquet.rows(stack.aws.read(f"s3://{BUCKET}/{key}"))
        times |= {row["predicted_at"] for row in scored}
    assert len(times) == 2
    (data,) = keys(stack, "churn/data/day=2026-03-31/")
    there = list(csv.DictReader(io.StringIO(stack.aws.read(f"s3://{BUCKET}/{data}").decode())))
    assert [row["Phone"] for row in scored] == [row["Phone"] for row in there]
    assert {row["model_version"] for row in scored} == {1}
    assert all(0 < row["prediction"] < 1 for row in scored)
    skipped = stack.trigger({"day": "1970-01-01"}, "churn_scoring")
    assert set(stack.finished(skipped, "churn_scoring").values()) == {"success", "skipped"}


def test_endpoint_batch_and_evaluation_agree_on_every_held_out_row(stack: LocalStack) -> None:
    abalone, churn = (agreement.first_version(stack, name) for name in ("abalone", "churn"))
    with agreement.served(stack, abalone.model_data) as name:
        require_agreement(stack, abalone, name, name)
    champion = json.loads(stack.aws.read(f"s3://{BUCKET}/churn/champion.json"))["champion"]
    require_agreement(stack, churn, "churn-production", champion["model_name"])


def require_agreement(stack: LocalStack, version: agreement.Version, endpoint: str, model: str) -> None:
    evaluated, rows = version.evaluated, version.rows
    assert len(evaluated) > 500
    assert len(set(evaluated)) > 100
    found = {
        "endpoint": agreement.by_endpoint(stack, endpoint, rows),
        "batch": agreement.by_batch(stack, model, rows),
    }
    for way, predictions in found.items():
        pairs = zip(predictions, evaluated, strict=True)
        wrong = [row for row, (one, two) in enumerate(pairs) if not math.isclose(one, two, rel_tol=1e-5)]
        assert not wrong, f"{way} predicts {len(wrong)} rows otherwise than the evaluation, the first is {wrong[0]}"


def keys(stack: LocalStack, prefix: str) -> list[str]:
    found = stack.aws.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return [item["Key"] for item in found]


def test_what_a_use_case_registered_is_all_there(stack: LocalStack) -> None:
    (version,) = stack.versions("churn")
    package = stack.aws.sagemaker.describe_model_package(ModelPackageName=version["ModelPackageArn"])
    gate = json.loads(stack.aws.read(package["CustomerMetadataProperties"]["gate"]))
    assert 0.96 < gate["metrics"]["auc"] < 1
    assert {check["candidate"] for check in gate["checks"]} == {"xgboost", "tuned", "forest"}


def test_other_parameters_do_what_the_form_says(stack: LocalStack) -> None:
    before = len(stack.versions())
    run_id = stack.trigger({"max_mse": 1.0, "xgboost_max_depth": 2, "xgboost_num_round": 50})
    states = stack.finished(run_id)
    assert (states["run"], states["gate"], states["register"]) == ("success", "success", "skipped")
    gate = stack.result(run_id, "gate")
    assert gate["passed"] is False
    assert stack.result(run_id, "notify")[0]["outcome"] == "refused"
    assert "misses the threshold <= 1" in gate["reason"]
    assert gate["reason"] in stack.log(run_id, "register"), "the skipped task does not say why"
    job = stack.result(run_id, "train xgboost")["job_name"]
    hyperparameters = stack.aws.sagemaker.describe_training_job(TrainingJobName=job)["HyperParameters"]
    assert (hyperparameters["max_depth"], hyperparameters["num_round"]) == ("2", "50")
    assert len(stack.versions()) == before


def test_one_candidate_that_cannot_be_trained_is_seen_and_stops_no_other(stack: LocalStack) -> None:
    run_id = stack.trigger({"xgboost_device": "cuda"})
    states = stack.finished(run_id)
    assert states.pop("train xgboost") == "failed"
    assert states.pop("rebaseline") == "skipped", "nothing has drifted"
    assert set(states.values()) == {"success"}, states
    assert "built for CPUs only" in stack.log(run_id, "train xgboost")
    gate = stack.result(run_id, "gate")
    assert (gate["candidate"], {check["candidate"] for check in gate["checks"]}) == ("forest", {"forest"})
    assert "Could not be trained: xgboost" in stack.result(run_id, "notify")[0]["text"]


def test_a_parameter_out_of_range_is_refused_at_once(stack: LocalStack) -> None:
    with pytest.raises(Exception, match="xgboost_max_depth"):
        stack.trigger({"xgboost_max_depth": 0})


def test_a_candidate_no_better_than_the_champion_is_refused(stack: LocalStack) -> None:
    champion = stack.versions()[0]["ModelPackageArn"]
    stack.aws.sagemaker.update_model_package(ModelPackageArn=champion, ModelApprovalStatus="Approved")
    run_id = stack.trigger({})
    states = stack.finished(run_id)
    assert (states["run"], states["register"]) == ("success", "skipped")
    gate = stack.result(run_id, "gate")
    refused = {check["rule"] for check in gate["checks"] if check["held"] is False}
    assert refused == {"mse against the champion"}
    stack.aws.sagemaker.update_model_package(ModelPackageArn=champion, ModelApprovalStatus="Rejected")


def test_a_task_whose_job_takes_long_is_deferred_and_resumes(stack: LocalStack) -> None:
    slots = [unique("sleeper") for _ in range(os.cpu_count() or 1)]
    for name in slots:
        stack.aws.sagemaker.create_processing_job(**sleeper(stack, name))
    # The only job that is run again, but for those of the evaluation and the report.
    run_id = stack.trigger({"xgboost_num_round": 299})
    eventually(lambda: deferred(stack, run_id) == ["train xgboost"], "the deferral of the training", 120, PAUSE)
    for name in slots:
        stack.aws.sagemaker.stop_processing_job(ProcessingJobName=name)
    states = stack.finished(run_id)
    assert (states["run"], states["register"]) == ("success", "success")


def deferred(stack: LocalStack, run_id: str) -> list[str]:
    """The tasks of a run that wait in the triggerer."""
    tasks = stack.airflow.task_instances(DAG_ID, run_id)
    return [name_of(task) for task in tasks if task["state"] == "deferred"]


def sleeper(stack: LocalStack, name: str) -> dict[str, Any]:
    """A job that takes one of the places, of which there are as many as cores, until it is stopped."""
    resolved = stack.result(stack.runs()[0]["dag_run_id"], "resolve")
    program = ["python3", "-c", "import time; time.sleep(600)"]
    application = {"ImageUri": resolved["image"]["uri"], "ContainerEntrypoint": program}
    return processing_request(name, "", AppSpecification=application, RoleArn=resolved["role_arn"])


@pytest.mark.parametrize(
    ("day", "content", "told"),
    [
        ("1980-01-01", "sex,length\nM,0.5\n", "diameter"),
        ("1981-01-01", None, "not-a-number"),
    ],
    ids=["a missing column", "text where a number belongs"],
)
def test_bad_data_fails_the_run_says_what_to_mend_and_registers_nothing(
    stack: LocalStack, day: str, content: str | None, told: str
) -> None:
    before = len(stack.versions())
    key = f"abalone/data/day={day}/bad.csv"
    stack.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=content or with_text_for_a_number())
    try:
        run_id = stack.trigger({"window_end": f"{day[:4]}-12-31"})
        states = stack.finished(run_id)
    finally:
        stack.aws.s3.delete_object(Bucket=BUCKET, Key=key)
    assert (states["run"], states["validate"]) == ("failed", "failed")
    assert told in stack.log(run_id, "validate")
    assert states["preprocess"] == "upstream_failed"
    assert len(stack.versions()) == before


def with_text_for_a_number() -> str:
    head, first, *_ = Path("include/data/abalone.csv").read_text().splitlines()
    values = first.split(",")
    return "\n".join([head, ",".join([values[0], "not-a-number", *values[2:]])]) + "\n"


def test_a_window_without_data_fails_at_once_and_says_so(stack: LocalStack) -> None:
    run_id = stack.trigger({"window_end": "1970-01-01"})
    states = stack.finished(run_id)
    assert (states["run"], states["resolve"]) == ("failed", "failed")
    assert "1970-01-01" in stack.log(run_id, "resolve")


def test_a_second_run_reuses_the_stack_and_what_has_not_changed(stack: LocalStack) -> None:
    before, runs = stack.call("status").stdout, len(stack.runs())
    jobs, versions = jobs_of(stack), stack.versions()
    again = stack.call("train")
    assert again.returncode == 0, again.stdout + again.stderr
    assert processes(stack.call("status").stdout) == processes(before)
    assert len(stack.runs()) == runs + 1
    assert jobs_of(stack) == jobs, "a job was started although nothing has changed"
    assert stack.versions() == versions
    run_id = stack.runs()[-1]["dag_run_id"]
    assert "Nothing has changed since run" in stack.log(run_id, "train xgboost")
    assert stack.result(run_id, "train xgboost")["reused"]["dag_id"] == "abalone_training"


def jobs_of(stack: LocalStack) -> set[str]:
    """Every processing and training job."""
    client = stack.aws.sagemaker
    processing = client.get_paginator("list_processing_jobs").paginate()
    training = client.get_paginator("list_training_jobs").paginate()
    return {
        *(job["ProcessingJobName"] for page in processing for job in page["ProcessingJobSummaries"]),
        *(job["TrainingJobName"] for page in training for job in page["TrainingJobSummaries"]),
    }


def processes(status: str) -> list[str]:
    return [line.split("process ")[1].split(",")[0] for line in status.splitlines() if "process " in line]
