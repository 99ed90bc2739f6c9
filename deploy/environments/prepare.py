"""What running and testing need installed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from deploy.environments.catalogue import AIRFLOW, CLIENTS, DEV, SAGEMAKER_LOCAL, TOOL, overlay
from deploy.environments.install import Installer

TEST_IMAGES = "tests/fixtures/images"
# Of the images that AWS maintains: those that tests run.
MANAGED = ("sagemaker-scikit-learn:1.2-1-cpu-py3", "sagemaker-xgboost:3.0-5")


def for_running(installer: Installer) -> None:
    """The environments of the stack and of the jobs."""
    with installer.alone():
        _for_running(installer)


def for_deploying(installer: Installer) -> None:
    """What speaks to AWS."""
    with installer.alone():
        installer.ensure(TOOL)
        installer.ensure(AIRFLOW)


def for_testing(installer: Installer) -> dict[str, Path]:
    """Those and the ones of the checks; returns the environments of the container images."""
    with installer.alone():
        images = _for_running(installer)
        installer.ensure(DEV)
        installer.ensure(overlay("airflow-test", installer.folder / AIRFLOW.name))
        for name, folder in images.items():
            installer.ensure(overlay(f"{name}-test", folder))
        installer.managed_images(MANAGED, TEST_IMAGES, installer.folder / "test-images")
    return images


def for_soaking(installer: Installer, names: Iterable[str]) -> None:
    """The environments of the clients among these names."""
    with installer.alone():
        for name in names:
            if name in CLIENTS:
                installer.ensure(CLIENTS[name])


def _for_running(installer: Installer) -> dict[str, Path]:
    for environment in (TOOL, AIRFLOW, SAGEMAKER_LOCAL):
        installer.ensure(environment)
    return installer.images()
