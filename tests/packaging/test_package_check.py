"""`make package` and `make package-check` on copies of this tree, each with something wrong or something more."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.content import read_folder
from deploy.environments.install import Installer
from deploy.errors import Failure
from deploy.packaging import check
from deploy.packaging.__main__ import checked, packed
from deploy.packaging.archive import unpacked
from deploy.packaging.package import OUTPUT, PLUGINS, REQUIREMENTS, VERSIONS, Package, load, private
from deploy.packaging.requirements import private_text
from deploy.progress import Progress

ROOT = Path(__file__).resolve().parents[2]


class Tree:
    """A copy of what git has here, with the environments that lie here."""

    def __init__(self, root: Path) -> None:
        self.root = root
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
        for name in filter(None, listed.split("\0")):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, root / name)
        subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
        self.installer = Installer(root, Progress(), os.environ)
        self.installer.folder = ROOT / ".venv"

    def append(self, path: str, text: str) -> None:
        with (self.root / path).open("a") as file:
            file.write(text)

    def package(self) -> Package:
        packed(self.installer, Progress())
        return load(self.root / OUTPUT)

    def check(self) -> None:
        checked(self.installer, Progress())


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "tree")


def test_two_copies_of_one_commit_give_the_same_bytes(tree: Tree, tmp_path: Path) -> None:
    other = Tree(tmp_path / "other")
    for path in (tmp_path / "other").rglob("*.py"):
        os.utime(path, (0, 0))
    tree.package()
    other.package()
    assert read_folder(tree.root / OUTPUT) == read_folder(other.root / OUTPUT)


def test_everything_wrong_with_a_tree_is_told_at_once_with_what_to_do(tree: Tree) -> None:
    tree.append("dags/abalone.py", "\nimport pandas\n")
    tree.append("requirements.txt", "boto3==1.20.0\n")
    tree.append("plugins/mlops_sagemaker/naming.py", f'\nTOKEN = "ghp_{"aB3" * 12}"\n')
    with pytest.raises(Failure) as refused:
        tree.check()
    told = str(refused.value)
    assert "dags/abalone.py, line " in told
    assert "pandas is imported at the top" in told
    assert "'boto3==1.20.0' is outside the pins of MWAA's Airflow 3.2.1" in told
    assert "plugins/mlops_sagemaker/naming.py, line " in told
    assert "this looks like a secret (GitHub Token): take it out" in told
    assert told.count("\n- ") == 4  # the requirement is refused by each of both images


def test_a_dag_whose_id_is_too_long_for_mwaas_api_is_refused(tree: Tree) -> None:
    tree.append("dags/long.py", f"from airflow.sdk import DAG\n\ndag = DAG('{'a' * 51}', schedule=None)\n")
    (told,) = check.of_parts(tree.package())
    assert f"the DAG id {'a' * 51} has 51 characters" in told


def test_a_dag_file_that_cannot_be_imported_is_not_packed(tree: Tree) -> None:
    tree.append("dags/abalone.py", "\nimport mlflow\n")
    with pytest.raises(Failure, match=r"(?s)what cannot be imported is not packed.*No module named 'mlflow'"):
        tree.package()


def test_what_the_image_lacks_comes_as_wheels_and_is_installed_from_them_alone(tree: Tree) -> None:
    tree.append("requirements.txt", "apache-airflow-providers-common-messaging\n")
    package = tree.package()
    for version, pin in zip(VERSIONS, ("2.0.3", "2.0.4"), strict=True):
        wheels = [path for path in unpacked(package.files[private(version) + PLUGINS]) if path.endswith(".whl")]
        assert f"apache_airflow_providers_common_messaging-{pin}-py3-none-any.whl" in wheels
        text = package.files[private(version) + REQUIREMENTS].decode()
        assert f"apache-airflow-providers-common-messaging=={pin}" in text
    assert list(check.of_package(tree.installer, package)) == []


def test_what_cannot_be_installed_is_told_with_pips_reason(tree: Tree) -> None:
    package = tree.package()
    wheel_less = private("3.3.1") + REQUIREMENTS
    files = {
        **package.files,
        REQUIREMENTS: b"boto3==1.20.0\n",
        wheel_less: private_text({"apache-airflow-providers-common-messaging": "2.0.4"}).encode(),
    }
    told = list(check.of_package(tree.installer, dataclasses.replace(package, files=files)))
    refused = [one.partition(" cannot be installed")[0].rpartition(", ")[2] for one in told]
    assert refused == [REQUIREMENTS, REQUIREMENTS, wheel_less]
    assert all("ResolutionImpossible" in one or "No matching distribution" in one for one in told)
