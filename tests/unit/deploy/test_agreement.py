"""Training and inference hold the same libraries, or nothing is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy import agreement
from deploy.errors import Failure

CONTAINERS = Path(__file__).resolve().parents[3] / "include" / "containers"


def locks(folder: Path, training: str, inference: str) -> Path:
    for name, content in (("training", training), ("inference", inference)):
        (folder / name).mkdir()
        (folder / name / "requirements.txt").write_text(content)
    return folder


def test_the_projects_own_images_agree_in_what_models_are_proven_with() -> None:
    agreement.check(CONTAINERS)
    for image in ("training", "inference"):
        lock = (CONTAINERS / image / "requirements.txt").read_text()
        assert "numpy==" in lock
        assert "onnxruntime==" in lock


def test_what_only_one_image_holds_may_be_anything(tmp_path: Path) -> None:
    agreement.check(locks(tmp_path, "numpy==2.5.5 \\\nxgboost==3.4.1 \\\n", "numpy==2.5.5 \\\nuvicorn==1.0 \\\n"))


@pytest.mark.parametrize("other", ["numpy==2.5.4 \\\n", "numpy==2.5.5 ; python_full_version >= '3.12' \\\n"])
def test_another_version_is_told(tmp_path: Path, other: str) -> None:
    told = r"the images' locks disagree: numpy is .* in inference and 2\.5\.5 in training; run `make locks`"
    with pytest.raises(Failure, match=told):
        agreement.check(locks(tmp_path, "numpy==2.5.5 \\\n    --hash=sha256:00\n", other))
