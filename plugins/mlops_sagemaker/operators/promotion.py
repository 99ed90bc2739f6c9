"""The champion moves, and what it leaves behind goes."""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context

from mlops_sagemaker import champions, deployments, naming
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.deployments import LIVE
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.requests import Alarms
from mlops_sagemaker.resources import ENDPOINT_CONFIG, MODEL, Resource


class PromoteOperator(LifecycleOperator):
    """Make the version that production serves the champion, in one step; the champion so far stays as the previous one.

    :param run: the ``output`` of the ResolveDeploymentOperator.
    :param config_name: what production serves (a template).
    :param model_name: whose model that is (a template).
    """

    template_fields = aws_template_fields("run", "config_name", "model_name")

    def __init__(self, *, run: Any, config_name: str, model_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run: dict[str, Any] = run
        self.config_name = config_name
        self.model_name = model_name

    def execute(self, context: Context) -> dict[str, Any]:
        """The pointer as it is now."""
        served = {
            **{name: self.run[name] for name in ("model_package_arn", "version", "approved_at", "smoke")},
            "model_name": self.model_name,
            "config_name": self.config_name,
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "run": context["run_id"],
        }
        with user_errors_are_final():
            pointer = champions.move(
                self.hook, self.run["champion_uri"], lambda before: deployments.promoted(before, served)
            )
            self.hook.mark(self.run["model_package_arn"], deployments.mark(LIVE))
        self.log.info("Version %s is the champion", self.run["version"])
        return pointer


class CleanUpOperator(LifecycleOperator):
    """Delete models, endpoint configs and their alarms of earlier deployments; the champion's, the previous champion's
    and the newest stay.

    :param pointer: the ``output`` of the PromoteOperator.
    :param models: what the models' names begin with.
    :param configs: what the names of production's configs begin with.
    :param alarms: what watches a config.
    :param keep: how many of a kind stay at least.
    """

    template_fields = aws_template_fields("pointer")

    def __init__(
        self, *, pointer: Any, models: str, configs: str, alarms: Alarms, keep: int = 3, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.pointer: dict[str, Any] = pointer
        self.models = models
        self.configs = configs
        self.alarms = alarms
        self.keep = keep

    def execute(self, context: Context) -> dict[str, list[str]]:
        """The names of what was deleted."""
        with user_errors_are_final():
            configs = self._old(ENDPOINT_CONFIG, self.configs, "config_name")
            if configs:
                self.hook.delete_alarms([alarm for name in configs for alarm in self.alarms.names(name)])
            models = self._old(MODEL, self.models, "model_name")
            for kind, names in ((ENDPOINT_CONFIG, configs), (MODEL, models)):
                for name in names:
                    self.hook.delete(kind, name)
        return {"configs": configs, "models": models}

    def _old(self, kind: Resource, prefix: str, key: str) -> list[str]:
        known = [name for name in self.hook.names(kind, prefix) if naming.is_content_name(name, prefix)]
        needed = {served[key] for served in (self.pointer["champion"], self.pointer["previous"]) if served}
        return [name for name in known[self.keep :] if name not in needed]
