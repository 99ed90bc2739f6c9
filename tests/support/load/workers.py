"""Clients that keep a server busy and write down what it acknowledged; each ends when the server does."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError

from tests.support.load.ledger import ABSENT, Ledger, Register
from tests.support.local_aws import BUCKET, TERMINAL, LocalAws, processing_request, training_request

GONE = (EndpointConnectionError, HTTPClientError)
"""what a client gets from a server that has just died"""
OBJECT, JOB, TAG, APPROVAL, END = "object", "job", "tag", "approval", "end"
_OBJECT_BYTES = 300_000


class Worker:
    """One client with a name of its own; ``work`` is called again and again, until it is ended or the server gone."""

    def __init__(self, server: LocalAws, ledger: Ledger, name: str, seed: str) -> None:
        self.server, self.ledger, self.name, self.random = server, ledger, name, random.Random(seed)
        self.problem: Exception | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def end(self) -> None:
        """End after the present piece of work."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                self.work()
        except GONE:
            return
        except Exception as error:
            self.problem = error

    def work(self) -> None:
        """Do one thing."""
        raise NotImplementedError

    def own(self, number: int) -> str:
        """A name that no other worker uses."""
        return f"{self.name}-{number}"


class Objects(Worker):
    """Puts, overwrites and deletes objects, from a few bytes to some hundred kilobytes."""

    def work(self) -> None:
        key = self.own(self.random.randrange(20))
        register = Register(OBJECT, key)
        if self.random.random() < 0.15:
            with self.ledger.writing(register, ABSENT):
                self.server.s3.delete_object(Bucket=BUCKET, Key=key)
            return
        body = self.random.randbytes(self.random.choice((8, 5_000, _OBJECT_BYTES)))
        with self.ledger.writing(register, hashlib.sha256(body).hexdigest()):
            self.server.s3.put_object(Bucket=BUCKET, Key=key, Body=body)


class Jobs(Worker):
    """Creates jobs that succeed, fail, take their time or are stopped."""

    marker = ""
    """in every program's arguments, so that a process that is left over can be found"""

    def work(self) -> None:
        name = self.own(self.random.getrandbits(60))
        argv = ["/bin/sh", "-c", self.random.choice(("true", "true", "exit 3", "sleep 0.3", "sleep 30")), self.marker]
        with self.ledger.writing(Register(JOB, name), True):
            self._create(name, argv)
        if argv[2] == "sleep 30" or self.random.random() < 0.1:
            self._stop(name)

    def _create(self, name: str, argv: list[str]) -> None:
        sagemaker = self.server.sagemaker
        if name.startswith("training"):
            sagemaker.create_training_job(**training_request(name, "", algorithm={"ContainerEntrypoint": argv}))
        else:
            request = processing_request(name, "")
            request["AppSpecification"]["ContainerEntrypoint"] = argv
            sagemaker.create_processing_job(**request)

    def _stop(self, name: str) -> None:
        sagemaker = self.server.sagemaker
        try:
            if name.startswith("training"):
                sagemaker.stop_training_job(TrainingJobName=name)
            else:
                sagemaker.stop_processing_job(ProcessingJobName=name)
        except ClientError as error:
            if "is in status" not in str(error):
                raise  # it has not just ended


class Registry(Worker):
    """Registers model packages, approves and rejects them, and tags their group."""

    def work(self) -> None:
        sagemaker, group = self.server.sagemaker, self.name
        register = Register(TAG, group)
        if self.ledger.lacks(register):
            with self.ledger.writing(register, ""):
                sagemaker.create_model_package_group(ModelPackageGroupName=group, Tags=[{"Key": "k", "Value": ""}])
        arn = sagemaker.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"]
        approval = Register(APPROVAL, arn)
        self.ledger.saw(approval, "PendingManualApproval")
        status = self.random.choice(("Approved", "Rejected"))
        with self.ledger.writing(approval, status):
            sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)
        value = str(self.random.getrandbits(40))
        with self.ledger.writing(register, value):
            sagemaker.add_tags(ResourceArn=group_arn(group), Tags=[{"Key": "k", "Value": value}])


def group_arn(group: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:000000000000:model-package-group/{group}"


def described(server: LocalAws, name: str) -> dict[str, Any] | None:
    """The job as the server describes it, or ``None`` if there is none."""
    sagemaker = server.sagemaker
    try:
        if name.startswith("training"):
            return dict(sagemaker.describe_training_job(TrainingJobName=name))
        return dict(sagemaker.describe_processing_job(ProcessingJobName=name))
    except ClientError as error:
        if "not found" in str(error) or "not find" in str(error):
            return None
        raise


def status_of(job: dict[str, Any]) -> str:
    return str(job.get("TrainingJobStatus") or job["ProcessingJobStatus"])


def reader(server: LocalAws, ledger: Ledger) -> Callable[[Register], Any]:
    """Reads any register's present value; a job that is seen to have ended may never change again."""

    def read(register: Register) -> Any:
        kind, name = register
        if kind == OBJECT:
            return _object(server, name)
        if kind == TAG:
            return _tag(server, name)
        if kind == APPROVAL:
            return server.sagemaker.describe_model_package(ModelPackageName=name)["ModelApprovalStatus"]
        job = described(server, name)
        if kind == END:
            return _without_metadata(job)
        if job is not None and status_of(job) in TERMINAL:
            ledger.saw(Register(END, name), _without_metadata(job))
        return True if job is not None else ABSENT

    return read


def _object(server: LocalAws, key: str) -> str | None:
    try:
        return hashlib.sha256(server.read(f"s3://{BUCKET}/{key}")).hexdigest()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return ABSENT


def _tag(server: LocalAws, group: str) -> str | None:
    found = server.sagemaker.list_tags(ResourceArn=group_arn(group))["Tags"]
    return next((tag["Value"] for tag in found), ABSENT)


def _without_metadata(job: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if job is None else {key: value for key, value in job.items() if key != "ResponseMetadata"}
