from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from deploy.environments.install import Installer
from deploy.environments.locks import write_locks
from deploy.progress import Progress


class Recorder(Installer):
    """Has every environment, and remembers what it is told to resolve."""

    resolved: dict[str, list[str]]
    environ: Mapping[str, str]

    def ensure(self, environment: object) -> None:
        self.resolved = {}

    def _pip_config(self) -> str:
        return "global.index-url='https://mirror.example'\nglobal.extra-index-url='file:///mine'\nglobal.find-links='/mine'\n"

    def run(self, command: Sequence[str], environ: Mapping[str, str]) -> str:
        self.environ = environ
        self.resolved[command[-1]] = list(command)
        return ""


@pytest.fixture
def resolver(tmp_path: Path) -> Recorder:
    for image in (
        tmp_path / "include" / "containers" / "training",
        tmp_path / "sagemaker_local" / "images" / "sklearn",
    ):
        image.mkdir(parents=True)
        (image / "requirements.in").touch()
    recorder = Recorder(tmp_path, Progress(), {"HOME": str(tmp_path)})
    write_locks(recorder)
    return recorder


def test_the_images_locks_are_written_with_the_others(resolver: Recorder) -> None:
    assert "include/containers/training/requirements.txt" in resolver.resolved
    assert "sagemaker_local/images/sklearn/requirements.txt" in resolver.resolved
    assert "requirements/airflow.txt" in resolver.resolved


def test_every_lock_is_for_all_platforms_with_hashes_from_wheels_and_without_addresses(resolver: Recorder) -> None:
    for command in resolver.resolved.values():
        assert {"--universal", "--generate-hashes", "--only-binary", "--no-emit-index-url"} <= set(command)


def test_a_lock_comes_after_those_it_has_to_agree_with(resolver: Recorder) -> None:
    order = list(resolver.resolved)
    for lock, command in resolver.resolved.items():
        constraints = [command[place + 1] for place, word in enumerate(command) if word == "--constraints"]
        assert all(order.index(constraint) < order.index(lock) for constraint in constraints)


def test_an_own_mirror_is_used_but_nothing_that_only_this_machine_has(resolver: Recorder) -> None:
    assert resolver.environ["UV_DEFAULT_INDEX"] == "https://mirror.example"
    assert not {"UV_INDEX", "UV_FIND_LINKS"} & set(resolver.environ)
