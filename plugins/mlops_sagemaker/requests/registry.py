"""Model packages."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_sagemaker.cards import ModelCard
from mlops_sagemaker.errors import UserError

METADATA = re.compile(r"[\w .:/=+\-@]{1,256}")
"""A value of CustomerMetadataProperties, API_CreateModelPackage."""


@dataclass(frozen=True)
class MetricsSource:
    """A JSON object with measurements, and the SHA-256 of its bytes: a later reader can tell whether it is the same."""

    uri: str
    sha256: str

    def request(self) -> dict[str, str]:
        """A ``MetricsSource``."""
        return {"ContentType": "application/json", "ContentDigest": f"sha256:{self.sha256}", "S3Uri": self.uri}


@dataclass(frozen=True)
class Baseline:
    """Statistics and constraints in Model Monitor's shapes, which later ones are compared with."""

    statistics: MetricsSource
    constraints: MetricsSource

    def request(self) -> dict[str, dict[str, str]]:
        """One of ``ModelMetrics`` and of ``DriftCheckBaselines``."""
        return {"Statistics": self.statistics.request(), "Constraints": self.constraints.request()}


@dataclass(frozen=True)
class ModelPackage:
    """A model to register: how good it is, how bad it may become, where it comes from.

    ``quality`` is the model's own, ``data_quality`` that of the data it is made of; drift is measured against both.
    ``generated_by`` is the ARN of the job that made the model. ``properties`` hold its history.
    ``approval`` is the state it begins in: ``PendingManualApproval``, ``Approved`` or ``Rejected``.
    """

    group: str
    description: str
    quality: Baseline
    data_quality: Baseline
    generated_by: str
    card: ModelCard
    properties: Mapping[str, str]
    approval: str = "PendingManualApproval"

    def request(self) -> dict[str, Any]:
        """The keyword arguments of ``create_model_package`` but ``ClientToken``.

        There is no inference specification: no image serves the model yet. Raises UserError for a property
        that SageMaker does not store.
        """
        for name, value in self.properties.items():
            if not METADATA.fullmatch(value):
                raise UserError(
                    f"property {name} of a model package is {value!r}; SageMaker takes 1 to 256 letters, digits, "
                    "spaces and any of _.:/=+-@"
                )
        baselines = {"ModelQuality": self.quality.request(), "ModelDataQuality": self.data_quality.request()}
        return {
            "ModelPackageGroupName": self.group,
            "ModelPackageDescription": self.description,
            "ModelApprovalStatus": self.approval,
            "ModelMetrics": baselines,
            "DriftCheckBaselines": baselines,
            "MetadataProperties": {"GeneratedBy": self.generated_by},
            "ModelCard": {
                "ModelCardContent": json.dumps(self.card.content(), sort_keys=True),
                "ModelCardStatus": "PendingReview",
            },
            "CustomerMetadataProperties": dict(self.properties),
        }
