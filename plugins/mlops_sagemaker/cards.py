"""What the model card of a registered version says.

The schema is that of model packages' cards:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_DETAIL = 1024
"""Characters of one custom detail."""


@dataclass(frozen=True)
class ModelCard:
    """Where a model comes from, what it is for, and how good it is.

    ``training_job`` is an ARN; ``datasets`` are URIs. ``metrics`` were measured on the test rows at ``evaluated_on``.
    ``details`` is whatever else a reader should know.
    """

    purpose: str
    creator: str
    model_data: str
    training_job: str
    image: str
    datasets: tuple[str, ...]
    hyperparameters: Mapping[str, str]
    evaluated_on: str
    metrics: Mapping[str, float]
    details: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """The card's content, as JSON."""
        return {
            "model_overview": {"model_creator": self.creator, "model_artifact": [self.model_data]},
            "intended_uses": {"purpose_of_model": self.purpose, "intended_uses": self.purpose},
            "training_details": {"training_job_details": self._training()},
            "evaluation_details": [self._evaluation()],
            "additional_information": {
                "custom_details": {name: text[:MAX_DETAIL] for name, text in self.details.items()}
            },
        }

    def _training(self) -> dict[str, Any]:
        settings = [{"name": name, "value": value} for name, value in self.hyperparameters.items() if value]
        return {
            "training_arn": self.training_job,
            "training_datasets": list(self.datasets),
            "training_environment": {"container_image": [self.image]},
            "hyper_parameters": settings,
        }

    def _evaluation(self) -> dict[str, Any]:
        found = [{"name": name, "type": "number", "value": value} for name, value in self.metrics.items()]
        return {
            "name": "Test rows that no model has learned from",
            "datasets": [self.evaluated_on],
            "metric_groups": [{"name": "metrics", "metric_data": found}],
        }
