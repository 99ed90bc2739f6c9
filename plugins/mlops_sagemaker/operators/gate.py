"""Decide from an evaluation report whether a model may be registered."""

import hashlib
import json
from typing import Any

from airflow.sdk import Context

from mlops_sagemaker import gates
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.gates import Policy, Verdict
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final


class MetricGateOperator(LifecycleOperator):
    """Read the report, decide, write the record, return it: a refused model is an answer, not an error.

    The record is `gates.Verdict.record` with ``report`` (URI) and ``report_sha256``, which is None if there is no
    report; the result has the record's own URI, too, as ``record``.

    :param policy: the rules; ``threshold`` and ``champion`` below complete it for the run at hand.
    :param threshold: the worst acceptable value of the policy's metric (a template, so text is accepted); empty: the
        policy's own.
    :param champion: the current champion's model, empty if there is none; if given, the report must know it.
    :param report: S3 URI of the evaluation report.
    :param record: S3 URI to write the record to.
    """

    template_fields = aws_template_fields("threshold", "champion", "report", "record")

    def __init__(
        self,
        *,
        policy: Policy,
        threshold: float | str,
        champion: str,
        report: str,
        record: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.policy = policy
        self.threshold = threshold
        self.champion = champion
        self.report = report
        self.record = record

    def execute(self, context: Context) -> dict[str, Any]:
        """Decide once; deciding again from the same report writes the same record again."""
        with user_errors_are_final():
            content = self.hook.read(self.report)
            verdict = self._decide(content, self._policy())
            record = {
                **verdict.record(),
                "report": self.report,
                "report_sha256": hashlib.sha256(content).hexdigest() if content is not None else None,
            }
            # What is decided alike is written alike, whichever run decides it.
            self.hook.write_json(self.record, record)
        if verdict.passed:
            self.log.info("The gate lets %s through: %s", verdict.promoted, verdict.reason)
        else:
            self.log.info("The gate refuses every candidate: %s", verdict.reason)
        return {**record, "record": self.record}

    def _policy(self) -> Policy:
        if self.threshold == "":
            return self.policy
        try:
            return self.policy.with_threshold(float(self.threshold))
        except ValueError:
            raise UserError(f"the gate's threshold is {self.threshold!r}, not a number; set it in the form") from None

    def _decide(self, content: bytes | None, policy: Policy) -> Verdict:
        if content is None:
            return gates.refusal("report", f"there is no report at {self.report}; did the evaluation write it?")
        try:
            report = json.loads(content)
        except (ValueError, RecursionError) as error:
            return gates.refusal("report", f"{self.report} is not JSON: {error}")
        return gates.decide(report, policy, champion=bool(self.champion))
