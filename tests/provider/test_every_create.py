"""Whatever an operator creates, it creates once: its calls are cut, its task and AWS killed around each create call.

The short form of tests/faults, of every kind of thing and without Airflow around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from mlops_sagemaker.operators import hosting as own
from mlops_sagemaker.operators.register import RegisterModelOperator
from mlops_sagemaker.operators.registry import ModelCardOperator
from tests.faults.proxy import Call, Plan, Proxy, Strike, cut, kill
from tests.provider.sides import Own, Request
from tests.provider.tries import SECONDS, Task, tried_at_once, tried_until_done
from tests.support.fixtures import local_aws
from tests.support.hosting import SERVING, Hosting, variant
from tests.support.local_aws import BUCKET, IMAGE, ROLE, LocalAws, processing_request, training_request, unique
from tests.support.polling import eventually
from tests.support.transform import transform_request
from tests.support.tuning import SQUARE, tuning_request
from tests.unit.mlops_sagemaker.operators.test_register import GATE, RUN, job

pytestmark = pytest.mark.local_only


@dataclass(frozen=True)
class Case:
    """A task that makes something named *name*; what of that name there is in the end, by SageMaker."""

    task: Task
    made: Callable[[], list[Any]]


class Cases:
    """By the create call: a task that makes it, once."""

    def __init__(self, aws: LocalAws, hosting: Hosting) -> None:
        self._aws, self._hosting = aws, hosting
        self._name = unique("j")

    def CreateProcessingJob(self) -> Case:
        return self._job("processing", processing_request(self._name, ""), "list_processing_jobs")

    def CreateTrainingJob(self) -> Case:
        return self._job("training", training_request(self._name, ""), "list_training_jobs")

    def CreateHyperParameterTuningJob(self) -> Case:
        request = tuning_request(self._aws, SQUARE, HyperParameterTuningJobName=self._name)
        return self._job("tuning", request, "list_hyper_parameter_tuning_jobs")

    def CreateTransformJob(self) -> Case:
        data = self._aws.put(f"{self._name}/in/rows", "1")
        request = transform_request(self._name, self._hosting.model(), data, f"s3://{BUCKET}/{self._name}/out")
        return self._job("transform", request, "list_transform_jobs")

    def CreateModel(self) -> Case:
        request = {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": SERVING}}
        return self._thing(own.SageMakerModelOperator, request, "list_models")

    def CreateEndpointConfig(self) -> Case:
        request = {"ProductionVariants": [variant(self._hosting.model())]}
        return self._thing(own.SageMakerEndpointConfigOperator, request, "list_endpoint_configs")

    def CreateModelPackageGroup(self) -> Case:
        return Case(self._registration(), lambda: self._listed("list_model_package_groups"))

    def CreateModelPackage(self) -> Case:
        versions = self._aws.sagemaker.list_model_packages
        return Case(self._registration(), lambda: versions(ModelPackageGroupName=self._name)["ModelPackageSummaryList"])

    def CreateModelCard(self) -> Case:
        return self._card(1)

    def UpdateModelCard(self) -> Case:
        self._aws.sagemaker.create_model_card(ModelCardName=self._name, Content="{}", ModelCardStatus="Draft")
        return self._card(2)

    def _job(self, kind: str, config: dict[str, Any], listing: str) -> Case:
        arguments = {"kind": kind, "config": config, "deferred": True}
        return Case(Task(Own().job, arguments), lambda: self._listed(listing))

    def _thing(self, operator: type, request: dict[str, Any], listing: str) -> Case:
        arguments = {"task_id": "make", "prefix": self._name, "request": Request(request)}
        return Case(Task(operator, arguments), lambda: self._listed(listing))

    def _listed(self, listing: str) -> list[Any]:
        (found,) = (
            value
            for value in getattr(self._aws.sagemaker, listing)(NameContains=self._name).values()
            if isinstance(value, list)
        )
        return list(found)

    def _registration(self) -> Task:
        group, folder = self._name, f"s3://{BUCKET}/{self._name}"
        for name in ("statistics", "constraints"):
            self._aws.put(f"{group}/quality/xgboost/{name}.json", "{}")
        model = self._aws.put(f"{group}/model.tar.gz", b"model")
        arguments = {
            "task_id": "register",
            "group": group,
            "group_description": "rings",
            "gate": GATE,
            "run": {**RUN, "image": {"uri": IMAGE, "sha256": "1" * 64}},
            "models": {"xgboost": model},
            "quality": f"{folder}/quality",
            "data_quality": f"{folder}/quality/xgboost",
            "page": f"{folder}/report.html",
            "jobs": ["train"],
        }
        return Task(RegisterModelOperator, arguments, {"train": {0: job("training-job", 30, 20, model)}})

    def _card(self, version: int) -> Case:
        content = {"intended_uses": {"purpose_of_model": "rings"}}
        arguments = {"task_id": "card", "card_name": self._name, "content": content}

        def versions() -> list[Any]:
            found = self._aws.sagemaker.list_model_card_versions(ModelCardName=self._name)
            return list(found["ModelCardVersionSummaryList"])[version - 1 :]

        return Case(Task(ModelCardOperator, arguments), versions)


CREATES = [name for name in vars(Cases) if name[0] != "_"]


@contextmanager
def door_to(server: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The way that tasks take to AWS within the block."""
    proxy = Proxy(server.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
    yield proxy
    proxy.close()


@pytest.fixture
def door(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The way to the server of all tests."""
    with door_to(aws, monkeypatch) as proxy:
        yield proxy


def in_turn(operation: str, *strikes: Strike) -> Plan:
    """The calls of an operation are struck one by one."""
    left = iter(strikes)

    def plan(call: Call, times: int) -> Strike | None:
        return next(left, None) if call.operation == operation else None

    return plan


@pytest.mark.parametrize("operation", CREATES)
def test_tasks_are_killed_and_calls_cut_and_one_thing_is_made(
    aws: LocalAws, hosting: Hosting, door: Proxy, operation: str
) -> None:
    case: Case = getattr(Cases(aws, hosting), operation)()
    strikes = Strike("before", cut), Strike("during", cut), Strike("before", kill), Strike("after", kill)
    with door.following(in_turn(operation, *strikes)) as struck:
        tries = tried_until_done(case.task)
    assert (tries, len(struck)) == ([-9, -9, 0], len(strikes))
    assert len(case.made()) == 1


@pytest.mark.parametrize("operation", CREATES)
def test_an_answer_that_is_lost_is_looked_for(aws: LocalAws, hosting: Hosting, door: Proxy, operation: str) -> None:
    case: Case = getattr(Cases(aws, hosting), operation)()
    with door.following(in_turn(operation, Strike("after", cut))) as struck:
        tries = tried_until_done(case.task)
    assert (tries, len(struck)) == ([0], 1)
    assert len(case.made()) == 1


# One kind of job stands for all, whose code is the same; the update of a card has neither name nor token of its own.
ONCE_EACH = [
    name for name in CREATES if name == "CreateTrainingJob" or (name.startswith("Create") and "Job" not in name)
]


@pytest.mark.parametrize("operation", ONCE_EACH)
def test_two_tries_at_once_make_one_thing(aws: LocalAws, hosting: Hosting, door: Proxy, operation: str) -> None:
    """As when Airflow takes a task for dead whose worker only sleeps."""
    case: Case = getattr(Cases(aws, hosting), operation)()
    both = Barrier(2, timeout=SECONDS)

    def meet(call: Call) -> None:
        both.wait()

    strike = Strike("before", meet, goes_on=True)
    with door.following(in_turn(operation, strike, strike)) as struck:
        tries = tried_at_once(case.task, 2)
    assert (tries, len(struck)) == ([0, 0], 2)
    assert len(case.made()) == 1


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[LocalAws]:
    """A server that may be killed: no other test needs it."""
    with local_aws(tmp_path_factory.mktemp("mortal"), environments) as server:
        roles = server.data_dir / "base" / "state" / "iam.json"
        eventually(lambda: roles.exists() and "role/jobs" in roles.read_text(), "the save of the role")
        yield server


@pytest.mark.parametrize(
    ("operation", "tries", "made"),
    [("CreateTrainingJob", [1, 0], 2), ("CreateModel", [0], 1), ("CreateModelPackage", [0], 1)],
)
def test_the_server_is_killed_around_a_create_call(
    mortal: LocalAws, monkeypatch: pytest.MonkeyPatch, operation: str, tries: list[int], made: int
) -> None:
    """It knows afterwards what it had acknowledged; but a job that ran has failed, and is followed by another."""
    case: Case = getattr(Cases(mortal, Hosting(mortal)), operation)()

    def killed(call: Call) -> None:
        mortal.kill()
        mortal.launch()

    plan = in_turn(operation, Strike("before", killed), Strike("after", killed))
    with door_to(mortal, monkeypatch) as door, door.following(plan) as struck:
        assert tried_until_done(case.task) == tries
    found = case.made()
    assert (len(struck), len(found)) == (2, made)
    assert sum(each.get("TrainingJobStatus") == "Failed" for each in found) == made - 1
