"""Register a model that its gate let through."""

from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import naming
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.operators.base import LifecycleOperator, task_key, user_errors_are_final
from mlops_sagemaker.requests import ModelPackage

TOKEN = "registration"
"""Property of a package that says which registration made it."""
RUN_TYPE = "run_type"
"""Property of a package that says what kind of run made it, in Airflow's words."""
BACKFILL = "backfill"


class RegisterModelOperator(LifecycleOperator):
    """Add a version, pending approval, to a model package group; skip if the gate refused the model.

    A backfill shows what a night would have made, and never ships: its version is registered as Rejected, and its
    property ``run_type`` says why.

    One model makes one version however often the task is repeated or cleared: the request carries a token
    that follows from its content, and a package that bears it already is returned instead.

    :param group: the model package group, created if absent.
    :param group_description: what the group holds.
    :param gate: the ``output`` of the MetricGateOperator.
    :param run: the ``output`` of the ResolveRunOperator.
    :param model_data: S3 URI of the ``model.tar.gz``.
    """

    template_fields = aws_template_fields("group", "gate", "run", "model_data")

    def __init__(
        self,
        *,
        group: str,
        group_description: str,
        gate: Any,
        run: Any,
        model_data: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.group = group
        self.group_description = group_description
        self.gate: dict[str, Any] = gate
        self.run: dict[str, Any] = run
        self.model_data = model_data

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
            "model_data": self.model_data,
            "group": self.group,
        }

    def _register(self, context: Context) -> dict[str, Any]:
        request = self._package(context).request()
        token = naming.client_token(task_key(context), request)
        request["CustomerMetadataProperties"][TOKEN] = token
        self.hook.ensure_group(self.group, self.group_description)
        known = self.hook.find_package(self.group, {TOKEN: token}, since=context["dag_run"].run_after)
        return known or self.hook.create_package({**request, "ClientToken": token})

    def _package(self, context: Context) -> ModelPackage:
        run, run_id = self.run, context["run_id"]
        metrics = ", ".join(f"{name} {value:.4g}" for name, value in self.gate["metrics"].items())
        return ModelPackage(
            group=self.group,
            description=f"Data before {run['window']['end']}, run {run_id}: {metrics}",
            approval="Rejected" if run[RUN_TYPE] == BACKFILL else "PendingManualApproval",
            report=self.gate["report"],
            report_sha256=self.gate["report_sha256"],
            properties={
                "model_data": self.model_data,
                "window_end": run["window"]["end"],
                "data_manifest": run["data"]["manifest"],
                "data_sha256": run["data"]["sha256"],
                "code_sha256": run["code"]["sha256"],
                "image": run["image"]["uri"],
                "release": run["release"],
                "gate": self.gate["record"],
                "dag_id": context["ti"].dag_id,
                "run_id": run_id,
                RUN_TYPE: run[RUN_TYPE],
            },
        )
