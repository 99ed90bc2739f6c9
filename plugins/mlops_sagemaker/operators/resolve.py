"""Find out, once and at run time, everything a run works on."""

import json
from typing import Any

from airflow.sdk import Context

from mlops_sagemaker import baselines, champions, naming, release, uris, windows
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.hook import LifecycleHook
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.release import Artifact, Release
from mlops_sagemaker.resources import MODEL_PACKAGE
from mlops_sagemaker.windows import Window

RELEASE_VARIABLE = "nightshift_release"
RELEASE_URI = "{{ var.value.get('" + RELEASE_VARIABLE + "', '') }}"


def read_release(hook: LifecycleHook, uri: str) -> Release:
    """The release whose manifest lies at ``uri``. Raises UserError where there is none."""
    if not uri:
        raise UserError(f"the Airflow Variable {RELEASE_VARIABLE} is not set; publish a release and set it")
    content = hook.read(uri)
    if content is None:
        raise UserError(f"there is no release manifest at {uri}; {release.REMEDY}")
    try:
        document = json.loads(content)
    except ValueError as error:
        raise UserError(f"{uri} is not JSON ({error}); {release.REMEDY}") from error
    return release.parse(document, uri)


def data_manifest(hook: LifecycleHook, uri: str, prefix: str, window: Window) -> list[str]:
    """The keys, below the folder ``prefix``, of the objects in the window, as the manifest at ``uri`` records them;
    once recorded it stays. Raises UserError if there are none."""
    content = hook.read(uri)
    if content is None:
        content = hook.write_once(uri, window.manifest(prefix, hook.list_keys(prefix)))
    _, *keys = json.loads(content)
    return list(keys)


def data_prefix(bucket: str, use_case: str) -> str:
    """The folder of a use case's data."""
    return uris.folder(f"s3://{bucket}", use_case, "data")


class ResolveRunOperator(LifecycleOperator):
    """Settle a run's release, data window, data objects and champion, and return them as small JSON.

    The list of data objects is recorded as a SageMaker manifest file in the run's folder. Once recorded it
    stays: repeating the run repeats it on the same objects. ::

        {"run_key", "run_uri", "run_type", "bucket", "ledger", "role_arn", "release",
         "window": {"end", "timezone", "days"},
         "data": {"manifest", "sha256", "objects", "first_day", "last_day"},
         "code": {"uri", "sha256", "steps": {step: uri}},
         "image": {"uri", "sha256"}, "champion": null or {"model_package_arn", "version", "model_data",
         "window_end"}, "drift": null or what the drift event says that has started the run, see `baselines`}

    :param use_case: name of the code bundle, of the bucket's top folder and of the model package group.
    :param image: name of the image the run's jobs use.
    :param timezone: IANA name of the zone whose midnights end the windows.
    :param window_end: date (YYYY-MM-DD) on which the window ends, empty for the run's own.
    :param window_days: how many days long the window is, None for all days before its end.
    :param asked_days: the same as the run asks for it (a template), empty if it does not.
    :param release_uri: S3 URI of the release manifest.
    """

    template_fields = aws_template_fields("window_end", "asked_days", "release_uri")

    def __init__(
        self,
        *,
        use_case: str,
        image: str,
        timezone: str,
        window_end: str = "{{ params.window_end or '' }}",
        window_days: int | None = None,
        asked_days: str = "{{ params.window_days or '' }}",
        release_uri: str = RELEASE_URI,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.use_case = use_case
        self.image = image
        self.timezone = timezone
        self.window_end = window_end
        self.window_days = window_days
        self.asked_days = asked_days
        self.release_uri = release_uri

    def execute(self, context: Context) -> dict[str, Any]:
        """Settle everything."""
        run = context["dag_run"]
        with user_errors_are_final():
            current = read_release(self.hook, self.release_uri)
            window = self._window(run)
            key = naming.run_key(run.dag_id, run.run_id)
            run_uri = uris.join(f"s3://{current.bucket}", self.use_case, "runs", key)
            return {
                "run_key": key,
                "run_uri": run_uri,
                "run_type": str(run.run_type.value),
                "bucket": current.bucket,
                "ledger": uris.join(f"s3://{current.bucket}", self.use_case, "ledger"),
                "role_arn": current.role_arn,
                "release": current.id,
                "window": {"end": window.end.isoformat(), "timezone": window.timezone, "days": window.days},
                "data": self._data(current.bucket, window, uris.join(run_uri, "manifest.json")),
                "code": self._code(current),
                "image": _as_json(current.image(self.image)),
                "champion": self._champion(current.bucket),
                "drift": baselines.latest([event.extra for event in run.consumed_asset_events]),
            }

    def _code(self, current: Release) -> dict[str, Any]:
        code = current.code_of(self.use_case)
        return {**_as_json(code), "steps": {step: bundle.uri for step, bundle in code.steps.items()}}

    def _window(self, run: Any) -> Window:
        told = [event.extra for event in run.consumed_asset_events]
        days = int(self.asked_days) if self.asked_days else self.window_days
        return windows.resolve(self.window_end, run.logical_date, run.run_after, self.timezone, told, days)

    def _data(self, bucket: str, window: Window, manifest_uri: str) -> dict[str, Any]:
        keys = data_manifest(self.hook, manifest_uri, data_prefix(bucket, self.use_case), window)
        days = [str(windows.day_of(key)) for key in keys]
        self.log.info("%s data objects from %s to %s; manifest: %s", len(keys), days[0], days[-1], manifest_uri)
        return {
            "manifest": manifest_uri,
            "sha256": naming.digest([*keys]),
            "objects": len(keys),
            "first_day": days[0],
            "last_day": days[-1],
        }

    def _champion(self, bucket: str) -> dict[str, Any] | None:
        """What production serves; before anything was deployed, the version approved last."""
        served = champions.read(self.hook, champions.uri_of(bucket, self.use_case))["champion"]
        if served is not None:
            package = self.hook.describe(MODEL_PACKAGE, served["model_package_arn"])
        else:
            package = self.hook.champion(naming.group_name(self.use_case))
        if package is None:
            return None
        arn = package["ModelPackageArn"]
        properties = package.get("CustomerMetadataProperties", {})
        model_data = properties.get("model_data")
        if not model_data:
            raise UserError(f"the champion {arn} does not say where its model lies; give it the property model_data")
        return {
            "model_package_arn": arn,
            "version": package["ModelPackageVersion"],
            "model_data": model_data,
            "window_end": properties.get("window_end", ""),
        }


def _as_json(artifact: Artifact) -> dict[str, str]:
    return {"uri": artifact.uri, "sha256": artifact.sha256}
