"""Versions of the training DAG's model, their deployments, and load on production meanwhile."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from deploy.local.http import HttpError
from deploy.local.settings import BUCKET
from tests.faults.stack import GROUP, FaultyStack
from tests.support.agreement import Version
from tests.support.local_aws import unique
from tests.support.polling import eventually

DAG_ID = f"{GROUP}_deployment"
PRODUCTION, STAGING = f"{GROUP}-production", f"{GROUP}-staging"
SECONDS = 600
CONNECTIONS, PAUSE = 2, 0.02


class Rollouts:
    """Deployments on a stack, of copies of the version that its first run of the training DAG has registered."""

    def __init__(self, stack: FaultyStack) -> None:
        self.stack, self._sagemaker = stack, stack.aws.sagemaker
        first = self._sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"][-1]
        self._facts = self.facts(first["ModelPackageArn"])

    def open(self) -> None:
        """Let approvals start deployments."""
        eventually(lambda: _or_none(lambda: self.stack.airflow.dag(DAG_ID)), "the deployment DAG", SECONDS)
        self.stack.airflow.unpause(DAG_ID)

    def close(self) -> None:
        """As if nothing had been: other tests' runs meet no champion, and no deployment begins."""
        airflow, s3 = self.stack.airflow, self.stack.aws.client("s3")
        airflow.request("PATCH", f"dags/{DAG_ID}", {"is_paused": True})
        s3.delete_object(Bucket=BUCKET, Key=f"{GROUP}/champion.json")
        listed = self._sagemaker.list_model_packages(ModelPackageGroupName=GROUP, ModelApprovalStatus="Approved")
        for version in listed["ModelPackageSummaryList"]:
            self._sagemaker.update_model_package(
                ModelPackageArn=version["ModelPackageArn"], ModelApprovalStatus="Rejected"
            )

    def approved(self) -> str:
        """The ARN of another version with an archive of its own, which is approved."""
        bucket, _, key = self._facts["model_data"].removeprefix("s3://").partition("/")
        copy = f"{GROUP}/{unique('copy')}/model.tar.gz"
        self.stack.aws.client("s3").copy_object(Bucket=BUCKET, Key=copy, CopySource={"Bucket": bucket, "Key": key})
        facts = {**self._facts, "model_data": f"s3://{BUCKET}/{copy}"}
        created = self._sagemaker.create_model_package(
            ModelPackageGroupName=GROUP, ModelApprovalStatus="Approved", CustomerMetadataProperties=facts
        )
        return str(created["ModelPackageArn"])

    def facts(self, arn: str) -> dict[str, str]:
        """The properties of a version."""
        return dict(self._sagemaker.describe_model_package(ModelPackageName=arn)["CustomerMetadataProperties"])

    def run_of(self, arn: str) -> str:
        """The run that deploys a version, once there is one."""
        airflow = self.stack.airflow

        def found() -> str | None:
            time.sleep(0.5)  # the API server has enough to do
            for run_id in airflow.latest_runs(DAG_ID):
                resolved = _or_none(lambda run_id=run_id: airflow.result(DAG_ID, run_id, "resolve")) or {}
                if resolved.get("model_package_arn") == arn:
                    return run_id
            return None

        return eventually(found, f"the run that deploys {arn}", SECONDS)

    def ended(self, run_id: str) -> str:
        """The state of a deployment once it has ended."""
        return self.stack.ended(run_id, DAG_ID)

    def states(self, run_id: str) -> dict[str, str]:
        """By task its state."""
        return {each["task_id"]: each["state"] for each in self.stack.airflow.task_instances(DAG_ID, run_id)}

    def champion(self) -> dict[str, Any]:
        """What is written down as the champion."""
        return dict(json.loads(self.stack.aws.read(f"s3://{BUCKET}/{GROUP}/champion.json"))["champion"])

    def live(self) -> Mapping[str, Any]:
        """Production."""
        return dict(self._sagemaker.describe_endpoint(EndpointName=PRODUCTION))

    def left(self) -> list[str]:
        """The names of all endpoints and their configs."""
        endpoints, configs = self._sagemaker.list_endpoints(), self._sagemaker.list_endpoint_configs(MaxResults=100)
        return [
            *(each["EndpointName"] for each in endpoints["Endpoints"]),
            *(each["EndpointConfigName"] for each in configs["EndpointConfigs"]),
        ]

    @contextmanager
    def load(self) -> Iterator[Load]:
        """Production is asked without pause within the block."""
        version = Version(self.stack.aws, self._facts)
        load = Load(self.stack, version.rows.decode().splitlines(), version.evaluated)
        threads = [threading.Thread(target=load.run) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        try:
            yield load
        finally:
            load.over.set()
            for thread in threads:
                thread.join()


@dataclass
class Load:
    """Requests to production, each for one of the held-out rows, so that nothing drifts; how many were answered as the
    evaluation did, and what else."""

    stack: FaultyStack
    rows: Sequence[str]
    predictions: Sequence[float]
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Ask until it is over."""
        client = self.stack.aws.client("sagemaker-runtime")
        for row, prediction in cycle(zip(self.rows, self.predictions, strict=True)):
            if self.over.wait(PAUSE):
                return
            try:
                answer = client.invoke_endpoint(EndpointName=PRODUCTION, Body=row, ContentType="text/csv")
                said = answer["Body"].read().decode()
                if math.isclose(float(said), prediction, rel_tol=1e-5):
                    self.right += 1
                    continue
            except Exception as error:
                said = repr(error)
            self.wrong.append(said)


def _or_none(ask: Any) -> Any:
    try:
        return ask()
    except HttpError as error:
        if error.status != 404:
            raise
        return None
