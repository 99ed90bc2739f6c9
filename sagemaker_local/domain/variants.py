"""Production variants: what an endpoint configuration says of each, and what DescribeEndpoint shows of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]

CREATING, UPDATING, DELETING = "Creating", "Updating", "Deleting"
ACTIVATING_TRAFFIC, BAKING = "ActivatingTraffic", "Baking"

# The guide's defaults: minutes of failing health checks that a container is given; the download's is its maximum.
_HEALTH_CHECK_SECONDS, _DOWNLOAD_SECONDS = 240, 3600


@dataclass(frozen=True)
class VariantSpec:
    """One variant of an endpoint configuration with its model, as they were when the deployment began."""

    name: str
    model_name: str
    container: Record
    """the model's ``ContainerDefinition``, with image and data of a model package filled in"""
    network_isolation: bool
    weight: float
    instance_count: int
    instance_type: str | None
    serverless: Record | None
    least_outstanding: bool
    download_seconds: int
    health_check_seconds: int

    @property
    def image_uri(self) -> str:
        return str(self.container["Image"])

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.container.get("Environment", {}))

    @classmethod
    def of(cls, variant: Record, model: Record) -> VariantSpec:
        """From a ``ProductionVariant`` and its model's record."""
        strategy = variant.get("RoutingConfig", {}).get("RoutingStrategy", "RANDOM")
        return cls(
            name=variant["VariantName"],
            model_name=variant["ModelName"],
            container=model["Resolved"],
            network_isolation=model.get("EnableNetworkIsolation", False),
            weight=variant.get("InitialVariantWeight", 1.0),
            instance_count=variant.get("InitialInstanceCount", 1),
            instance_type=variant.get("InstanceType"),
            serverless=variant.get("ServerlessConfig"),
            least_outstanding=strategy == "LEAST_OUTSTANDING_REQUESTS",
            download_seconds=variant.get("ModelDataDownloadTimeoutInSeconds", _DOWNLOAD_SECONDS),
            health_check_seconds=variant.get("ContainerStartupHealthCheckTimeoutInSeconds", _HEALTH_CHECK_SECONDS),
        )


def summary(spec: VariantSpec, now: float) -> Record:
    """The ``ProductionVariantSummary`` of a variant that is about to be created: it wants all and has nothing."""
    shown: Record = {
        "VariantName": spec.name,
        "DeployedImages": [{"SpecifiedImage": spec.image_uri, "ResolvedImage": spec.image_uri, "ResolutionTime": now}],
        "CurrentWeight": 0.0,
        "DesiredWeight": spec.weight,
        "CurrentInstanceCount": 0,
        "DesiredInstanceCount": spec.instance_count,
        "InstanceType": spec.instance_type,
    }
    if spec.serverless is not None:
        # A serverless variant has a concurrency instead of instances.
        for name in ("CurrentInstanceCount", "DesiredInstanceCount"):
            shown[name] = 0
        shown["DesiredServerlessConfig"] = spec.serverless
    return shown


def reached(shown: Record) -> None:
    """The variant has what it wanted."""
    shown.pop("VariantStatus", None)
    shown["CurrentWeight"] = shown["DesiredWeight"]
    shown["CurrentInstanceCount"] = shown["DesiredInstanceCount"]
    if "DesiredServerlessConfig" in shown:
        shown["CurrentServerlessConfig"] = shown.pop("DesiredServerlessConfig")


def entered(shown: Record, status: str, message: str, now: float) -> None:
    """The variant is in *status* (``VariantStatus``)."""
    shown["VariantStatus"] = [{"Status": status, "StatusMessage": message, "StartTime": now}]


def content(shown: Record) -> None:
    """The variant wants what it has."""
    shown["DesiredWeight"] = shown["CurrentWeight"]
    shown["DesiredInstanceCount"] = shown["CurrentInstanceCount"]
    shown.pop("DesiredServerlessConfig", None)


def scaled(shown: Record, count: Callable[[int], int]) -> Record:
    """*shown*, which has lists of summaries, with *count* of each variant's instances wanted."""
    lists = {name: value for name, value in shown.items() if name.endswith("ProductionVariants")}
    return {
        name: [{**each, "DesiredInstanceCount": count(int(each["DesiredInstanceCount"]))} for each in listed]
        for name, listed in lists.items()
    }
