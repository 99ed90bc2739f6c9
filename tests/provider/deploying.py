"""A use case's deployment DAG, its tasks run one after the other against the local SageMaker."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.definitions.param import process_params
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

from lifecycle.deployment import deployment_dag
from lifecycle.rollback import rollback_dag
from mlops_sagemaker import naming
from mlops_sagemaker.operators import restore
from mlops_sagemaker.requests import BlueGreen
from tests.provider.rings import SHIFT, use_case_of
from tests.provider.tasks import resume
from tests.support.hosting import Hosting, archive
from tests.support.local_aws import ACCOUNT, BUCKET, REGION, ROLE, LocalAws, unique
from tests.unit.mlops_sagemaker.contexts import context_for

IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/rows:1"
ROWS = [[str(row), str(row / 2), "1"] for row in range(8)]
SHA = "ab" * 32
SETTLED = timedelta(seconds=8)
"""The local SageMaker's waits are twenty times shorter here."""


TIMED = ("smoke", "latency", "replay", "alarms")
"""Tasks that return when, or how long, and so never the same."""


NOTHING: Mapping[str, Callable[[], Any]] = {}


class Variables:
    """The template variable ``var.value``."""

    def __init__(self, release: str) -> None:
        self._release = release

    def get(self, name: str, default: str) -> str:
        return {"nightshift_release": self._release}.get(name, default)


class UseCases:
    """A use case of its own for a test, with a registry and a release."""

    def __init__(self, hosting: Hosting, patch: pytest.MonkeyPatch, shift: BlueGreen = SHIFT) -> None:
        self.aws: LocalAws = hosting.aws
        self.name = unique("rings").replace("-", "_")
        self.group = naming.group_name(self.name)
        self.hosting = hosting
        self.staging, self.production = (hosting.adopt(f"{self.group}-{stage}") for stage in ("staging", "production"))
        self.use_case = use_case_of(self.name, shift)
        self._patch = patch
        self.aws.sagemaker.create_model_package_group(ModelPackageGroupName=self.group)
        self.release = self.aws.put(f"{self.name}/release.json", json.dumps(self._release()))

    def _release(self) -> dict[str, Any]:
        return {
            "format": 2,
            "release": "0123456789abcdef",
            "bucket": BUCKET,
            "role_arn": ROLE,
            "code": {},
            "images": {"inference": {"uri": IMAGE, "sha256": SHA}},
            "approval": "automatic",
        }

    def version(self, fault: str = "none", approval: str = "Approved", **changes: Any) -> str:
        """A registered version whose container has a fault; its ARN."""
        key = f"{self.name}/{unique('model')}"
        content = archive({"fault": fault.encode(), "name": key.encode()})
        expected = [sum(map(float, row)) for row in ROWS]
        smoke = {"version": 1, "columns": ["a", "b", "c"], "rows": ROWS, "predictions": expected}
        gate = {"passed": True, "candidate": "linear", "report_sha256": SHA}
        facts = {
            "model_data": self.aws.put(f"{key}/model.tar.gz", content),
            "model_sha256": hashlib.sha256(content).hexdigest(),
            "smoke": self.aws.put(f"{key}/smoke.json", json.dumps(smoke)),
            "distribution": self.aws.put(f"{key}/distribution.json", json.dumps({"edges": [4.0], "counts": [4, 4]})),
            "gate": self.aws.put(f"{key}/gate.json", json.dumps(gate)),
            "candidate": "linear",
            "evaluation_sha256": SHA,
            **changes,
        }
        created = self.aws.sagemaker.create_model_package(
            ModelPackageGroupName=self.group, ModelApprovalStatus=approval, CustomerMetadataProperties=facts
        )
        return str(created["ModelPackageArn"])

    def facts(self, arn: str) -> dict[str, str]:
        """The properties of a version."""
        return dict(self.package(arn).get("CustomerMetadataProperties", {}))

    def package(self, arn: str) -> dict[str, Any]:
        """A version."""
        return dict(self.aws.sagemaker.describe_model_package(ModelPackageName=arn))

    def endpoint(self, name: str) -> dict[str, Any] | None:
        """An endpoint, if there is one."""
        try:
            found = self.aws.sagemaker.describe_endpoint(EndpointName=name)
            return {key: value for key, value in found.items() if key != "ResponseMetadata"}
        except self.aws.sagemaker.exceptions.ClientError:
            return None

    def pointer(self) -> dict[str, Any]:
        """Champion and previous champion."""
        found: dict[str, Any] = json.loads(self.aws.read(f"s3://{BUCKET}/{self.name}/champion.json"))
        return found

    def truncate(self, arn: str) -> None:
        """Half of a version's archive gets lost."""
        uri = self.facts(arn)["model_data"]
        content = self.aws.read(uri)
        self.aws.put(uri.removeprefix(f"s3://{BUCKET}/"), content[: len(content) // 2])

    def run(self, before: Mapping[str, Callable[[], Any]] = NOTHING, **conf: Any) -> Run:
        """A run of the deployment DAG that has ended; *before* a task something may happen."""
        return Run(self, deployment_dag(self.use_case), conf, "manual").to_the_end(self._patch, before)

    def run_twice(self) -> Run:
        """A run of the deployment DAG, every task of which was done twice."""
        return Run(self, deployment_dag(self.use_case), {}, "manual").twice()

    def deploy(self, **conf: Any) -> Run:
        """A run of the deployment DAG that went all the way."""
        run = self.run(**conf)
        assert (run.failed, run.reason, run.skipped) == ("", "", "")
        return run

    def roll_back(self, run_type: str, **conf: Any) -> Run:
        """A run of the rollback DAG that has ended."""
        return Run(self, rollback_dag(self.use_case), conf, run_type).to_the_end(self._patch, NOTHING)


class Run:
    """A run: what its tasks returned (``xcoms``), and which one failed and why."""

    def __init__(self, use_cases: UseCases, dag: DAG, conf: dict[str, Any], run_type: str) -> None:
        self._use_cases, self._dag, self._conf, self._type = use_cases, dag, conf, run_type
        self.id = unique("manual")
        self.xcoms: dict[Any, Any] = {}
        self.failed, self.reason, self.skipped = "", "", ""

    def to_the_end(self, patch: pytest.MonkeyPatch, before: Mapping[str, Callable[[], Any]]) -> Run:
        """As Airflow does it with this DAG: after a failure only those tasks run that answer it."""
        answers = ("unstage", "restore", "tally")
        order = [task.task_id for task in self._dag.topological_sort() if task.task_id not in answers]
        for task_id in order:
            try:
                before.get(task_id, bool)()
                self.execute(task_id)
            except AirflowSkipException as skip:
                self.skipped, self.reason = task_id, str(skip)
                break
            except Exception as error:
                self.failed, self.reason = task_id, str(error)
                self.xcoms[task_id, restore.FAILURE] = str(error)
                break
        if "model" in self.xcoms:
            self.execute("unstage")
        if self.failed:
            patch.setattr(restore, "failed_tasks", lambda _: [self.failed])
            self.execute("restore")
            if "alarms" in self.xcoms:
                self._dag.get_task("tally").settle = SETTLED
                self.execute("tally")
        return self

    def twice(self) -> Run:
        """Every task done twice, as after a worker's death between its work and its report."""
        for task in self._dag.topological_sort():
            if task.task_id not in ("restore", "tally"):
                first = self.execute(task.task_id)
                assert self.execute(task.task_id) == first or task.task_id in TIMED, task.task_id
        return self

    def execute(self, task_id: str) -> Any:
        """Render and run one task."""
        dag = self._dag
        task = dag.get_task(task_id)
        context = context_for(task, xcoms=self.xcoms, run_id=self.id, run_type=self._type, logical_date=None)
        context["dag"], context["dag_run"].conf = dag, self._conf
        context["params"] = process_params(dag, task, self._conf, suppress_exception=False)
        context["var"] = {"value": Variables(self._use_cases.release)}
        task.render_template_fields(context)
        operator = context["ti"].task
        try:
            self.xcoms[task_id] = operator.execute(context)
        except TaskDeferred as deferred:
            self.xcoms[task_id] = resume(operator, deferred, context)
        except AirflowSkipException:
            if task.downstream_task_ids:
                raise
            self.xcoms[task_id] = None  # nothing is skipped with it
        return self.xcoms[task_id]
