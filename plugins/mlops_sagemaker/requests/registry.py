"""Model packages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_sagemaker.errors import UserError

MAX_METADATA_LENGTH = 256


@dataclass(frozen=True)
class ModelPackage:
    """A model to register: where it lies, the report that speaks for it, and its history in ``properties``.

    ``report_sha256`` is the hash of the report's bytes, so that a later reader can tell whether it is the
    same report. ``approval`` is the state it begins in: ``PendingManualApproval``, ``Approved`` or ``Rejected``.
    """

    group: str
    description: str
    report: str
    report_sha256: str
    properties: Mapping[str, str]
    approval: str = "PendingManualApproval"

    def request(self) -> dict[str, Any]:
        """The keyword arguments of ``create_model_package`` but ``ClientToken``.

        There is no inference specification: no image serves the model yet. Raises UserError for a property
        that is empty or longer than SageMaker stores.
        """
        for name, value in self.properties.items():
            if not 0 < len(value) <= MAX_METADATA_LENGTH:
                limit = f"1 to {MAX_METADATA_LENGTH}"
                raise UserError(
                    f"property {name} of a model package has {len(value)} characters; SageMaker takes {limit}"
                )
        statistics = {
            "ContentType": "application/json",
            "ContentDigest": f"sha256:{self.report_sha256}",
            "S3Uri": self.report,
        }
        return {
            "ModelPackageGroupName": self.group,
            "ModelPackageDescription": self.description,
            "ModelApprovalStatus": self.approval,
            "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
            "CustomerMetadataProperties": dict(self.properties),
        }
