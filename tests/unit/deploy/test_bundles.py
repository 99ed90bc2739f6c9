from __future__ import annotations

from pathlib import Path

import pytest

from deploy.bundles import bundles, step_bundles


def tree(root: Path, **files: str) -> Path:
    for name, text in files.items():
        file = root / (name.replace("__main", "$").replace("__", "/").replace("$", "/__main__") + ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_what_one_use_case_has_of_its_own_is_in_no_others_bundle(tmp_path: Path) -> None:
    tree(tmp_path, common__job="", abalone__main="", abalone__script="", churn__main="", churn__script="")
    (tmp_path / "abalone" / "__pycache__").mkdir()
    (tmp_path / "abalone" / "__pycache__" / "script.pyc").touch()
    found = {name: set(files) for name, files in bundles(tmp_path).items()}
    assert found == {
        "abalone": {"common/job.py", "abalone/__main__.py", "abalone/script.py"},
        "churn": {"common/job.py", "churn/__main__.py", "churn/script.py"},
    }


def test_a_folder_without_files_is_no_use_case(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert bundles(tree(tmp_path, abalone__main="")).keys() == {"abalone"}


@pytest.mark.parametrize("step", ["train", "evaluate"])
def test_a_steps_bundle_has_the_use_cases_folder_and_what_that_step_imports(step: str) -> None:
    shared = {f"tabular/{name}.py": b"" for name in ("trees", "scores", "other")}
    files = {
        "abalone/__main__.py": b"import tabular.main",
        "tabular/__init__.py": b"",
        "tabular/main.py": b"import importlib",
        "tabular/steps/__init__.py": b"",
        "tabular/steps/train.py": b"from tabular import trees",
        "tabular/steps/evaluate.py": b"from tabular.scores import mse",
        **shared,
    }
    own = {"train": "trees", "evaluate": "scores"}[step]
    others = {"tabular/steps/train.py", "tabular/steps/evaluate.py"} - {f"tabular/steps/{step}.py"}
    found = step_bundles("abalone", files)
    assert found.keys() == {"train", "evaluate"}
    assert found[step].keys() == files.keys() - others - (shared.keys() - {f"tabular/{own}.py"})
