"""What SageMaker keeps beside jobs, as a table: operators, sensors, triggers, hook and tests read the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Description = Mapping[str, Any]
"""The answer of a ``Describe...`` operation."""


class Describable(Protocol):
    """Anything SageMaker describes by its name."""

    @property
    def name(self) -> str:
        """What people call it, in messages and logs."""

    @property
    def describe(self) -> str:
        """The client's method."""

    @property
    def name_key(self) -> str:
        """The method's argument."""


@dataclass(frozen=True)
class Resource:
    """One row: the API's names for one kind of thing, as in its ``Create/Describe/Delete...`` operations.

    ``create``, ``delete``, ``list`` and ``status_key`` are empty where this package has no use for them.
    """

    name: str
    describe: str
    name_key: str
    arn_key: str
    create: str = ""
    delete: str = ""
    list: str = ""
    listed_key: str = ""
    status_key: str = ""

    def status(self, description: Description) -> str:
        """Where in its life it is."""
        status: str = description[self.status_key]
        return status


MODEL = Resource(
    name="model",
    create="create_model",
    describe="describe_model",
    delete="delete_model",
    list="list_models",
    listed_key="Models",
    name_key="ModelName",
    arn_key="ModelArn",
)
ENDPOINT_CONFIG = Resource(
    name="endpoint config",
    create="create_endpoint_config",
    describe="describe_endpoint_config",
    delete="delete_endpoint_config",
    list="list_endpoint_configs",
    listed_key="EndpointConfigs",
    name_key="EndpointConfigName",
    arn_key="EndpointConfigArn",
)
ENDPOINT = Resource(
    name="endpoint",
    create="create_endpoint",
    describe="describe_endpoint",
    delete="delete_endpoint",
    name_key="EndpointName",
    arn_key="EndpointArn",
    status_key="EndpointStatus",
)
MODEL_PACKAGE = Resource(
    name="model package",
    describe="describe_model_package",
    name_key="ModelPackageName",
    arn_key="ModelPackageArn",
    status_key="ModelApprovalStatus",
)
MODEL_CARD = Resource(
    name="model card",
    create="create_model_card",
    describe="describe_model_card",
    name_key="ModelCardName",
    arn_key="ModelCardArn",
    status_key="ModelCardStatus",
)
RESOURCES = {row.name: row for row in (MODEL, ENDPOINT_CONFIG, ENDPOINT, MODEL_PACKAGE, MODEL_CARD)}
