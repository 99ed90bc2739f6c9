"""The training DAG's tasks, rendered by Airflow and run in order against an AWS of HTTP answers."""

import json
import shlex
from collections.abc import Mapping
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import Param
from airflow.sdk.definitions.param import process_params
from airflow.sdk.exceptions import AirflowSkipException, ParamValidationError
from jinja2 import Template

from lifecycle.training import training_dag
from lifecycle.use_case import Candidate, Tuning, UseCase
from mlops_sagemaker.requests import ContinuousRange
from tests.dags.lifecycle.declared import declared
from tests.unit.mlops_sagemaker.contexts import RUN_AFTER, RUN_ID, context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws
from tests.unit.mlops_sagemaker.reports import report

STEPS = ["resolve", "validate", "preprocess", "train", "evaluate", "gate", "report", "register", "notify"]
CANDIDATES = ["xgboost", "linear"]
SHA = "ab" * 32
RELEASE = {
    "format": 2,
    "release": "0123456789abcdef",
    "bucket": "bucket",
    "role_arn": "arn:aws:iam::000000000000:role/jobs",
    "code": {
        "rings": {
            "uri": "s3://bucket/code/rings/",
            "sha256": SHA,
            "steps": {
                step: {"uri": f"s3://bucket/code/{step}/", "sha256": SHA}
                for step in ("validate", "preprocess", "train", "evaluate", "report")
            },
        }
    },
    "images": {"training": {"uri": "registry/training:1", "sha256": SHA}},
}


class Variables:
    """The template variable ``var.value``."""

    def get(self, name: str, default: str) -> str:
        return {"nightshift_release": "s3://bucket/releases/current.json"}.get(name, default)


class Run:
    """A run of the training DAG on an AWS that has a release and data of one day."""

    def __init__(
        self,
        fake: FakeAws,
        use_case: UseCase | None = None,
        run_id: str = RUN_ID,
        run_type: str = "scheduled",
        of_run: Mapping[str, Any] | None = None,
        **conf: Any,
    ) -> None:
        self.aws = fake
        self.kind: dict[str, Any] = {"run_id": run_id, "run_type": run_type, **(of_run or {})}
        self.dag = training_dag(use_case or declared())
        self.conf = conf
        self.xcoms: dict[str, Any] = {}
        fake.objects.setdefault("bucket/releases/current.json", json.dumps(RELEASE).encode())
        fake.objects.setdefault("bucket/rings/data/day=1995-11-30/a.csv", b"rings")

    def execute(self, *task_ids: str) -> Any:
        """Render tasks with the run's parameters and earlier results, and run them; the last one's result."""
        for task_id in task_ids:
            if task_id == "gate":
                self.report(mse=4.5)
            if task_id == "report":
                folder = self.xcoms["resolve"]["run_uri"].removeprefix("s3://")
                self.aws.objects[f"{folder}/report/report.html"] = b"<html>"
            task = self.dag.get_task(task_id)
            if task.is_mapped:
                indexes = range(len(task.expand_input.value["job"]))
                self.xcoms[task_id] = {index: self._execute(task, index) for index in indexes}
            else:
                self.xcoms[task_id] = self._execute(task)
        return self.xcoms[task_ids[-1]]

    def _execute(self, task: Any, map_index: int = -1) -> Any:
        context = context_for(task, xcoms=self.xcoms, map_index=map_index, **self.kind)
        context["dag"], context["dag_run"].conf = self.dag, self.conf
        context["params"] = process_params(self.dag, task, self.conf, suppress_exception=False)
        context["var"] = {"value": Variables()}
        task.render_template_fields(context)
        return context["ti"].task.execute(context)

    def report(self, mse: float) -> None:
        """What the evaluation job, which does not really run, would have written."""

        document = report(mse=mse, champion=4.7 if self.xcoms["resolve"]["champion"] else None)
        folder = self.xcoms["resolve"]["run_uri"].removeprefix("s3://")
        self.aws.objects[f"{folder}/evaluate/evaluation.json"] = json.dumps(document).encode()
        for name in ("statistics", "constraints"):
            self.aws.objects[f"{folder}/evaluate/quality/xgboost/{name}.json"] = b"{}"
            self.aws.objects[f"{folder}/validate/quality/{name}.json"] = b"{}"

    def job(self, step: str) -> Any:
        """The request of a step's job."""
        return self.aws.jobs[self.xcoms[step]["job_name"]]

    def training_job(self, candidate: str) -> Any:
        """The request of a candidate's job."""
        return self.aws.jobs[self.trained(candidate)["job_name"]]

    def trained(self, candidate: str) -> Any:
        """What came of a candidate's training."""
        return self.xcoms["train"][CANDIDATES.index(candidate)]


def inputs(job: Any) -> dict[str, str]:
    return {source["InputName"]: source["S3Input"]["S3Uri"] for source in job["ProcessingInputs"]}


def outputs(job: Any) -> dict[str, str]:
    targets = job["ProcessingOutputConfig"]["Outputs"]
    return {target["OutputName"]: target["S3Output"]["S3Uri"] for target in targets}


def test_the_steps_follow_each_other() -> None:
    dag = training_dag(declared())
    for before, after in pairwise(STEPS):
        assert before in dag.get_task(after).upstream_task_ids
    assert set(dag.task_ids) == {*STEPS, "rebaseline"}


def test_a_run_ends_with_a_registered_model(aws: FakeAws) -> None:
    run = Run(aws)
    (notice,) = run.execute(*STEPS)
    registered = run.xcoms["register"]
    assert (notice["outcome"], notice["version"]) == ("registered", registered["model_package_arn"])
    assert (registered["group"], registered["version"]) == ("rings", 1)
    assert registered["model_data"] == run.trained("xgboost")["model_data"]
    assert run.xcoms["gate"]["passed"] is True


def test_every_step_finds_what_the_one_before_left(aws: FakeAws) -> None:
    run = Run(aws)
    run.execute("resolve", "validate", "preprocess", "train", "evaluate")
    folder = run.xcoms["resolve"]["run_uri"]
    code = {step: {"code": f"s3://bucket/code/{step}/"} for step in STEPS}
    data = {"data": f"{folder}/manifest.json"}
    assert inputs(run.job("validate")) == {**data, **code["validate"]}
    assert inputs(run.job("preprocess")) == {**data, **code["preprocess"]}
    parts = outputs(run.job("preprocess"))
    assert parts == {part: f"{folder}/preprocess/{part}/" for part in ("train", "validation", "test", "preprocessing")}
    channels = {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in run.training_job("xgboost")["InputDataConfig"]
    }
    del parts["test"]
    assert channels == {**parts, **code["train"]}
    models = {name: run.trained(name)["model_data"] for name in CANDIDATES}
    assert all(model.startswith(f"{folder}/train/{name}/") for name, model in models.items())
    evaluated = {f"candidate-{name}": model for name, model in models.items()}
    assert inputs(run.job("evaluate")) == {
        "test": f"{folder}/preprocess/test/",
        **evaluated,
        **code["evaluate"],
    }
    places = {source["InputName"]: source["S3Input"]["LocalPath"] for source in run.job("evaluate")["ProcessingInputs"]}
    assert places["candidate-linear"] == "/opt/ml/processing/input/candidates/linear"


def test_a_candidate_that_failed_is_not_evaluated_and_the_others_are(aws: FakeAws) -> None:
    run = Run(aws)
    run.execute("resolve", "validate", "preprocess", "train")
    del run.xcoms["train"][CANDIDATES.index("linear")]
    run.execute("evaluate")
    found = [name for name in inputs(run.job("evaluate")) if name.startswith("candidate-")]
    assert found == ["candidate-xgboost"]
    rules = {task.task_id: task.trigger_rule for task in run.dag.tasks}
    assert rules.pop("evaluate") == "all_done_min_one_success"
    assert rules.pop("notify") == "none_failed"
    assert set(rules.values()) == {"all_success"}


def test_a_mapped_task_is_shown_by_its_candidate() -> None:
    train = training_dag(declared()).get_task("train")
    template = train.partial_kwargs["map_index_template"]
    shown = [Template(template).render(ti=SimpleNamespace(map_index=index)) for index in range(len(CANDIDATES))]
    assert shown == CANDIDATES


def test_every_job_is_a_step_of_the_use_case(aws: FakeAws) -> None:
    run = Run(aws)
    run.execute("resolve", "validate", "preprocess", "train", "evaluate")
    command = shlex.split(run.training_job("linear")["Environment"]["TRAINING_COMMAND"])
    assert command[:4] == ["rings", "train", "--candidate", "linear"]
    arguments = [run.job(step)["AppSpecification"]["ContainerArguments"] for step in ("validate", "evaluate")]
    assert arguments == [["validate"], ["evaluate", "--fresh-from="]]


def test_the_release_says_image_and_role_of_every_job(aws: FakeAws) -> None:
    run = Run(aws)
    run.execute("resolve", "validate", "preprocess", "train")
    assert {job["RoleArn"] for job in aws.jobs.values()} == {RELEASE["role_arn"]}
    assert run.training_job("xgboost")["AlgorithmSpecification"]["TrainingImage"] == "registry/training:1"
    assert run.job("validate")["AppSpecification"]["ImageUri"] == "registry/training:1"


def test_the_form_reaches_the_jobs(aws: FakeAws) -> None:
    machines = {"training_instance": "ml.c5.2xlarge", "training_instances": 3, "processing_instance": "ml.t3.medium"}
    run = Run(aws, xgboost_eta=0.25, **machines)
    run.execute("resolve", "validate", "preprocess", "train")
    assert run.training_job("xgboost")["HyperParameters"] == {"eta": "0.25"}
    assert run.training_job("linear")["HyperParameters"] == {}
    assert run.training_job("xgboost")["ResourceConfig"]["InstanceType"] == "ml.c5.2xlarge"
    assert run.training_job("xgboost")["ResourceConfig"]["InstanceCount"] == 3
    cluster = run.job("validate")["ProcessingResources"]["ClusterConfig"]
    assert cluster["InstanceType"] == "ml.t3.medium"


def test_the_forms_window_decides_what_is_seen(aws: FakeAws) -> None:
    assert Run(aws, window_end="1996-01-01").execute("resolve")["window"]["end"] == "1996-01-01"
    assert Run(aws).execute("resolve")["window"]["end"] == RUN_AFTER.date().isoformat()


@pytest.mark.parametrize(
    "conf",
    [
        {"xgboost_eta": "0.1"},
        {"xgboost_eta": -1},
        {"max_mse": None},
        {"window_end": "soon"},
        {"training_instance": "x"},
        {"training_instances": 0},
        {"training_instances": 1.5},
        {"approval": "maybe"},
        {"test_share": 0},
        {"validation_share": 0.5},
    ],
)
def test_a_form_filled_in_wrongly_is_refused(aws: FakeAws, conf: dict[str, Any]) -> None:
    with pytest.raises(ParamValidationError):
        Run(aws, **conf).execute("resolve")
    assert not aws.calls


def test_the_forms_threshold_decides_and_a_refused_model_is_skipped(aws: FakeAws) -> None:
    run = Run(aws, max_mse=4.4)
    gate = run.execute(*STEPS[:-3])
    assert "mse 4.5 misses the threshold <= 4.4" in gate["reason"]
    run.execute("report")
    with pytest.raises(AirflowSkipException, match="misses the threshold"):
        run.execute("register")
    assert not aws.packages
    (notice,) = run.execute("notify")
    assert (notice["outcome"], notice["version"]) == ("refused", None)


def test_the_champion_is_scored_and_must_be_beaten(aws: FakeAws) -> None:
    aws.groups["rings"] = ""
    properties = {"model_data": "s3://bucket/champion.tar.gz", "window_end": "2026-02-28"}
    champion = {"ModelPackageGroupName": "rings", "ModelApprovalStatus": "Approved"}
    aws.call("CreateModelPackage", {**champion, "CustomerMetadataProperties": properties})
    run = Run(aws)
    gate = run.execute(*STEPS[:-3])
    assert inputs(run.job("evaluate"))["champion"] == "s3://bucket/champion.tar.gz"
    assert run.job("evaluate")["AppSpecification"]["ContainerArguments"] == ["evaluate", "--fresh-from=2026-02-28"]
    assert [check["rule"] for check in gate["checks"] if check["held"]] == [
        "rows",
        "mse threshold",
        "mse against the champion",
    ]


def test_the_report_is_made_of_evaluation_and_verdict(aws: FakeAws) -> None:
    run = Run(aws)
    run.execute(*STEPS[:-1])
    folder, code = run.xcoms["resolve"]["run_uri"], "s3://bucket/code/report/"
    assert inputs(run.job("report")) == {
        "evaluation": f"{folder}/evaluate/",
        "gate": run.xcoms["gate"]["record"],
        "code": code,
    }
    assert outputs(run.job("report")) == {"page": f"{folder}/report/"}
    assert run.xcoms["report"]["page"] == f"{folder}/report/report.html"
    assert aws.packages[0]["CustomerMetadataProperties"]["report"] == run.xcoms["report"]["page"]


def test_notifiers_are_told_of_runs_that_end_and_of_runs_that_fail(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_NIGHTSHIFT_TOPIC", "")
    told: list[str] = []
    run = Run(aws, declared(notifiers=[lambda context: told.append(context["notice"].outcome)]))
    run.execute(*STEPS)
    failed = {**context_for(run.dag.get_task("gate")), "dag": run.dag, "reason": "task_failure"}
    run.dag.on_failure_callback(failed)
    assert told == ["registered", "failed"]


def test_the_forms_split_reaches_the_steps_that_split_and_that_train(aws: FakeAws) -> None:
    run = Run(aws, test_share=0.2)
    run.execute("resolve", "validate", "preprocess", "train")
    asked = ["--test-share=0.2", "--validation-share="]
    assert run.job("preprocess")["AppSpecification"]["ContainerArguments"] == ["preprocess", *asked]
    command = shlex.split(run.training_job("xgboost")["Environment"]["TRAINING_COMMAND"])
    assert command == ["rings", "train", "--candidate", "xgboost", *asked]


TUNED = Candidate(
    hyperparameters={"seed": Param(7, type="integer", minimum=0)},
    tuning=Tuning(ranges={"eta": ContinuousRange(0.1, 0.3)}, max_jobs=4),
    recipe="xgboost",
)


def test_a_candidate_may_be_the_best_of_a_search_with_a_budget(aws: FakeAws) -> None:
    candidates = {"tuned": TUNED, "linear": Candidate()}
    run = Run(aws, declared(candidates=candidates), tuned_max_jobs=3)
    best = {"TrainingJobName": "best", "TunedHyperParameters": {"eta": "0.2"}}
    run.execute("resolve", "validate", "preprocess", "train")
    aws.ending = {"BestTrainingJob": best, "TrainingJobStatusCounters": {"Completed": 3}}
    run.execute("tune")
    aws.ending = {}
    job = aws.jobs[run.xcoms["tune"][0]["job_name"]]
    config, definition = job["HyperParameterTuningJobConfig"], job["TrainingJobDefinition"]
    assert config["HyperParameterTuningJobObjective"] == {"Type": "Minimize", "MetricName": "validation:mse"}
    assert config["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 3
    assert definition["StaticHyperParameters"] == {"seed": "7"}
    assert definition["Environment"]["TRAINING_COMMAND"].startswith("rings train --candidate xgboost ")
    run.execute("evaluate")
    found = inputs(run.job("evaluate"))
    assert found["candidate-tuned"] == run.xcoms["tune"][0]["model_data"]
    assert found["candidate-tuned"].endswith("/train/tuned/best/output/model.tar.gz")
    assert found["candidate-linear"] == run.xcoms["train"][0]["model_data"]


def test_a_search_is_a_task_beside_training() -> None:
    dag = training_dag(declared(candidates={"tuned": TUNED, "linear": Candidate()}))
    assert dag.get_task("evaluate").upstream_task_ids >= {"train", "tune"}
    assert dag.get_task("tune").upstream_task_ids == {"preprocess"}
    assert "tune" in dag.get_task("register").jobs
    assert "tune" not in training_dag(declared()).get_task("register").jobs


def test_without_a_quota_candidates_are_trained_by_processing_jobs(aws: FakeAws) -> None:
    run = Run(aws, declared(trained_by="processing"), xgboost_eta=0.25, training_instances=2)
    run.execute(*STEPS)
    job, folder = run.training_job("xgboost"), run.xcoms["resolve"]["run_uri"]
    place = "/opt/ml/processing"
    assert job["AppSpecification"]["ContainerArguments"] == [
        *("train", "--candidate", "xgboost", "--test-share=", "--validation-share="),
        *(f"--{part}={place}/input/{part}" for part in ("train", "validation", "preprocessing")),
        "--set=eta=0.25",
        "--resources=/opt/ml/config/resourceconfig.json",
        f"--model={place}/output/model",
        "--packed",
    ]
    parts = {part: f"{folder}/preprocess/{part}/" for part in ("train", "validation", "preprocessing")}
    assert inputs(job) == {**parts, "code": "s3://bucket/code/train/"}
    assert job["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 2
    assert outputs(job) == {"model": f"{folder}/train/xgboost/2/"}
    model = f"{folder}/train/xgboost/2/model.tar.gz"
    assert inputs(run.job("evaluate"))["candidate-xgboost"] == model
    assert aws.packages[0]["CustomerMetadataProperties"]["model_data"] == model
    assert aws.packages[0]["MetadataProperties"]["GeneratedBy"].endswith(f"processing-job/{job['ProcessingJobName']}")


def test_a_search_needs_training_jobs() -> None:
    with pytest.raises(ValueError, match="only training jobs can be tuned, not processing jobs: tuned"):
        declared(candidates={"tuned": TUNED}, trained_by="processing")


@pytest.mark.parametrize(("approval", "status"), [("manual", "PendingManualApproval"), ("automatic", "Approved")])
def test_the_form_says_whether_a_version_waits_for_a_person(aws: FakeAws, approval: str, status: str) -> None:
    run = Run(aws, approval=approval)
    run.execute(*STEPS[:-1])
    assert run.xcoms["register"]["approval_status"] == status


def test_training_reports_the_gates_metric_while_it_runs(aws: FakeAws) -> None:
    run = Run(aws)
    run.execute("resolve", "validate", "preprocess", "train")
    names = [metric["Name"] for metric in run.training_job("xgboost")["AlgorithmSpecification"]["MetricDefinitions"]]
    assert names == ["train:mse", "validation:mse"]
