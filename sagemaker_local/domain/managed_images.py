"""The images that AWS maintains: which there are, and which library version stands for each here.

A managed image is run with the nearest version of its library that works on the local Python. Nearest is near enough
within one minor release of the same major version: what scikit-learn and XGBoost deprecate they keep for two, so that
a script which runs without warnings runs on either side, and saved models differ by no more than their own libraries
bridge. Anything further is refused, on every Python alike. Versions are from the SageMaker Python SDK's
``image_uri_config`` (sagemaker 2.257 and sagemaker-core 2.27) and the Dockerfiles of the containers' repositories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sagemaker_local.domain.registries import ACCOUNTS
from sagemaker_local.domain.xgboost_metrics import METRIC_DEFINITIONS

_CPU = "-cpu-py3"


class UnknownManagedImage(LookupError):
    """There is no such image on AWS; the text says which there are."""


class TooFarAway(LookupError):
    """AWS has the image, and no version of its library that is near enough works here; the text names those that do."""


@dataclass(frozen=True)
class Release:
    """One version of a framework's image."""

    tag: str
    """AWS's name for the version, as in ``framework_version`` of the SDK"""
    on_aws: str
    """the library's version in AWS's image; of one that is refused, its series"""
    here: Mapping[str, str]
    """by Python, the library's version here; empty: refused"""


@dataclass(frozen=True)
class Framework:
    """A family of managed images."""

    repository: str
    library: str
    module: str
    """of the container's programs: their framework is known by it"""
    releases: tuple[Release, ...]
    suffixes: tuple[str, ...]
    """what may follow the version in a tag"""
    metric_definitions: tuple[dict[str, str], ...] = ()
    """those that SageMaker has for the algorithm; then a request can have none of its own"""

    def tags(self) -> list[str]:
        """The tags that can be run."""
        return [f"{release.tag}{self.suffixes[0]}" for release in self.releases if release.here]


@dataclass(frozen=True)
class ManagedImage:
    """An image that can be run."""

    framework: Framework
    release: Release

    @property
    def name(self) -> str:
        """Without registry and region."""
        return f"{self.framework.repository}:{self.release.tag}"

    @property
    def tag(self) -> str:
        """Its tag in full."""
        return f"{self.release.tag}{self.framework.suffixes[0]}"

    @property
    def lock(self) -> str:
        """The folder that holds its lock: tags of one library version share it."""
        return f"{self.framework.library}-{self.release.on_aws}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that AWS's image sets."""
        return {
            "SAGEMAKER_TRAINING_MODULE": f"{self.framework.module}.training:main",
            "SAGEMAKER_SERVING_MODULE": f"{self.framework.module}.serving:main",
            "SM_INPUT": "/opt/ml/input",
            "SM_INPUT_TRAINING_CONFIG_FILE": "/opt/ml/input/config/hyperparameters.json",
            "SM_INPUT_DATA_CONFIG_FILE": "/opt/ml/input/config/inputdataconfig.json",
            "SM_CHECKPOINT_CONFIG_FILE": "/opt/ml/input/config/checkpointconfig.json",
            "SM_MODEL_DIR": "/opt/ml/model",
        }

    def notice(self, python: str) -> str:
        """What stands for the image on that Python (``3.12``): the first line of a job's log."""
        here, on_aws = self.release.here[python], self.release.on_aws
        difference = "as AWS's has" if here == on_aws else f"AWS's has {on_aws}"
        library = self.framework.library
        return f"[sagemaker-local] image {self.name} has {library} {here} here ({difference}), for CPUs"


def _both(version: str) -> dict[str, str]:
    return {"3.11": version, "3.12": version}


SCIKIT_LEARN = Framework(
    "sagemaker-scikit-learn",
    "scikit-learn",
    "sagemaker_sklearn_container",
    (
        Release("0.20.0", "0.20", {}),
        Release("0.23-1", "0.23", {}),
        Release("1.0-1", "1.0", {}),
        Release("1.2-1", "1.2.1", {"3.11": "1.2.1", "3.12": "1.3.2"}),
        Release("1.4-2", "1.4.2", _both("1.4.2")),
        Release("1.4-2-py312", "1.4.2", _both("1.4.2")),
        Release("1.9-0", "1.9.0", _both("1.9.0")),
    ),
    (_CPU,),
)
XGBOOST = Framework(
    "sagemaker-xgboost",
    "xgboost",
    "sagemaker_xgboost_container",
    (
        Release("0.90-1", "0.90", {}),
        Release("0.90-2", "0.90", {}),
        Release("1.0-1", "1.0", {}),
        Release("1.2-1", "1.2", {}),
        Release("1.2-2", "1.2", {}),
        Release("1.3-1", "1.3", {}),
        Release("1.5-1", "1.5", {}),
        Release("1.7-1", "1.7.4", _both("1.7.4")),
        Release("3.0-5", "3.0.5", _both("3.0.5")),
        Release("3.2-0", "3.2.0", _both("3.2.0")),
    ),
    ("", _CPU),
    METRIC_DEFINITIONS,
)
FRAMEWORKS = {framework.repository: framework for framework in (SCIKIT_LEARN, XGBOOST)}


def find(account: str, region: str, repository: str, tag: str | None) -> ManagedImage | None:
    """The managed image at that address, or ``None`` if its repository is none of AWS's frameworks'.

    Raises ``UnknownManagedImage`` and ``TooFarAway``.
    """
    framework = FRAMEWORKS.get(repository)
    if framework is None:
        return None
    _check_registry(framework, account, region)
    release = _release(framework, tag or "latest")
    if not release.here:
        raise TooFarAway(
            f"no {framework.library} within one minor release of its {release.on_aws} works on the local Python; "
            f"tags that run here: {', '.join(framework.tags())}"
        )
    return ManagedImage(framework, release)


def _check_registry(framework: Framework, account: str, region: str) -> None:
    if region not in ACCOUNTS:
        raise UnknownManagedImage(f"{framework.repository} is not in region {region}; it is in {', '.join(ACCOUNTS)}")
    if account != ACCOUNTS[region]:
        raise UnknownManagedImage(
            f"{framework.repository} of region {region} is in account {ACCOUNTS[region]}, not {account}"
        )


def _release(framework: Framework, tag: str) -> Release:
    for release in framework.releases:
        if tag in [f"{release.tag}{suffix}" for suffix in framework.suffixes]:
            return release
    raise UnknownManagedImage(
        f"{framework.repository} has no tag {tag}; tags that run here: {', '.join(framework.tags())}"
    )
