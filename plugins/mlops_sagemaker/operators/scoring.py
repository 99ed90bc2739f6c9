"""What the scoring of a day works on."""

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import champions, deployments, naming, uris, windows
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.operators.resolve import RELEASE_URI, data_manifest, data_prefix, read_release
from mlops_sagemaker.resources import MODEL_PACKAGE


class ResolveScoringOperator(LifecycleOperator):
    """Settle which day is scored, its data objects, and by which champion; skip if there is nothing to score, or to
    score with. ::

        {"day", "run_uri", "role_arn", "image", "steps": {step: uri}, "manifest", "objects", "predictions",
         "model_name", "model_data", "model_package_arn", "version"}

    The list of data objects is recorded in the run's folder and stays, as the training's.

    :param use_case: name of the code bundle and of the bucket's top folder.
    :param image: name of the image that serves, which the scoring's own jobs run in, too.
    :param timezone: IANA name of the zone whose midnights end the days.
    :param day: the day that is asked for (YYYY-MM-DD, a template), empty for the day before the run's own date.
    :param release_uri: S3 URI of the release manifest.
    """

    template_fields = aws_template_fields("day", "release_uri")

    def __init__(
        self, *, use_case: str, image: str, timezone: str, day: str = "", release_uri: str = RELEASE_URI, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.use_case = use_case
        self.image = image
        self.timezone = timezone
        self.day = day
        self.release_uri = release_uri

    def execute(self, context: Context) -> dict[str, Any]:
        """Settle it."""
        run = context["dag_run"]
        with user_errors_are_final():
            current = read_release(self.hook, self.release_uri)
            folder = uris.join(f"s3://{current.bucket}", self.use_case)
            window = windows.of_day(self.day, run.logical_date, run.run_after, self.timezone)
            run_uri = uris.join(folder, "runs", naming.run_key(run.dag_id, run.run_id))
            champion = self._champion(current.bucket)
            return {
                "day": window.last_day.isoformat(),
                "run_uri": run_uri,
                "role_arn": current.role_arn,
                "image": current.image(self.image).uri,
                "steps": {step: bundle.uri for step, bundle in current.code_of(self.use_case).steps.items()},
                **self._data(current.bucket, window, uris.join(run_uri, "manifest.json")),
                "predictions": uris.folder(folder, "predictions", f"day={window.last_day}"),
                **champion,
            }

    def _champion(self, bucket: str) -> dict[str, Any]:
        champion = champions.read(self.hook, champions.uri_of(bucket, self.use_case))["champion"]
        if champion is None:
            raise self._nothing(f"{self.use_case} has no champion to score with; deploy a version first")
        return {
            **{name: champion[name] for name in ("model_name", "model_package_arn", "version")},
            "model_data": self._properties(champion["model_package_arn"])["model_data"],
        }

    def _properties(self, arn: str) -> Mapping[str, str]:
        package = self.hook.describe(MODEL_PACKAGE, arn)
        if package is None:
            raise UserError(f"the champion {arn} is in the registry no more; deploy another version")
        return deployments.properties(package)

    def _data(self, bucket: str, window: windows.Window, manifest: str) -> dict[str, Any]:
        prefix = data_prefix(bucket, self.use_case)
        if self.hook.read(manifest) is None and not window.select(self.hook.list_keys(prefix)):
            raise self._nothing(f"there is no data of {window.last_day} below {prefix}")
        keys = data_manifest(self.hook, manifest, prefix, window)
        self.log.info("%s data objects of %s; manifest: %s", len(keys), window.last_day, manifest)
        return {"manifest": manifest, "objects": len(keys)}

    def _nothing(self, why: str) -> AirflowSkipException:
        # Airflow does not write a skip's reason into the log of the task.
        self.log.info("Nothing is scored: %s", why)
        return AirflowSkipException(why)
