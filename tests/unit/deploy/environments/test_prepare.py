from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.environments.catalogue import Environment
from deploy.environments.install import Installer
from deploy.environments.prepare import for_running, for_soaking, for_testing
from deploy.progress import Progress


class Recorder(Installer):
    """Remembers which environments are asked for, and has one image."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, Progress(), {})
        self.asked: list[Environment] = []
        self.managed: tuple[str, ...] = ()

    def ensure(self, environment: Environment) -> None:
        self.asked.append(environment)

    def images(self) -> dict[str, Path]:
        return {"training": self.folder / "images" / "training-0123"}

    def managed_images(self, names: Sequence[str], containers: str, folder: Path) -> None:
        self.managed = (*names, str(folder.relative_to(self.root)))


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path)


def test_running_needs_no_tool_of_the_developers(recorder: Recorder) -> None:
    for_running(recorder)
    assert [one.name for one in recorder.asked] == ["tool", "airflow", "sagemaker_local"]


def test_testing_lays_the_runner_over_airflow_and_over_every_image(recorder: Recorder) -> None:
    images = for_testing(recorder)
    overlays = {one.name: one.base for one in recorder.asked if one.base}
    assert overlays == {"airflow-test": recorder.folder / "airflow", "training-test": images["training"]}


def test_soaking_needs_the_clients_of_its_suites_alone(recorder: Recorder) -> None:
    for_soaking(recorder, ["dev", "airflow-3.2.1"])
    assert [(one.name, one.lock) for one in recorder.asked] == [("airflow-3.2.1", "clients/airflow-3.2.1")]


def test_testing_needs_a_few_of_the_images_that_aws_maintains_and_running_none(recorder: Recorder) -> None:
    for_running(recorder)
    assert recorder.managed == ()
    for_testing(recorder)
    assert recorder.managed == (
        "sagemaker-scikit-learn:1.2-1-cpu-py3",
        "sagemaker-xgboost:3.0-5",
        ".venv/test-images",
    )
