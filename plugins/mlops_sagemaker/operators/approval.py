"""Who lets a version into production: a person in Airflow's UI, or a declared policy."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NoReturn

from airflow.sdk import Context, Param
from airflow.sdk.exceptions import AirflowRuntimeError, AirflowSkipException

from mlops_sagemaker import champions, deployments, naming
from mlops_sagemaker._compat import HITLOperator, await_answer, aws_template_fields, runs_in_line
from mlops_sagemaker.deployments import REFUSED, SUPERSEDED
from mlops_sagemaker.errors import ApiError, UserError
from mlops_sagemaker.hook import LifecycleHook
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.operators.replaying import REPORT
from mlops_sagemaker.resources import MODEL_PACKAGE

APPROVE, REJECT = "Approve", "Reject"
AUTOMATIC = "automatic"
MAX_DESCRIPTION = 1024
log = logging.getLogger(__name__)


class ApproveDeploymentOperator(HITLOperator):
    """Ask people whether a version may go to production, and wait for their answer as long as it takes; no machine ever
    answers. Where the policy is ``automatic`` nobody is asked. ::

        {"approved": bool, "by": who, "why": their words}

    Now and then it looks whether the question still stands: when a later approval has overtaken the version, the
    registry has rejected it, or somebody has started a run by hand that names another approved one and waits in line,
    what follows is skipped, and the run makes room for the next.

    :param policy: ``manual`` or ``automatic`` (a template).
    :param run: the ``output`` of the ResolveDeploymentOperator.
    :param use_case: names the model package group.
    :param look_again: how long a question stands until it is looked whether it still does.
    :param aws_conn_id: the Airflow connection to AWS.
    """

    template_fields = (*HITLOperator.template_fields, "policy", "run")

    def __init__(
        self,
        *,
        policy: str,
        run: Any,
        use_case: str,
        look_again: timedelta = timedelta(minutes=3),
        aws_conn_id: str = "aws_default",
        **kwargs: Any,
    ) -> None:
        why = Param("", "Why; it is written down with the version.", type="string", title="Reason", maxLength=500)
        super().__init__(options=[APPROVE, REJECT], params={"reason": why}, response_timeout=look_again, **kwargs)
        self.policy = policy
        self.look_again = look_again
        self.run: dict[str, Any] = run
        self.use_case = use_case
        self.aws_conn_id = aws_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask, unless the policy answers."""
        if self.policy == AUTOMATIC:
            self.log.info("Approved for production by policy: the approval is declared as %s", AUTOMATIC)
            return {"approved": True, "by": "policy", "why": f"the approval is declared as {AUTOMATIC}"}
        asked: dict[str, Any] = super().execute(context)
        return asked

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """What they answered; if they have not yet, wait on while the question stands."""
        if event.get("error_type") == "timeout":
            self._stop_if_moot(context["ti"])
            await_answer(self, context["ti"], self.look_again)
        answer = super().execute_complete(context, event)
        user = answer["responded_by_user"] or {}
        return {
            "approved": answer["chosen_options"] == [APPROVE],
            "by": user.get("name") or "unknown",
            "why": answer["params_input"].get("reason", ""),
        }

    def _stop_if_moot(self, ti: Any) -> None:
        hook = LifecycleHook(aws_conn_id=self.aws_conn_id)
        try:
            with user_errors_are_final():
                _stop_if_moot(hook, self.use_case, self.run)
                self._stop_if_overruled(hook, runs_in_line(ti))
        except (ApiError, AirflowRuntimeError) as error:
            # Failing would ask people anew, and drop what they have answered meanwhile.
            self.log.warning("Whether the question still stands is looked at later: %s", error)

    def _stop_if_overruled(self, hook: LifecycleHook, runs: Sequence[Any]) -> None:
        """Skip what follows if one of ``runs`` names another approved version."""
        named = {str(version): run for run in runs if (version := (run.conf or {}).get("version"))}
        group = naming.group_name(self.use_case)
        for package in hook.packages(group, ModelApprovalStatus="Approved") if named else ():
            run = named.get(str(package["ModelPackageVersion"]))
            if run is not None and package["ModelPackageArn"] != self.run["model_package_arn"]:
                by = f"by {package['ModelPackageArn']} that {run.triggering_user_name or run.run_id} named"
                _stop(hook, self.run["model_package_arn"], SUPERSEDED, by)


class RecordApprovalOperator(LifecycleOperator):
    """Write down with the version who has let it into production, or rejected it, and why.

    A version that was rejected, or that a later approval has overtaken meanwhile, goes no further: what follows is
    skipped.

    :param run: the ``output`` of the ResolveDeploymentOperator.
    :param answer: the ``output`` of the ApproveDeploymentOperator.
    :param replay: URI of the report of the replay, which the version is to name (a template).
    :param use_case: names the model package group.
    """

    template_fields = aws_template_fields("run", "answer", "replay")

    def __init__(self, *, run: Any, answer: Any, replay: str, use_case: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run: dict[str, Any] = run
        self.answer: dict[str, Any] = answer
        self.replay = replay
        self.use_case = use_case

    def execute(self, context: Context) -> dict[str, Any]:
        """Record, and stop where the version may not go on."""
        arn = self.run["model_package_arn"]
        words = f"{'Approved' if self.answer['approved'] else 'Rejected'} for production by {self.answer['by']}"
        words = ": ".join(filter(None, (words, self.answer["why"])))[:MAX_DESCRIPTION]
        with user_errors_are_final():
            if not self.answer["approved"]:
                self.hook.update_package(arn, {"ModelApprovalStatus": "Rejected", "ApprovalDescription": words})
                _stop(self.hook, arn, REFUSED, words)
            _stop_if_moot(self.hook, self.use_case, self.run)
            self.hook.mark(arn, {"production_approval": deployments.plain(words), REPORT: self.replay})
        self.log.info("%s: %s", arn, words)
        return self.answer


def _stop_if_moot(hook: LifecycleHook, use_case: str, run: dict[str, Any]) -> None:
    """Skip what follows if the version of ``run`` was rejected in the registry, or a version that was approved later
    waits."""
    arn = run["model_package_arn"]
    package = hook.describe(MODEL_PACKAGE, arn)
    if package is None:
        raise UserError(f"{arn} is not in the registry any more")
    if MODEL_PACKAGE.status(package) != "Approved":
        _stop(hook, arn, REFUSED, f"it is {MODEL_PACKAGE.status(package)} in the registry")
    champion = champions.read(hook, run["champion_uri"])["champion"]
    since = max(run["approved_at"], champion["approved_at"] if champion else 0.0)
    packages = list(hook.packages(naming.group_name(use_case), ModelApprovalStatus="Approved"))
    later = deployments.overtaking(packages, arn, since)
    if later:
        _stop(hook, arn, SUPERSEDED, f"by {later}")


def _stop(hook: LifecycleHook, arn: str, state: str, reason: str) -> NoReturn:
    hook.mark(arn, deployments.mark(state, reason))
    # Airflow does not write a skip's reason into the log of the task.
    log.warning("Not deployed, %s: %s", state, reason)
    raise AirflowSkipException(f"{state}: {reason}")
