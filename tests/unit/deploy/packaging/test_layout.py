from __future__ import annotations

from deploy.packaging.archive import archive
from deploy.packaging.layout import problems

PLUGINS = {".airflowignore": b"*", "mlops_sagemaker/__init__.py": b"", "mlops_sagemaker/hook/__init__.py": b""}


def test_what_lies_at_the_top_of_plugins_lies_at_the_top_of_the_zip() -> None:
    assert list(problems(archive(PLUGINS), "plugins.zip")) == []


def test_a_zip_with_an_outer_folder_is_refused_with_what_to_do() -> None:
    (told,) = problems(archive({f"plugins/{path}": body for path, body in PLUGINS.items()}), "plugins.zip")
    assert told.startswith("plugins.zip has the outer folder plugins/")
    assert "zip what lies in plugins/, not plugins/ itself" in told


def test_a_zip_whose_files_airflow_would_all_execute_is_refused() -> None:
    (told,) = problems(archive({"mlops_sagemaker/__init__.py": b""}), "plugins.zip")
    assert "has no .airflowignore at its top" in told


def test_what_is_no_zip_is_refused() -> None:
    (told,) = problems(b"PK", "private/3.3.1/plugins.zip")
    assert told.startswith("private/3.3.1/plugins.zip is no zip")
