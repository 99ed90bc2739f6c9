"""Tests of an endpoint before production, each of which can fail."""

from datetime import timedelta
from typing import Any, ClassVar

from airflow.sdk import Context

from mlops_sagemaker import deployments, probes
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.errors import EndpointFailed
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.probes import Answer, Smoke
from mlops_sagemaker.resources import ENDPOINT, ENDPOINT_CONFIG

SINGLES = 5
"""Rows that are asked for one by one, and must be answered as in a batch."""
REQUESTS, ROUNDS = 100, 3


class _ProbeOperator(LifecycleOperator):
    """Ask an endpoint, and fail if it is not as it should be.

    :param endpoint_name: which endpoint (a template).
    :param smoke: S3 URI of the model's known rows (a template); see `probes.Smoke`.
    """

    probe: ClassVar[str]
    template_fields = aws_template_fields("endpoint_name", "smoke")

    def __init__(self, *, endpoint_name: str, smoke: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.endpoint_name = endpoint_name
        self.smoke = smoke

    def execute(self, context: Context) -> dict[str, Any]:
        """What was found. Fails if anything was found wrong."""
        with user_errors_are_final():
            known = probes.parse(self.hook.read(self.smoke), self.smoke)
            facts, findings = self.examine(known)
            for finding in findings:
                self.log.error("%s", finding)
            if findings:
                raise EndpointFailed(f"{self.probe} test of {self.endpoint_name}: {probes.summary(findings)}")
        self.log.info("%s test of %s passed: %s", self.probe, self.endpoint_name, facts)
        return facts

    def examine(self, known: Smoke) -> tuple[dict[str, Any], list[str]]:
        """Facts that were found, and what is wrong."""
        raise NotImplementedError

    def ask(self, body: str) -> Answer:
        """The endpoint's answer to a request."""
        return self.hook.ask(self.endpoint_name, body, "text/csv", "text/csv")


class SmokeTestOperator(_ProbeOperator):
    """Known rows must be predicted as the evaluation did; see _ProbeOperator."""

    probe = "smoke"

    def examine(self, known: Smoke) -> tuple[dict[str, Any], list[str]]:
        """Ask for all known rows at once."""
        return {"rows": len(known.rows)}, probes.wrong_predictions(known, self.ask(probes.body(known.rows)))


class ContractTestOperator(_ProbeOperator):
    """Bad requests must be refused as the caller's mistake, and a row alone predicted as in a batch; see
    _ProbeOperator."""

    probe = "contract"

    def examine(self, known: Smoke) -> tuple[dict[str, Any], list[str]]:
        """Ask what must be refused, then rows one by one."""
        bad = probes.bad_requests(known)
        findings = [finding for what, body in bad.items() for finding in probes.accepted(what, self.ask(body))]
        for row, expected in zip(known.rows[:SINGLES], known.predictions, strict=False):
            one = Smoke(known.columns, [row], [expected])
            findings += [f"alone, {finding}" for finding in probes.wrong_predictions(one, self.ask(probes.body([row])))]
        return {"refused": list(bad), "singles": SINGLES}, findings


class LatencyTestOperator(_ProbeOperator):
    """Of requests for one row, 99 of 100 must be answered within the budget, as seen from here; see _ProbeOperator.

    Somebody else's load comes and goes, and a slow model stays: the best of a few rounds counts.

    :param budget: how long an answer may take.
    """

    probe = "latency"

    def __init__(self, *, budget: timedelta, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.budget = budget

    def examine(self, known: Smoke) -> tuple[dict[str, Any], list[str]]:
        """Ask again and again, until a round is within the budget."""
        for _ in range(ROUNDS - 1):
            facts, findings = self._round(known)
            if not findings:
                return facts, findings
        return self._round(known)

    def _round(self, known: Smoke) -> tuple[dict[str, Any], list[str]]:
        answers = [self.ask(probes.body([known.rows[n % len(known.rows)]])) for n in range(REQUESTS)]
        seconds = [answer.seconds for answer in answers]
        failed = [f"a request got a {answer.status}" for answer in answers if answer.status != 200]
        facts = {f"p{share}_ms": round(probes.percentile(seconds, share / 100) * 1000, 2) for share in (50, 99)}
        return {"requests": REQUESTS, **facts}, [*failed, *probes.slowness(seconds, self.budget.total_seconds())]


class VerifyDeploymentOperator(SmokeTestOperator):
    """Prove that the endpoint is what was asked for: in service with just that config, which serves that model on all
    of its instances and captures data, and predicts the known rows as the evaluation did.

    :param config_name: what it must serve (a template).
    :param model_name: whose model that must be (a template).
    """

    probe = "verification"
    template_fields = aws_template_fields("endpoint_name", "smoke", "config_name", "model_name")

    def __init__(self, *, config_name: str, model_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config_name = config_name
        self.model_name = model_name

    def examine(self, known: Smoke) -> tuple[dict[str, Any], list[str]]:
        """Compare what is live with what was requested, then ask for all known rows."""
        live = self.hook.describe(ENDPOINT, self.endpoint_name)
        config = self.hook.describe(ENDPOINT_CONFIG, self.config_name)
        findings = deployments.deviations(live, config, self.config_name, self.model_name)
        facts, wrong = super().examine(known) if not findings else ({}, [])
        return {**facts, "config_name": self.config_name}, [*findings, *wrong]
