from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.errors import Failure
from deploy.packaging.build import replace
from deploy.packaging.package import Package, load

PACKAGE = Package({"dags/a.py": b"a", "plugins.zip": b"z"}, ["b", "a"], {"a": {"": "0" * 64}}, {"training": "1" * 64})


def test_what_was_written_is_loaded(tmp_path: Path) -> None:
    replace(PACKAGE, tmp_path / "dist")
    assert load(tmp_path / "dist").record() == PACKAGE.record()
    assert load(tmp_path / "dist").below("dags/") == {"a.py": b"a"}


def test_the_record_lists_every_file_by_its_hash() -> None:
    record = json.loads(PACKAGE.record())
    assert record["files"] == {"dags/a.py": sha256(b"a").hexdigest(), "plugins.zip": sha256(b"z").hexdigest()}
    assert record["dags"] == ["a", "b"]
    assert record["package"] == PACKAGE.id


def test_a_later_package_takes_the_place_of_an_earlier_one_whole(tmp_path: Path) -> None:
    replace(PACKAGE, tmp_path / "dist")
    replace(Package({"dags/b.py": b"b"}, [], {}, {}), tmp_path / "dist")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["b.py", "package.json"]


@pytest.mark.parametrize("harm", ["dags/a.py", "dags/new.py"])
def test_a_package_that_was_changed_by_hand_is_refused(tmp_path: Path, harm: str) -> None:
    replace(PACKAGE, tmp_path / "dist")
    (tmp_path / "dist" / harm).write_bytes(b"other")
    with pytest.raises(Failure, match=r"changed by hand: run `make package`"):
        load(tmp_path / "dist")


def test_where_no_package_is_one_is_told_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="holds no package: run `make package`"):
        load(tmp_path)
