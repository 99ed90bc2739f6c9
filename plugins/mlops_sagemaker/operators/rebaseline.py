"""The champion stays, and what its traffic is compared with moves."""

import json
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import baselines, moves, traffic, uris
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.baselines import Measured
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.gates import Policy
from mlops_sagemaker.moves import Moves
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.operators.register import BACKFILL, RUN_TYPE
from mlops_sagemaker.resources import MODEL_PACKAGE


class RebaselineOperator(LifecycleOperator):
    """Move the champion's baseline to the data of a training after which the champion stays; see `baselines`. Skip
    where neither drift nor a person has asked for it, where a candidate is registered, and in a backfill. ::

        {"moved": bool, "reason"}

    The record is the move: one object holds all of them. A repeated task finds its own there before it decides, also
    where an evaluation or a verdict that came after it would have it decide otherwise: the move is in force.

    :param use_case: name of the bucket's top folder.
    :param run: the ``output`` of the ResolveRunOperator.
    :param verdict: the ``output`` of the MetricGateOperator.
    :param policy: the gate's rules, of which those that ask for no rival must hold for the champion.
    :param asked: why a person wants the baseline to move (a template); empty: nobody has asked.
    :param quality: S3 URI of the folder of what the evaluation has written down of the champion's answers.
    :param data_quality: S3 URI of the folder of what the validation has of the data.
    """

    template_fields = aws_template_fields("run", "verdict", "asked", "quality", "data_quality")

    def __init__(
        self,
        *,
        use_case: str,
        run: Any,
        verdict: Any,
        policy: Policy,
        asked: str,
        quality: str,
        data_quality: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.use_case = use_case
        self.run: dict[str, Any] = run
        self.verdict: dict[str, Any] = verdict
        self.policy = policy
        self.asked = asked
        self.quality = quality
        self.data_quality = data_quality

    def execute(self, context: Context) -> dict[str, Any]:
        """Whether it has moved, and why."""
        if not self.run["champion"] or self.run[RUN_TYPE] == BACKFILL:
            raise AirflowSkipException("no champion whose baseline could move")
        if not (self.asked or self.run["drift"]):
            raise AirflowSkipException("nobody asks for it")
        with user_errors_are_final():
            decided = self._decided(context)
        self.log.info("The baseline %s: %s", "has moved" if decided["moved"] else "stays", decided["reason"])
        return decided

    def _decided(self, context: Context) -> dict[str, Any]:
        uri = moves.uri_of(self.run["bucket"], self.use_case)
        before = moves.read(self.hook, uri)
        own = next((move for move in before.listed if move["run"] == context["run_id"]), None)
        if own is not None:
            return {"moved": True, "reason": own["reason"]}
        if self.verdict["passed"]:
            raise AirflowSkipException("the champion is to be replaced")
        measured = self._measured(before)
        against = baselines.obstacles(self.policy, None if self.asked else self.run["drift"], measured)
        if against:
            return {"moved": False, "reason": "; ".join(against)}
        move = self._of(context["dag_run"], measured)
        moves.add(self.hook, uri, before, move)
        return {"moved": True, "reason": move["reason"]}

    def _measured(self, before: Moves) -> Measured:
        champion, window = self.run["champion"]["model_package_arn"], self.run["window"]
        package = self.hook.describe(MODEL_PACKAGE, champion) or {}
        known = package.get("DriftCheckBaselines", {}).get("ModelQuality", {}).get("Constraints", {})
        return Measured(
            champion=champion,
            compared=baselines.compared(champion, baselines.beside(before.listed, champion, datetime.now(UTC))),
            opened=traffic.midnight(date.fromisoformat(self.run["data"]["first_day"]), ZoneInfo(window["timezone"])),
            report=self._document(self.verdict["report"]),
            registered=self._document(known["S3Uri"]) if known else {},
        )

    def _document(self, uri: str) -> Any:
        try:
            return json.loads(self.hook.read(uri) or b"")
        except ValueError as error:
            raise UserError(f"{uri} is not there or not JSON ({error}); clear the task evaluate") from error

    def _of(self, run: Any, measured: Measured) -> dict[str, Any]:
        return {
            "champion": measured.champion,
            "since": measured.opened.isoformat(),
            "baseline": uris.folder(self.data_quality),
            "quality": uris.folder(self.quality),
            "reason": self.asked or baselines.harmless(self.run["drift"]),
            "by": run.triggering_user_name or run.run_type.value,
            "run": run.run_id,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
