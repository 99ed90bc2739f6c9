"""Recent requests of production, asked of a candidate before any of its users is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Context

from mlops_sagemaker import naming, probes, replays, uris
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.errors import ApiError, EndpointFailed
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.probes import Answer
from mlops_sagemaker.replays import Exchange, Replay
from mlops_sagemaker.requests import Variant

REPORT = "replay"
"""Property of a package that names the report of the replay."""


class ShadowReplayOperator(LifecycleOperator):
    """Replay captured requests of production through a candidate, and fail if an enforced rule does not hold.

    Its answers are compared with those that production gives now, and with the captured ones, whoever gave them, only
    where production has none.

    The report lies in ``<use case>/deployments/<run>/replay.json``. A version that fails names it; one that passes does
    so once it is let in, for until then nothing may make its approval look newer than it is. Where nothing was captured
    there is nothing to replay: the report says so, and the deployment goes on. Where nothing of it can be replayed, the
    rule ``schema`` does not hold.

    :param endpoint_name: the endpoint that serves the candidate (a template).
    :param production: the endpoint whose requests were captured.
    :param use_case: top folder of the use case in the bucket.
    :param run: the ``output`` of the ResolveDeploymentOperator.
    :param rules: what is replayed, and what must hold.
    :param budget: how long an answer may take.
    """

    template_fields = aws_template_fields("endpoint_name", "run")

    def __init__(
        self,
        *,
        endpoint_name: str,
        production: str,
        use_case: str,
        run: Any,
        rules: Replay,
        budget: timedelta,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint_name = endpoint_name
        self.production = production
        self.use_case = use_case
        self.run: dict[str, Any] = run
        self.rules = rules
        self.budget = budget

    def execute(self, context: Context) -> dict[str, Any]:
        """What was found, and where the report lies. Fails if that keeps the candidate out."""
        with user_errors_are_final():
            exchanges, unread = self._newest()
            report = self._replayed(exchanges, unread) if exchanges else replays.nothing(self.rules, unread)
            uri = self._written(report, context)
            for refusal in replays.refusals(report):
                self.log.error("%s", refusal)
            if not report["passed"]:
                self.hook.mark(self.run["model_package_arn"], {REPORT: uri})
                why = probes.summary(replays.refusals(report))
                raise EndpointFailed(f"replay of {len(exchanges)} requests to {self.production}: {why}. Report: {uri}")
        facts = {name: report[name] for name in ("requests", "unread", "rows", "stability_index")}
        self.log.info("Replay of requests to %s: %s. Report: %s", self.production, facts, uri)
        return {**facts, "report": uri}

    def _newest(self) -> tuple[list[Exchange], int]:
        """What is replayed, and how many requests were passed over until there was enough of it."""
        found: list[Exchange] = []
        unread = 0
        for exchange in self._captured():
            if exchange is None:
                unread += 1
            else:
                found.append(exchange)
            if len(found) == self.rules.requests:
                break
        return found, unread

    def _captured(self) -> Iterator[Exchange | None]:
        """The newest requests, those of each hour together."""
        folder = uris.join(f"s3://{self.run['bucket']}", self.use_case, "capture", self.production, Variant.name)
        for hour in replays.hours(datetime.now(UTC), self.rules.window):
            prefix = uris.folder(folder, hour)
            for key in sorted(self.hook.list_keys(prefix), reverse=True):
                yield from replays.exchanges(self.hook.read(prefix + key) or b"")

    def _replayed(self, exchanges: list[Exchange], unread: int) -> dict[str, Any]:
        answers = [self._ask(self.endpoint_name, exchange) for exchange in exchanges]
        champions = self._champions(exchanges)
        compared = replays.renewed(exchanges, champions) if champions else exchanges
        seconds = [answer.seconds for answer in champions]
        return replays.judge(compared, answers, self.rules, self.budget.total_seconds(), seconds, unread)

    def _champions(self, exchanges: list[Exchange]) -> list[Answer]:
        """What production says to the same; nothing if it is in such a state that it cannot be asked, which may be why
        another version is deployed."""
        try:
            return [self._ask(self.production, exchange) for exchange in exchanges]
        except ApiError as error:
            self.log.warning("Compared with captured answers, and no times: %s: %s", self.production, error)
            return []

    def _ask(self, endpoint: str, exchange: Exchange) -> Answer:
        return self.hook.ask(endpoint, exchange.body, exchange.content_type, exchange.accept)

    def _written(self, report: dict[str, Any], context: Context) -> str:
        key = naming.run_key(context["ti"].dag_id, context["run_id"])
        uri = uris.join(f"s3://{self.run['bucket']}", self.use_case, "deployments", key, "replay.json")
        self.hook.write_json(uri, report)
        return uri
