from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from common.errors import UserError
from tabular import artifact

FILES = {name: name.encode() for name in ("model.ubj", "preprocessing.json", "linear.json")}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    artifact.save(tmp_path / "model", FILES, {"use_case": "abalone"})
    return tmp_path / "model"


def packed(folder: Path, members: dict[str, bytes], prefix: str = "") -> Path:
    """A folder that holds nothing but a model.tar.gz."""
    archive = folder / "packed" / "model.tar.gz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(prefix + name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return archive.parent


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_what_is_saved_is_loaded(saved: Path) -> None:
    loaded = artifact.load(saved)
    assert loaded.files == FILES
    assert loaded.facts["use_case"] == "abalone"


@pytest.mark.parametrize("prefix", ["", "./"])
def test_the_archive_that_sagemaker_makes_is_loaded(saved: Path, tmp_path: Path, prefix: str) -> None:
    assert artifact.load(packed(tmp_path, contents(saved), prefix)).files == FILES


def test_an_archive_of_its_own_is_loaded_and_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        artifact.save(tmp_path / name, FILES, {"use_case": "abalone"}, packed=True)
    assert artifact.load(tmp_path / "one").files == FILES
    assert contents(tmp_path / "one").keys() == {"model.tar.gz"}
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_manifest_vouches_for_every_file(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    assert (manifest["format"], manifest["use_case"]) == (2, "abalone")
    assert set(manifest["files"]) == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_refused_by_name(saved: Path, name: str) -> None:
    (saved / name).write_bytes(b"other")
    with pytest.raises(UserError, match=f"{name} is not the file that manifest.json names; fetch the model"):
        artifact.load(saved)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_by_name(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(UserError, match=f"{name} is missing"):
        artifact.load(saved)


def test_a_manifest_that_does_not_name_a_file_does_not_vouch_for_it(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    del manifest["files"]["model.ubj"]
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match=r"model: model\.ubj is missing; fetch the model again"):
        artifact.load(saved).file("model.ubj")


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"format": 2}', '{"format": 2, "files": 3}'])
def test_a_damaged_manifest_is_refused(saved: Path, manifest: str) -> None:
    (saved / "manifest.json").write_text(manifest)
    with pytest.raises(UserError, match=r"manifest\.json is damaged"):
        artifact.load(saved)


def test_another_format_is_refused_with_the_one_that_is_read(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    (saved / "manifest.json").write_text(json.dumps({**manifest, "format": 3}))
    with pytest.raises(UserError, match="model format 3, this code reads 2"):
        artifact.load(saved)


def test_a_place_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent: holds no model, neither model\.tar\.gz nor manifest\.json"):
        artifact.load(tmp_path / "absent")


def test_a_saving_that_was_interrupted_leaves_no_model(saved: Path) -> None:
    with pytest.raises(UserError, match="not a finite number"):
        artifact.save(saved, {"model.ubj": b"new"}, {"rows": float("nan")})
    with pytest.raises(UserError, match="holds no model"):
        artifact.load(saved)


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_a_broken_archive_is_refused_by_name(saved: Path, tmp_path: Path, keep: int) -> None:
    folder = packed(tmp_path, contents(saved))
    archive = folder / "model.tar.gz"
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"model\.tar\.gz: not a readable gzip tar archive"):
        artifact.load(folder)


def test_members_that_point_outside_are_not_followed(saved: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(FILES["linear.json"])
    members = contents(saved)
    del members["linear.json"]
    folder = packed(tmp_path, {**members, "../escaped": b"bad", "/tmp/escaped-too": b"bad"})
    with tarfile.open(folder / "model.tar.gz", "r:gz") as tar:
        entries = [(member, tar.extractfile(member)) for member in tar]
        link = tarfile.TarInfo("linear.json")
        link.type, link.linkname = tarfile.SYMTYPE, str(outside)
        with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as evil:
            for member, stream in entries:
                evil.addfile(member, stream)
            evil.addfile(link)
    (tmp_path / "evil.tar.gz").replace(folder / "model.tar.gz")
    with pytest.raises(UserError, match=r"linear\.json is missing"):
        artifact.load(folder)
    assert not (tmp_path / "escaped").exists()
