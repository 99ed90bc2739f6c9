"""Which steps of the training DAG run again when something has changed since the night before: these and no others.

Jobs are simulated: what one leaves follows from its command, the content of its inputs (code among them), its
hyperparameters and its image, and from nothing else.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mlops_sagemaker import uris
from tests.dags.lifecycle.test_training import CANDIDATES, RELEASE, STEPS, Run
from tests.unit.mlops_sagemaker.fake_aws import FakeAws
from tests.unit.mlops_sagemaker.reports import report

TRAINING = {f"train {name}" for name in CANDIDATES}
JUDGING = {"evaluate", "report"}
LEFT = {"report": ("report.html",), "validate": ("quality/statistics.json", "quality/constraints.json")}
ALL = {"validate", "preprocess", *TRAINING, *JUDGING}


class World:
    """An AWS whose jobs leave what follows from their inputs."""

    def __init__(self, aws: FakeAws) -> None:
        self.aws = aws
        aws.work = self._work
        self.change_code(*("validate", "preprocess", "train", "evaluate", "report"), text="first")

    def change_code(self, *steps: str, text: str = "changed") -> None:
        """Write other code, of these steps alone."""
        for step in steps:
            self.aws.objects[f"bucket/code/{step}/main.py"] = f"{step} {text}".encode()

    def night(self, run_id: str, run_type: str = "scheduled", **conf: Any) -> Run:
        """One whole run."""
        run = Run(self.aws, run_id=run_id, run_type=run_type, **conf)
        run.report = lambda mse: None  # type: ignore[method-assign]  # the simulated evaluation writes it
        run.execute(*STEPS)
        return run

    def _work(self, kind: str, job: dict[str, Any]) -> None:
        left = hashlib.sha256(json.dumps(self._cause(job), sort_keys=True).encode()).hexdigest()
        for uri, content in self._outputs(job, left).items():
            self.aws.objects[uri.removeprefix("s3://")] = content

    def _cause(self, job: dict[str, Any]) -> Any:
        specification = job.get("AppSpecification") or job["AlgorithmSpecification"]
        contents = [self._content(source) for source in _sources(job)]
        return [specification, job["Environment"], job.get("HyperParameters"), contents]

    def _content(self, source: dict[str, str]) -> dict[str, str]:
        bucket, prefix = uris.parse(source["S3Uri"])
        if source["S3DataType"] == "ManifestFile":
            head, *keys = json.loads(self.aws.objects[f"{bucket}/{prefix}"])
            folder = "/".join(uris.parse(head["prefix"]))
            return {key: self.aws.objects[f"{folder}{key}"].decode() for key in keys}
        there = self.aws.objects.items()
        return {name.rpartition("/")[2]: text.decode() for name, text in there if name.startswith(f"{bucket}/{prefix}")}

    def _outputs(self, job: dict[str, Any], left: str) -> dict[str, bytes]:
        if "ModelArtifacts" in job:
            return {job["ModelArtifacts"]["S3ModelArtifacts"]: left.encode()}
        (step, *_) = job["AppSpecification"]["ContainerArguments"]
        folders = [output["S3Output"]["S3Uri"] for output in job["ProcessingOutputConfig"]["Outputs"]]
        if step != "evaluate":
            names = LEFT.get(step, ("output",))
            contents = {folder: f"{left} {folder.split('/')[-2]}".encode() for folder in folders}
            return {f"{folder}{name}": content for folder, content in contents.items() for name in names}
        champion = any("champion" in source.get("LocalPath", "") for source in _sources(job))
        document = {**report(mse=4.5, champion=4.7 if champion else None), "of": left}
        quality = {f"{folders[0]}quality/xgboost/{name}.json": b"{}" for name in ("statistics", "constraints")}
        return {f"{folders[0]}evaluation.json": json.dumps(document).encode(), **quality}


def _sources(job: dict[str, Any]) -> list[dict[str, str]]:
    processing = [source["S3Input"] for source in job.get("ProcessingInputs", ())]
    return processing + [channel["DataSource"]["S3DataSource"] for channel in job.get("InputDataConfig", ())]


def ran(run: Run) -> set[str]:
    """The steps of a run that started jobs."""
    results = {step: run.xcoms[step] for step in ("validate", "preprocess", "evaluate", "report")}
    results |= {f"train {name}": run.trained(name) for name in CANDIDATES}
    return {step for step, result in results.items() if "reused" not in result}


@dataclass(frozen=True)
class Mutation:
    """What is other than before in one night, for good or by that night's form alone, and what runs again for it."""

    name: str
    again: set[str]
    change: Callable[[World, Run], object] = lambda world, before: None
    form: dict[str, Any] = field(default_factory=dict)


def put(name: str, content: bytes) -> Callable[[World, Run], None]:
    return lambda world, before: world.aws.objects.update({f"bucket/{name}": content})


def code(step: str) -> Callable[[World, Run], None]:
    return lambda world, before: world.change_code(step)


def approve(world: World, before: Run) -> None:
    world.aws.packages[0]["ModelApprovalStatus"] = "Approved"


def lose_an_output(world: World, before: Run) -> None:
    folder = before.xcoms["preprocess"]["outputs"]["train"].removeprefix("s3://")
    del world.aws.objects[f"{folder}output"]


OTHER_IMAGE = {**RELEASE, "images": {"training": {"uri": "registry/training:2", "sha256": "c" * 64}}}
MATRIX = [
    Mutation("nothing", set()),
    Mutation("the gate's threshold", {"report"}, form={"max_mse": 4.9}),
    Mutation("a hyperparameter", {"train xgboost", *JUDGING}, form={"xgboost_eta": 0.2}),
    Mutation("nothing but going back", set()),
    Mutation("code of validate", {"validate"}, code("validate")),
    Mutation("code of preprocess", {"preprocess", *TRAINING, *JUDGING}, code("preprocess")),
    Mutation("code of train", {*TRAINING, *JUDGING}, code("train")),
    Mutation("code of evaluate", JUDGING, code("evaluate")),
    Mutation("code of report", {"report"}, code("report")),
    Mutation("image", ALL, put("releases/current.json", json.dumps(OTHER_IMAGE).encode())),
    # The machines leave the same bytes, and so the change ends there.
    Mutation("machines of training", TRAINING, form={"training_instance": "ml.c5.xlarge"}),
    Mutation("machines of processing", ALL - TRAINING, form={"processing_instance": "ml.c5.xlarge"}),
    Mutation("a new day", ALL, put("rings/data/day=2026-03-01/b.csv", b"more rings")),
    Mutation("a day after the window", set(), put("rings/data/day=2026-03-02/c.csv", b"later rings")),
    Mutation("bytes of a day", ALL, put("rings/data/day=2026-03-01/b.csv", b"other rings")),
    Mutation("a champion", JUDGING, approve),
    Mutation("an output that is lost", {"preprocess"}, lose_an_output),
    Mutation("the wish to run all", ALL, form={"anew": True}),
    Mutation("nothing again", set()),
]


def test_for_each_change_exactly_the_right_steps_run_again(aws: FakeAws) -> None:
    world = World(aws)
    run = world.night("first")
    assert ran(run) == ALL
    for number, mutation in enumerate(MATRIX):
        mutation.change(world, run)
        jobs = len(aws.jobs)
        run = world.night(f"night {number}", **mutation.form)
        assert ran(run) == mutation.again, mutation.name
        assert len(aws.jobs) == jobs + len(mutation.again), mutation.name


def test_a_night_without_change_registers_no_version_and_a_backfill_stands_in_no_nights_way(aws: FakeAws) -> None:
    world = World(aws)
    versions = [
        world.night(run_id, run_type=run_type).xcoms["register"]["version"]
        for run_id, run_type in [("1", "backfill"), ("2", "scheduled"), ("3", "scheduled"), ("4", "backfill")]
    ]
    assert versions == [1, 2, 2, 1]
    assert [package["ModelApprovalStatus"] for package in aws.packages] == ["Rejected", "PendingManualApproval"]
    assert len(aws.jobs) == len(ALL)
