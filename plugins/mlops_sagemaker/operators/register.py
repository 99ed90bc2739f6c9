"""Register a model that its gate let through."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import naming
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.cards import ModelCard
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.jobs import TRAINING
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.requests import Baseline, MetricsSource, ModelPackage

TOKEN = "registration"
"""Property of a package that says which registration made it."""
RUN_TYPE = "run_type"
"""Property of a package that says what kind of run made it, in Airflow's words."""
BACKFILL = "backfill"


class RegisterModelOperator(LifecycleOperator):
    """Add a version, pending approval or approved, to a model package group; skip if the gate refused the model.

    A backfill shows what a night would have made, and never ships: its version is registered as Rejected, and its
    property ``run_type`` says why.

    One model makes one version, however often the task is repeated or cleared, and however many runs find the model
    unchanged: the request carries a token that follows from the model, and a package that bears it already is returned.

    :param group: the model package group, created if absent.
    :param group_description: what the group holds.
    :param gate: the ``output`` of the MetricGateOperator.
    :param run: the ``output`` of the ResolveRunOperator.
    :param models: by candidate the S3 URI of its ``model.tar.gz``, empty for one that could not be trained.
    :param quality: S3 URI of the folder that holds, by candidate, ``statistics.json``, ``constraints.json``,
        ``smoke.json`` and ``distribution.json``.
    :param data_quality: S3 URI of the folder that holds ``statistics.json`` and ``constraints.json`` of the data.
    :param page: S3 URI of the report for people.
    :param approval: ``manual``, or ``automatic`` to have the version approved at once.
    :param jobs: the tasks, mapped or not, whose jobs have made and judged the model.
    """

    template_fields = aws_template_fields(
        "group", "gate", "run", "models", "quality", "data_quality", "page", "approval"
    )

    def __init__(
        self,
        *,
        group: str,
        group_description: str,
        gate: Any,
        run: Any,
        models: Mapping[str, str],
        quality: str,
        data_quality: str,
        page: str,
        jobs: Sequence[str],
        approval: str = "manual",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.group = group
        self.group_description = group_description
        self.gate: dict[str, Any] = gate
        self.run: dict[str, Any] = run
        self.models = models
        self.quality = quality
        self.data_quality = data_quality
        self.page = page
        self.jobs = jobs
        self.approval = approval

    def execute(self, context: Context) -> dict[str, Any]:
        """Register the model, or find that it is registered."""
        if self.gate["passed"] is not True:
            # Airflow does not write a skip's reason into the log of the task.
            self.log.warning("Not registered, the gate refused the model: %s", self.gate["reason"])
            raise AirflowSkipException(self.gate["reason"])
        with user_errors_are_final():
            package = self._register(context)
        arn, version = package["ModelPackageArn"], package["ModelPackageVersion"]
        self.log.info("Registered as version %s of %s: %s", version, self.group, arn)
        return {
            "model_package_arn": arn,
            "version": version,
            "approval_status": package["ModelApprovalStatus"],
            "model_data": self._model_data,
            "group": self.group,
        }

    @property
    def _candidate(self) -> str:
        return str(self.gate["candidate"])

    @property
    def _model_data(self) -> str:
        return self.models[self._candidate]

    def _register(self, context: Context) -> dict[str, Any]:
        # A night may yet register what a backfill has registered as rejected.
        token = naming.client_token([self.group, self._model_data, self.run[RUN_TYPE] == BACKFILL])
        self.hook.ensure_group(self.group, self.group_description)
        known = self.hook.find_package(self.group, {TOKEN: token}, since=self._made_at())
        if known:
            return known
        request = self._package(context, token).request()
        return self.hook.create_package({**request, "ClientToken": token})

    def _made_at(self) -> datetime:
        """When the model was made: all its registrations are later."""
        objects = self.hook.list_objects(self._model_data)
        if not objects:
            raise UserError(f"there is no model at {self._model_data}; clear the task that trained it")
        return min(each.modified for each in objects)

    def _package(self, context: Context, token: str) -> ModelPackage:
        jobs = [job for job in context["ti"].xcom_pull(task_ids=list(self.jobs)) if job]
        arn, hyperparameters = self._made_by(jobs)
        metrics = ", ".join(f"{name} {value:.4g}" for name, value in self.gate["metrics"].items())
        properties = {**self._properties(context, jobs), TOKEN: token}
        return ModelPackage(
            group=self.group,
            description=f"Data before {self.run['window']['end']}, run {context['run_id']}: {metrics}",
            approval=self._approval(),
            quality=self._baseline(f"{self.quality}/{self._candidate}"),
            data_quality=self._baseline(self.data_quality),
            generated_by=arn,
            card=self._card(context, arn, hyperparameters, properties),
            properties=properties,
        )

    def _approval(self) -> str:
        if self.run[RUN_TYPE] == BACKFILL:
            return "Rejected"
        return "Approved" if self.approval == "automatic" else "PendingManualApproval"

    def _made_by(self, jobs: Sequence[dict[str, Any]]) -> tuple[str, dict[str, str]]:
        """ARN and hyperparameters of the job that made the model, of a tuning job those of its best one."""
        job = next(job for job in jobs if job["model_data"] == self._model_data)
        training = self.hook.describe(TRAINING, job.get("best_job_name") or job["job_name"]) or {}
        return training.get("TrainingJobArn", job["job_arn"]), training.get("HyperParameters", {})

    def _baseline(self, folder: str) -> Baseline:
        return Baseline(self._measured(f"{folder}/statistics.json"), self._measured(f"{folder}/constraints.json"))

    def _measured(self, uri: str) -> MetricsSource:
        content = self.hook.read(uri)
        if content is None:
            raise UserError(f"there is nothing at {uri}; did the job write it?")
        return MetricsSource(uri, hashlib.sha256(content).hexdigest())

    def _properties(self, context: Context, jobs: Sequence[dict[str, Any]]) -> dict[str, str]:
        run, failed = self.run, [name for name, model in self.models.items() if not model]
        facts = {
            "model_data": self._model_data,
            "model_sha256": self.hook.sha256(self._model_data) or "",
            "smoke": f"{self.quality}/{self._candidate}/smoke.json",
            "distribution": f"{self.quality}/{self._candidate}/distribution.json",
            "candidate": self._candidate,
            "candidates": " ".join(name for name, model in self.models.items() if model),
            "failed_candidates": " ".join(failed),
            "champion": (run["champion"] or {}).get("model_package_arn", ""),
            "window_end": run["window"]["end"],
            "data_first_day": run["data"]["first_day"],
            "data_last_day": run["data"]["last_day"],
            "data_manifest": run["data"]["manifest"],
            "data_sha256": run["data"]["sha256"],
            "code": run["code"]["uri"],
            "code_sha256": run["code"]["sha256"],
            "image": run["image"]["uri"],
            "image_sha256": run["image"]["sha256"],
            "release": run["release"],
            "gate": self.gate["record"],
            "evaluation": self.gate["report"],
            "evaluation_sha256": self.gate["report_sha256"],
            "report": self.page,
            "billed_seconds": str(sum(_billed(job) for job in jobs)),
            "dag_id": context["ti"].dag_id,
            "run_id": context["run_id"],
            RUN_TYPE: run[RUN_TYPE],
        }
        return {name: text for name, text in facts.items() if text}

    def _card(
        self, context: Context, arn: str, hyperparameters: Mapping[str, str], properties: Mapping[str, str]
    ) -> ModelCard:
        return ModelCard(
            purpose=self.group_description,
            creator=f"run {context['run_id']} of {context['ti'].dag_id}",
            model_data=self._model_data,
            training_job=arn,
            image=self.run["image"]["uri"],
            datasets=(self.run["data"]["manifest"],),
            hyperparameters=hyperparameters,
            evaluated_on=self.gate["report"],
            metrics=self.gate["metrics"],
            details={**properties, "gate_reason": self.gate["reason"]},
        )


def _billed(job: dict[str, Any]) -> int:
    """Seconds that AWS charges for one instance of a job. Only training jobs say so; of others it is all they ran. What
    was used again was paid for before."""
    if "reused" in job:
        return 0
    billable = job["billable_seconds"]
    return int(billable if billable is not None else job["seconds"] or 0)
