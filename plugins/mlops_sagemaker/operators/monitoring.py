"""What a monitoring run looks at."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import baselines, champions, moves, naming, traffic, uris
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.baselines import Document
from mlops_sagemaker.champions import Pointer
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.hook import LifecycleHook
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.operators.register import BACKFILL
from mlops_sagemaker.operators.report import SageMakerReportOperator
from mlops_sagemaker.operators.resolve import RELEASE_URI, read_release
from mlops_sagemaker.release import Release
from mlops_sagemaker.resources import MODEL_PACKAGE
from mlops_sagemaker.traffic import TrafficWindow


class _Before(NamedTuple):
    """How far back a page shows, and in what folders that is looked for."""

    length: timedelta
    folder: str


SCHEDULED = "scheduled"
NOT_DUE = {
    "due": False,
    "window": {"start": "", "end": ""},
    **dict.fromkeys(
        ("model_package_arn", "compared", "beside", "baseline", "quality", "capture", "labels", "history", "output"),
        "",
    ),
}
HISTORY = {"data": _Before(timedelta(days=2), "%Y/%m/%d/"), "model": _Before(timedelta(days=60), "%Y/%m/")}


class ResolveMonitoringOperator(LifecycleOperator):
    """Settle what a run looks at: an hour of captured traffic and, once a day, a day whose labels are due; skip if
    nothing has ever been deployed. ::

        {"decides": bool, "ledger", "role_arn", "code": {"steps": {step: uri}}, "image": {"uri"}, "state", "decision",
         "endpoint", "champion": {"model_package_arn", "version"}, "compared", "window": {"start", "end"},
         "data": {"window": {"start", "end"}, "model_package_arn", "compared", "beside", "baseline", "quality",
                  "capture", "history", "output"},
         "model": the same with "labels", and "due": whether; if not, all is empty}

    ``capture``, ``labels`` and ``history`` are manifests of what was there when the run began, empty if nothing was;
    repeating the run repeats it on the same objects. A window is compared with the baselines of what served at its end,
    for ``data`` those that it was registered with or those that they have moved to, which ``compared`` names with it;
    for ``model`` always those that it was registered with.
    ``state`` is where it is written down what the windows came to, ``decision`` where the run's own decision is. A run
    ``decides`` that is scheduled, or that names its hour and is no backfill: whatever else somebody starts must not
    come before the hour's own run.

    :param use_case: name of the code bundle and of the bucket's top folder.
    :param image: name of the image the run's jobs use.
    :param endpoint: the endpoint whose traffic it is.
    :param variant: its variant.
    :param timezone: IANA name of the zone whose midnights end the days.
    :param label_delay: how many days after its end a day's labels are due.
    :param window_end: the time before which the hour lies, ISO 8601; empty for the run's own.
    :param release_uri: S3 URI of the release manifest.
    """

    template_fields = aws_template_fields("window_end", "release_uri")

    def __init__(
        self,
        *,
        use_case: str,
        image: str,
        endpoint: str,
        variant: str,
        timezone: str,
        label_delay: int,
        window_end: str = "{{ params.window_end or '' }}",
        release_uri: str = RELEASE_URI,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.use_case = use_case
        self.image = image
        self.endpoint = endpoint
        self.variant = variant
        self.timezone = timezone
        self.label_delay = label_delay
        self.window_end = window_end
        self.release_uri = release_uri

    def execute(self, context: Context) -> dict[str, Any]:
        """Settle it."""
        run = context["dag_run"]
        with user_errors_are_final():
            window = traffic.last_hour(self.window_end, run.logical_date, run.run_after)
            current = read_release(self.hook, self.release_uri)
            folders = _Folders(self.hook, current.bucket, self.use_case, naming.run_key(run.dag_id, run.run_id))
            pointer = champions.read(self.hook, champions.uri_of(current.bucket, self.use_case))
            champion = traffic.served(pointer, window.end)
            if champion is None:
                self.log.info("Nothing of %s has been deployed yet: there is no traffic to look at", self.use_case)
                raise AirflowSkipException("nothing deployed")
            day = traffic.ended_day(window, self.timezone, self.label_delay)
            moved = moves.read(self.hook, moves.uri_of(current.bucket, self.use_case)).listed
            looked_at = partial(self._looked_at, folders, pointer, moved)
            of_hour = looked_at("data", window)
            return {
                "decides": run.run_type == SCHEDULED or (run.run_type != BACKFILL and bool(self.window_end)),
                "ledger": uris.join(folders.top, "ledger"),
                **self._release(current),
                "state": uris.join(folders.top, "monitoring", "state.json"),
                "decision": folders.of_run("decision"),
                "endpoint": self.endpoint,
                "champion": {name: champion[name] for name in ("model_package_arn", "version")},
                "compared": of_hour["compared"],
                "window": window.document(),
                "data": of_hour,
                "model": dict(NOT_DUE)
                if day is None
                else {**looked_at("model", day), "due": True, "labels": _labels(folders, day, window)},
            }

    def _release(self, current: Release) -> dict[str, Any]:
        steps = current.code_of(self.use_case).steps
        return {
            "role_arn": current.role_arn,
            "code": {"steps": {step: bundle.uri for step, bundle in steps.items()}},
            "image": {"uri": current.image(self.image).uri},
        }

    def _looked_at(
        self, folders: "_Folders", pointer: Pointer, moved: Sequence[Document], monitor: str, window: TrafficWindow
    ) -> dict[str, Any]:
        """The monitor's inputs and where its output goes."""
        champion = traffic.served(pointer, window.end) or {}
        arn = champion["model_package_arn"]
        # Quality is measured against the registration alone: were its baseline moved, it could creep away.
        move = None if monitor == baselines.QUALITY else baselines.beside(moved, arn, window.end)
        captured = uris.folder(folders.top, "capture", self.endpoint, self.variant)
        results = uris.folder(folders.top, "monitoring", monitor)
        before = HISTORY[monitor]
        earlier = TrafficWindow(window.start - before.length, window.start).prefixes(before.folder)
        return {
            "window": window.document(),
            "model_package_arn": arn,
            "compared": baselines.compared(arn, move),
            "beside": baselines.told(champion["version"], move),
            **self._baselines(arn, move),
            "capture": folders.recorded(f"{monitor}-capture", captured, window.prefixes("%Y/%m/%d/%H/")),
            "history": folders.recorded(f"{monitor}-history", results, earlier, "/result.json"),
            "output": uris.folder(results, f"{window.end:%Y/%m/%d/%H}", folders.key),
        }

    def _baselines(self, arn: str, move: Document | None) -> dict[str, str]:
        """The folders of what was written down of the data and of the model's quality: when it was registered, or where
        its baselines have moved since."""
        if move is not None:
            return {name: move[name] for name in ("baseline", "quality")}
        package = self.hook.describe(MODEL_PACKAGE, arn) or {}
        found = package.get("DriftCheckBaselines", {})
        names = {"baseline": "ModelDataQuality", "quality": "ModelQuality"}
        try:
            return {name: uris.parent(found[key]["Statistics"]["S3Uri"]) for name, key in names.items()}
        except KeyError as error:
            raise UserError(f"{arn} has no baseline {error}: nothing can be compared with it; train anew") from None


def _labels(folders: "_Folders", day: TrafficWindow, now: TrafficWindow) -> str:
    """Labels lie by when they came, which is any time from the first prediction until now."""
    came = TrafficWindow(day.start, now.end)
    return folders.recorded("model-labels", uris.folder(folders.top, "labels"), came.prefixes("%Y/%m/%d/"))


@dataclass(frozen=True)
class _Folders:
    """Where a use case's objects lie, and what was there when a run began."""

    hook: LifecycleHook
    bucket: str
    use_case: str
    key: str

    @property
    def top(self) -> str:
        return f"s3://{self.bucket}/{self.use_case}"

    def of_run(self, name: str) -> str:
        """Where a document of the run lies."""
        return uris.join(self.top, "monitoring", "runs", self.key, f"{name}.json")

    def recorded(self, name: str, prefix: str, folders: Sequence[str], ending: str = "") -> str:
        """The URI of a SageMaker ManifestFile of the objects in ``folders`` below ``prefix`` whose keys have that
        ``ending``; empty if there are none. Once recorded it stays, also that there are none."""
        manifest = self.of_run(name)
        recorded = self.hook.read(manifest)
        if recorded is not None:
            return manifest if json.loads(recorded)[1:] else ""
        found = [folder + key for folder in folders for key in self.hook.list_keys(prefix + folder)]
        keys = [key for key in found if key.endswith(ending)]
        self.hook.write_json(manifest, [{"prefix": prefix}, *keys])
        return manifest if keys else ""


class MonitorOperator(SageMakerReportOperator):
    """Run a monitor as a processing job; see SageMakerReportOperator. Skip where there is nothing to look at.

    :param needs: URIs without which there is nothing to look at (templates).
    """

    template_fields = (*SageMakerReportOperator.template_fields, "needs")

    def __init__(self, *, needs: Sequence[str], **kwargs: Any) -> None:
        super().__init__(page="report.html", **kwargs)
        self.needs = needs

    def execute(self, context: Context) -> dict[str, Any]:
        """As of any job, or skip."""
        if not all(self.needs):
            self.log.info("There is nothing to look at in this window: no job is started")
            raise AirflowSkipException("nothing to look at")
        return super().execute(context)
