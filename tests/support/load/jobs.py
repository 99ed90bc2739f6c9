"""Jobs of every kind under load: how each is asked for, stopped and described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.support.hosting import Hosting
from tests.support.load.ledger import Register
from tests.support.load.workers import JOB, Worker
from tests.support.local_aws import BUCKET, LocalAws, processing_request, training_request, unique
from tests.support.transform import transform_request
from tests.support.tuning import NAME as TUNING_NAME
from tests.support.tuning import config, definition

WELL, BADLY, SLOWLY, FOR_LONG = "well", "badly", "slowly", "for-long"
"""how a job's programs go"""
_SHELL = {WELL: "true", BADLY: "exit 3", SLOWLY: "sleep 0.3", FOR_LONG: "sleep 30"}
_PYTHON = {
    course: f"import subprocess, sys; print('loss=1'); sys.exit(subprocess.call({command!r}, shell=True))"
    for course, command in _SHELL.items()
}
_BODY = {WELL: "x", BADLY: "exit=3", SLOWLY: "sleep=0.3", FOR_LONG: "sleep=30"}
PREDICTIONS = [body.encode() for course, body in _BODY.items() if course != BADLY]
"""what a transform job that has completed may have written"""


@dataclass(frozen=True)
class Material:
    """What jobs are made of, beside the objects that ``lay_out`` puts."""

    marker: str
    """in the arguments of training and processing programs, so that one that is left over can be found"""
    model: str

    def argv(self, course: str) -> list[str]:
        """A program of that course."""
        return ["/bin/sh", "-c", _SHELL[course], self.marker]


def lay_out(server: LocalAws) -> Material:
    """Put the programs and data of every course, and a model."""
    for course in _SHELL:
        server.put(f"load/code/{course}/main.py", _PYTHON[course])
        server.put(f"load/data/{course}/body", _BODY[course])
    return Material(unique("marker"), Hosting(server).model())


def _training(material: Material, name: str, course: str) -> dict[str, Any]:
    return training_request(name, "", algorithm={"ContainerEntrypoint": material.argv(course)})


def _processing(material: Material, name: str, course: str) -> dict[str, Any]:
    request = processing_request(name, "")
    request["AppSpecification"]["ContainerEntrypoint"] = material.argv(course)
    return request


def _tuning(_: Material, name: str, course: str) -> dict[str, Any]:
    return {
        TUNING_NAME: name,
        "HyperParameterTuningJobConfig": config(),
        "TrainingJobDefinition": definition(f"s3://{BUCKET}/load/code/{course}"),
    }


def _transform(material: Material, name: str, course: str) -> dict[str, Any]:
    folder = f"s3://{BUCKET}/load"
    return transform_request(name, material.model, f"{folder}/data/{course}/", f"{folder}/out/{name}")


@dataclass(frozen=True)
class Kind:
    """A kind of job; a job's name begins with the name of its kind."""

    verb: str
    """what follows ``create_``, ``stop_`` and ``describe_`` in the names of boto3's methods"""
    noun: str
    request: Callable[[Material, str, str], dict[str, Any]]

    def named(self, job: str) -> dict[str, str]:
        """The request for that job of a method that takes nothing but its name."""
        return {f"{self.noun}Name": job}

    def status(self, description: dict[str, Any]) -> str:
        return str(description[f"{self.noun}Status"])


KINDS = {
    "training": Kind("training_job", "TrainingJob", _training),
    "processing": Kind("processing_job", "ProcessingJob", _processing),
    "tuning": Kind("hyper_parameter_tuning_job", "HyperParameterTuningJob", _tuning),
    "transform": Kind("transform_job", "TransformJob", _transform),
}


def kind_of(name: str) -> Kind:
    """The kind of the job of that name."""
    return KINDS[name.partition("-")[0]]


def described(server: LocalAws, name: str) -> dict[str, Any] | None:
    """The job as the server describes it, or ``None`` if there is none."""
    kind = kind_of(name)
    try:
        return dict(getattr(server.sagemaker, f"describe_{kind.verb}")(**kind.named(name)))
    except ClientError as error:
        if any(words in str(error) for words in ("not found", "not find", "can't find")):
            return None
        raise


def status_of(name: str, job: dict[str, Any]) -> str:
    """The status in a job's description."""
    return kind_of(name).status(job)


class Jobs(Worker):
    """Creates jobs of one kind, by its own name, that succeed, fail, take their time or are stopped."""

    material: Material

    def work(self) -> None:
        name, kind = self.own(self.random.getrandbits(60)), KINDS[self.name]
        course = self.random.choice((WELL, WELL, BADLY, SLOWLY, FOR_LONG))
        with self.ledger.writing(Register(JOB, name), True):
            getattr(self.server.sagemaker, f"create_{kind.verb}")(**kind.request(self.material, name, course))
        if course == FOR_LONG or self.random.random() < 0.1:
            self._stop(name, kind)

    def _stop(self, name: str, kind: Kind) -> None:
        try:
            getattr(self.server.sagemaker, f"stop_{kind.verb}")(**kind.named(name))
        except ClientError as error:
            if "is in status" not in str(error):
                raise  # it has not just ended
