"""Writes the locks: exact versions with markers and hashes, for Python 3.11 and 3.12 and every platform."""

from __future__ import annotations

from deploy.environments.catalogue import CLIENTS, TOOL
from deploy.environments.install import CONTAINERS, Installer

IMAGES = (CONTAINERS, "sagemaker_local/images")
"""Folders with one sub folder an image: the project's own, and those that the local SageMaker brings."""

OPTIONS = (
    "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--only-binary", ":all:",
    "--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "make locks",
)  # fmt: skip
AIRFLOW = ("--overrides", "requirements/airflow-overrides.txt")
# In this order: a lock is a constraint of the later ones that have to agree with it.
LOCKS: dict[str, tuple[str, ...]] = {
    "requirements/uv": (),
    "requirements/airflow": AIRFLOW,
    "requirements/sagemaker_local": ("--constraints", "requirements/uv.txt"),
    "requirements/test": ("--constraints", "requirements/airflow.txt"),
    "requirements/dev": (
        "--constraints", "requirements/sagemaker_local.txt", "--constraints", "requirements/test.txt",
    ),
    "requirements/moto": (),
    "requirements/mwaa-3.2.1": AIRFLOW,
    "requirements/scanner": (),
    "requirements/rivals": (),
    "requirements/monitors": (),
    # A client agrees with nothing but itself, the test runner beside it included.
    **{f"requirements/{client.lock}": () for client in CLIENTS.values()},
    "requirements/clients/airflow-3.2.1": AIRFLOW,
    "include/containers/training/requirements": (),
    # What a model was proven with when it was trained is what serves it.
    "include/containers/inference/requirements": ("--constraints", "include/containers/training/requirements.txt"),
    "include/containers/monitoring/requirements": ("--constraints", "include/containers/training/requirements.txt"),
}  # fmt: skip
# Files that only this machine has must not get into a lock.
LOCAL_SOURCES = ("UV_INDEX", "UV_FIND_LINKS")


def write_locks(installer: Installer) -> None:
    """Resolve every `.in` file into its `.txt`; what is locked there and still fits stays."""
    found = [path for folder in IMAGES for path in sorted(installer.root.glob(f"{folder}/*/requirements.in"))]
    images = [str(path.relative_to(installer.root).with_suffix("")) for path in found]
    with installer.alone():
        installer.ensure(TOOL)
        environ = {name: value for name, value in installer.uv_environ.items() if name not in LOCAL_SOURCES}
        for path, constraints in {**LOCKS, **{image: () for image in images if image not in LOCKS}}.items():
            resolve = [str(installer.uv), "pip", "compile", *OPTIONS, *constraints]
            installer.run([*resolve, f"{path}.in", "-o", f"{path}.txt"], environ)
