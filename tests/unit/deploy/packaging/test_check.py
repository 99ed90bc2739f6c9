from __future__ import annotations

from deploy.packaging.archive import archive
from deploy.packaging.check import of_parts
from deploy.packaging.package import PLUGINS, VERSIONS, Package, private

GOOD = archive({".airflowignore": b"*"})
FILES = {"dags/a.py": b"", PLUGINS: GOOD, **{private(version) + PLUGINS: GOOD for version in VERSIONS}}


def test_a_package_whose_parts_are_right_passes() -> None:
    assert list(of_parts(Package(FILES, ["a" * 50], {}, {}))) == []


def test_a_dag_id_that_mwaas_api_cannot_reach_is_refused_with_what_to_do() -> None:
    (told,) = of_parts(Package(FILES, ["a" * 51], {}, {}))
    assert f"the DAG id {'a' * 51} has 51 characters" in told
    assert "give its use case a shorter name" in told


def test_every_plugins_zip_of_the_package_is_looked_at() -> None:
    bad = {path: archive({"plugins/x.py": b""}) for path in FILES if path.endswith(PLUGINS)}
    told = list(of_parts(Package({**FILES, **bad}, [], {}, {})))
    assert [line.partition(" ")[0] for line in told] == sorted(bad, key=list(FILES).index)


def test_dag_files_of_the_package_are_looked_at() -> None:
    (told,) = of_parts(Package({**FILES, "dags/a.py": b"import pandas"}, [], {}, {}))
    assert told.startswith("dags/a.py, line 1")
