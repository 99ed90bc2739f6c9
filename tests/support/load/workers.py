"""Clients that keep a server busy and write down what it acknowledged; each ends when the server does."""

from __future__ import annotations

import hashlib
import random
import threading

from botocore.exceptions import EndpointConnectionError, HTTPClientError

from tests.support.load.ledger import ABSENT, Ledger, Register
from tests.support.local_aws import BUCKET, LocalAws

GONE = (EndpointConnectionError, HTTPClientError)
"""what a client gets from a server that has just died"""
OBJECT, JOB, TAG, APPROVAL, END, ENDPOINT = "object", "job", "tag", "approval", "end", "endpoint"
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
