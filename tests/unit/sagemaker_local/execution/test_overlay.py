"""The writable layer over a managed image, with a real interpreter and a real pip."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sagemaker_local.execution import overlay
from sagemaker_local.execution.images import PYTHON, Image


@pytest.fixture
def image(tmp_path: Path) -> Image:
    """An image with the interpreter of this test and one package."""
    environment = tmp_path / "image"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    packages = environment / "lib" / f"python{PYTHON}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "below.py").write_text("WHERE = 'image'")
    (packages / "nested.pth").write_text("import sys; sys.nested = True\n")
    return Image("plain", tmp_path, environment)


@pytest.fixture
def layer(image: Image, tmp_path: Path) -> Path:
    folder = tmp_path / "layer"
    overlay.lay(image, folder)
    return folder


def python(layer: Path, source: str) -> str:
    """What *source* prints in the layer's interpreter."""
    command = [layer / "bin" / "python", "-I", "-c", source]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_images_packages_are_seen_with_what_they_add_to_the_path(layer: Path) -> None:
    assert python(layer, "import sys, below; print(below.WHERE, sys.nested)") == "image True"


def test_what_is_installed_in_the_layer_comes_before_the_images(layer: Path) -> None:
    (packages,) = layer.glob("lib/python3*/site-packages")
    (packages / "below.py").write_text("WHERE = 'layer'")
    assert python(layer, "import below; print(below.WHERE)") == "layer"


def test_it_is_an_environment_of_its_own(layer: Path) -> None:
    assert python(layer, "import sys; print(sys.prefix)") == str(layer)


def test_the_toolkit_is_among_its_packages_and_the_server_is_not(layer: Path) -> None:
    assert python(layer, "import sagemaker_toolkit; print(sagemaker_toolkit.__name__)") == "sagemaker_toolkit"
    found = python(layer, "import importlib.util as u; print(u.find_spec('sagemaker_local'))")
    assert found == "None"


def test_scripts_import_the_toolkits_packages_by_the_names_that_aws_gives_them(layer: Path) -> None:
    source = "from importlib.util import find_spec as f; from sagemaker_containers import entry_point; print(f({!r}))"
    assert "xgboost" in python(layer, source.format("sagemaker_xgboost_container"))
    assert python(layer, source.format("packages")) == "None"


def test_a_program_runs_in_the_layers_interpreter_wherever_it_is_called_from(layer: Path, tmp_path: Path) -> None:
    command = [str(layer / "bin" / "pip"), "--version"]
    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "No module named pip" in outcome.stderr  # the image above has none: it is the interpreter that speaks
    assert str(layer / "bin" / "python") in outcome.stderr


def test_a_second_start_finds_nothing_of_the_first(image: Image, layer: Path) -> None:
    (layer / "left").touch()
    overlay.lay(image, layer)
    assert not (layer / "left").exists()


def test_a_link_that_the_job_put_in_its_place_is_not_followed(image: Image, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    (tmp_path / "layer").symlink_to(elsewhere)
    overlay.lay(image, tmp_path / "layer")
    assert [path.name for path in elsewhere.iterdir()] == ["precious"]
