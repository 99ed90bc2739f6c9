"""Which version is deployed, and whether it may be."""

import json
from collections.abc import Mapping
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import champions, deployments, naming
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.deployments import REFUSED, SUPERSEDED
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.operators.resolve import RELEASE_URI, read_release
from mlops_sagemaker.release import Release
from mlops_sagemaker.resources import Description


class ResolveDeploymentOperator(LifecycleOperator):
    """Settle which version is deployed, and that it may be; skip if none waits for it. ::

        {"model_package_arn", "version", "approved_at", "model_data", "smoke", "report", "image", "role_arn",
         "bucket", "champion_uri", "champion": null or as in `deployments`, "policy": how production is approved,
         "metrics_name": the version's name in its own metrics, "baseline": how its predictions were distributed at the
         evaluation, JSON for the image that serves}

    Versions that a later approval has overtaken are marked as superseded, one that may not be deployed as refused.

    :param use_case: names the model package group and the bucket's top folder.
    :param image: name of the image that serves.
    :param version: the version that is asked for (a template); empty: the one approved last that waits.
    :param approval: how production is approved, ``manual`` or ``automatic``, unless the release or the run says so.
    :param asked_approval: the same as the run asks for it (a template), empty if it does not.
    :param release_uri: S3 URI of the release manifest.
    """

    template_fields = aws_template_fields("version", "asked_approval", "release_uri")

    def __init__(
        self,
        *,
        use_case: str,
        image: str,
        version: str,
        approval: str,
        asked_approval: str = "",
        release_uri: str = RELEASE_URI,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.use_case = use_case
        self.group = naming.group_name(use_case)
        self.image = image
        self.version = version
        self.approval = approval
        self.asked_approval = asked_approval
        self.release_uri = release_uri

    def execute(self, context: Context) -> dict[str, Any]:
        """Settle it."""
        with user_errors_are_final():
            current = read_release(self.hook, self.release_uri)
            where = champions.uri_of(current.bucket, self.use_case)
            champion = champions.read(self.hook, where)["champion"]
            package = self._asked_for() if self.version else self._waiting(champion)
            self._require_deployable(package)
            return {**self._of(package), **self._by(current), "champion_uri": where, "champion": champion}

    def _asked_for(self) -> Description:
        for package in self.hook.packages(self.group):
            if str(package["ModelPackageVersion"]) == self.version:
                return package
        raise UserError(f"the model package group {self.group} has no version {self.version}")

    def _waiting(self, champion: dict[str, Any] | None) -> Description:
        choice = deployments.choose(list(self.hook.packages(self.group, ModelApprovalStatus="Approved")), champion)
        for package in choice.overtaken:
            self.hook.mark(package["ModelPackageArn"], deployments.mark(SUPERSEDED))
            self.log.info("%s is superseded by a later approval", package["ModelPackageArn"])
        if choice.chosen is None:
            # Airflow does not write a skip's reason into the log of the task.
            self.log.info("No approved version of %s waits for its deployment", self.use_case)
            raise AirflowSkipException("nothing to deploy")
        return choice.chosen

    def _require_deployable(self, package: Description) -> None:
        facts = deployments.properties(package)
        gate = _parsed(self.hook.read(facts["gate"])) if "gate" in facts else None
        sha256 = self.hook.sha256(facts["model_data"]) if "model_data" in facts else None
        reasons = deployments.obstacles(package, gate, sha256)
        if reasons:
            arn = package["ModelPackageArn"]
            self.hook.mark(arn, deployments.mark(REFUSED, "; ".join(reasons)))
            raise UserError(f"{arn} may not be deployed: {'; '.join(reasons)}")

    def _of(self, package: Description) -> dict[str, Any]:
        facts = deployments.properties(package)
        return {
            "model_package_arn": package["ModelPackageArn"],
            "version": package["ModelPackageVersion"],
            "approved_at": deployments.approved_at(package),
            "model_data": facts["model_data"],
            "smoke": facts["smoke"],
            "report": facts.get("report", ""),
            "metrics_name": f"{self.use_case}/{package['ModelPackageVersion']}",
            "baseline": self._baseline(facts["distribution"]),
        }

    def _baseline(self, uri: str) -> str:
        found = _parsed(self.hook.read(uri))
        if not isinstance(found, Mapping) or not {"edges", "counts"} <= found.keys():
            raise UserError(f"{uri} does not say how predictions are distributed; evaluate the model again")
        return json.dumps({name: found[name] for name in ("edges", "counts")}, separators=(",", ":"))

    def _by(self, current: Release) -> dict[str, Any]:
        return {
            "image": current.image(self.image).uri,
            "role_arn": current.endpoints_role_arn,
            "bucket": current.bucket,
            "policy": self.asked_approval or current.approval or self.approval,
        }


def _parsed(content: bytes | None) -> Any:
    try:
        return json.loads(content or b"")
    except ValueError:
        return None
