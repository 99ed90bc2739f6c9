"""What a monitoring run makes of what its monitors have found."""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import baselines, drift, naming, traffic, uris
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.drift import Action, DriftPolicy, Memory, Outcome
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final

NAMESPACES = {"data": "aws/sagemaker/Endpoints/data-metrics", "model": "aws/sagemaker/Endpoints/model-metrics"}
"""Where Model Monitor's metrics are, by what a monitor looks at: existing dashboards and alarms find ours."""
MAX_METRIC_AGE = timedelta(days=14)
"""API_PutMetricData: older ones are refused; a backfill goes further back."""
FIRST: dict[str, Any] = {"memory": Memory().document(), "run": None, "decision": None}
"""What was decided before the first window."""


class DecideDriftOperator(LifecycleOperator):
    """Decide what follows from what the monitors have found, and publish what they have measured; see `drift`. ::

        {"action": "none" | "retrain" | "escalate", "reason", "drifting": [monitor], "silent": [monitor],
         "outcomes": {monitor: "ok" | "violations" | "no_data"}, "window": {"start", "end"}, "champion": version,
         "pages": {monitor: uri}, "event": null or what the drift event says}

    Decisions follow on each other: what the windows so far came to is one object, moved in one step with its decision.
    A repeated task finds its own decision, in the run's folder or still in that object. A run that does not decide, and
    a window that comes after a later one, are reported and decide nothing.

    :param run: the ``output`` of the ResolveMonitoringOperator.
    :param monitors: by monitor the ``output`` of its task, None if that was skipped.
    :param policy: the rules.
    :param timezone: IANA name of the zone of training's data windows.
    :param window_days: how many days of data a retraining after drift sees, None for as many as ever.
    """

    template_fields = aws_template_fields("run", "monitors")

    def __init__(
        self,
        *,
        run: Any,
        monitors: Mapping[str, Any],
        policy: DriftPolicy,
        timezone: str,
        window_days: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run: dict[str, Any] = run
        self.monitors = monitors
        self.policy = policy
        self.timezone = timezone
        self.window_days = window_days

    def execute(self, context: Context) -> dict[str, Any]:
        """The decision."""
        if self.run is None:
            raise AirflowSkipException("nothing deployed")
        with user_errors_are_final():
            results = {name: self._result(name) for name in self.monitors if self.run[name].get("due", True)}
            decision = self._decided(context["run_id"], results)
            for name, result in results.items():
                self._publish(name, result)
        self.log.info("%s: %s. %s", decision["outcomes"], decision["action"], decision["reason"])
        return decision

    def _result(self, name: str) -> dict[str, Any]:
        """What a monitor has found; without traffic, or labels, it was not asked."""
        job = self.monitors[name]
        if not job:
            return {"status": str(Outcome.NO_DATA), "reason": "there was nothing to look at"}
        (folder,) = job["outputs"].values()
        where = uris.join(folder, "result.json")
        try:
            result: dict[str, Any] = json.loads(self.hook.read(where) or b"")
            Outcome(result["status"])
        except (ValueError, TypeError, KeyError) as error:
            raise UserError(f"{where} does not say what was found ({error!r}); clear the task of {name}") from error
        return result

    def _publish(self, name: str, result: Mapping[str, Any]) -> None:
        dimensions = {"Endpoint": self.run["endpoint"], "MonitoringSchedule": naming.words(self.dag_id)}
        at = traffic.parsed(self.run[name]["window"]["end"])
        if datetime.now(UTC) - at > MAX_METRIC_AGE:
            self.log.info("CloudWatch takes no metrics of %s any more: they are in the report alone", at)
            return
        numbers = {**result.get("metrics", {}), "violations": float(len(result.get("violations", ())))}
        self.hook.put_metrics(NAMESPACES[name], dimensions, at, numbers)

    def _decided(self, run_id: str, results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        found = {
            "outcomes": {name: result["status"] for name, result in results.items()},
            "window": self.run["window"],
            "champion": self.run["champion"]["version"],
            "pages": {name: job["page"] for name, job in self.monitors.items() if job},
        }
        if not self.run["decides"]:
            return {**found, **_undecided("a backfill, or a run that does not name its hour, decides nothing")}
        return self._recorded(run_id, found, results)

    def _recorded(self, run_id: str, found: dict[str, Any], results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        recorded = self.hook.read(self.run["decision"])
        if recorded is not None:
            decision: dict[str, Any] = json.loads(recorded)
            return decision
        decision, moved = self._moved(run_id, found, results)
        if moved:
            self.hook.write_json(self.run["decision"], decision)
        return decision

    def _moved(
        self, run_id: str, found: dict[str, Any], results: Mapping[str, Mapping[str, Any]]
    ) -> tuple[dict[str, Any], bool]:
        """The decision, and whether the windows so far are those up to this one."""
        version = self.hook.read_version(self.run["state"])
        state = _state(version.content, self.run["state"]) if version else FIRST
        memory = drift.remembered(state["memory"])
        at = traffic.parsed(found["window"]["end"])
        if state["run"] == run_id:
            return state["decision"], True
        if memory.at is not None and at <= memory.at:
            told = _undecided(f"windows up to {memory.at:%Y-%m-%d %H:%M %Z} have been decided on")
            return {**found, **told}, False
        # What another than the champion has done is no reason to act.
        champion = self.run["champion"]["model_package_arn"]
        own = {name for name in self.monitors if self.run[name]["model_package_arn"] == champion}
        outcomes = {name: Outcome(outcome) for name, outcome in found["outcomes"].items() if name in own}
        decided = drift.decide(self.policy, memory, at, champion, outcomes, {"data": self.run["compared"]})
        decision = {**found, **self._told(decided, results, own)}
        after = {"memory": decided.memory.document(), "run": run_id, "decision": decision}
        self.hook.write_json(
            self.run["state"], after, **({"IfMatch": version.etag} if version else {"IfNoneMatch": "*"})
        )
        return decision, True

    def _told(
        self, decided: drift.Decision, results: Mapping[str, Mapping[str, Any]], own: Collection[str]
    ) -> dict[str, Any]:
        why = [decided.reason, *(f"{name}: {result['reason']}" for name, result in results.items())]
        reason = "; ".join(filter(None, why))
        champion, window = self.run["champion"]["model_package_arn"], self.run["window"]
        found = [result for name, result in results.items() if name in own]
        event = baselines.event(decided, champion, self.run["compared"], window, found, self.timezone, self.window_days)
        return {
            "action": str(decided.action),
            "reason": reason,
            "drifting": list(decided.drifting),
            "silent": list(decided.silent),
            "event": {**event, "reason": reason} if decided.action is Action.RETRAIN else None,
        }


def _undecided(reason: str) -> dict[str, Any]:
    return {"action": str(Action.NONE), "reason": reason, "drifting": [], "silent": [], "event": None}


def _state(content: bytes, uri: str) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads(content)
        drift.remembered(state["memory"])
        return state
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{uri} does not say what was decided ({error!r}); restore its last version") from error
