"""A package comes into an environment in a safe order, and only what changed: real S3, and MWAA's API stood in for."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy import publish
from deploy.errors import Failure
from deploy.images.registry import Image
from deploy.images.scan import Judge
from deploy.packaging.package import VERSIONS, Package, private
from deploy.release import deploying, lock
from deploy.release.deploying import Target
from deploy.release.mwaa import Environment
from deploy.release.record import INSTALLED
from deploy.settings import Settings
from tests.support.local_aws import unique
from tests.support.mwaa import Mwaa
from tests.support.registry import Manifest, Registry

IMAGES = (Image("deployed", "b" * 64), Image("deployed-worse", "c" * 64))
JUDGE = Judge("HIGH", {}, sleep=lambda _: None)
HELPER = b"NAME = 1\n"
FILES = {
    "dags/abalone.py": b"from lifecycle.training import TRAINING\n",
    "dags/.airflowignore": b"lifecycle/\n",
    "dags/lifecycle/__init__.py": b"",
    "dags/lifecycle/params.py": HELPER,
    "dags/lifecycle/training.py": b"from lifecycle.params import NAME as TRAINING\n",
    "plugins.zip": b"plugins",
    "requirements.txt": b"# nothing\n",
    "startup.sh": b"echo\n",
    "code/" + "a" * 64 + "/abalone/__main__.py": b"main = 1\n",
    **{private(version) + name: b"private" for version in VERSIONS for name in ("plugins.zip", "requirements.txt")},
}
DAG_ORDER = [
    "dags/.airflowignore",
    "dags/lifecycle/__init__.py",
    "dags/lifecycle/params.py",
    "dags/lifecycle/training.py",
    "dags/abalone.py",
]


def package(*dags: str) -> Package:
    return Package(FILES, dags or ["abalone"], {"abalone": {"": "a" * 64}}, {"deployed": "b" * 64})


def changed(path: str, body: bytes | None, *dags: str) -> Package:
    """The package with one file more, another or less."""
    files = {**FILES, path: body} if body is not None else {name: FILES[name] for name in FILES if name != path}
    return dataclasses.replace(package(*dags), files=files)


class World:
    """An environment, what was said, and what was written into the buckets, in order."""

    def __init__(self, s3: Any, ecr: Any, mwaa: Mwaa, settings: Settings, client: Any) -> None:
        self.s3, self.mwaa, self.said, self.slept = s3, mwaa, list[str](), list[float]()
        self.calls: list[str] = []
        airflow = Environment(client, settings.prefix, self.slept.append)
        self.target = Target(settings, s3, ecr, airflow, self.said.append)
        for event in ("PutObject", "CopyObject", "DeleteObject"):
            s3.meta.events.register(f"provide-client-params.s3.{event}", self._note)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        if not params["Key"].startswith("deployments/contents/"):
            self.calls.append(params["Key"])

    def deploy(self, wanted: Package) -> list[str]:
        """Deploy, and tell what was written or removed, in order."""
        self.calls.clear()
        deploying.deploy(self.target, wanted, JUDGE)
        return self.calls

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=self.target.bucket.name, Key=key)["Body"].read()
        return body

    def dags(self) -> set[str]:
        found = self.s3.list_objects_v2(Bucket=self.target.bucket.name, Prefix="dags/")["Contents"]
        return {item["Key"] for item in found}


def pushed(folder: Path) -> Registry:
    """A registry that has the images of the packages here, in which nothing was found."""
    registry = Registry(folder, {image.repository: {image.tag: Manifest("x", b"{}")} for image in IMAGES})
    for image in IMAGES:
        registry.scanned(image.repository)
    return registry


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return pushed(tmp_path)


@pytest.fixture
def ecr(registry: Registry) -> Iterator[Any]:
    with registry.serving() as client:
        yield client


@pytest.fixture
def world(s3: Any, ecr: Any) -> Iterator[World]:
    """An account with both buckets and an environment that has nothing installed."""
    settings = Settings(unique("e"), "000000000000", "us-east-1", "3.3.1", "public", "manual")
    for bucket in (settings.airflow_bucket, settings.data_bucket):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=settings.airflow_bucket, VersioningConfiguration={"Status": "Enabled"})
    mwaa = Mwaa(s3, settings.airflow_bucket, settings.prefix)
    with mwaa.client() as client:
        made = World(s3, ecr, mwaa, settings, client)
        yield made
        for event in ("PutObject", "CopyObject", "DeleteObject"):
            s3.meta.events.unregister(f"provide-client-params.s3.{event}", made._note)


def test_two_do_not_deploy_at_once(world: World) -> None:
    world.deploy(package())
    with lock.held(world.s3, world.target.bucket.name, "ann", world.said.append):
        for attempt in (lambda: world.deploy(changed("dags/new.py", b"")), lambda: deploying.go_back(world.target)):
            world.calls.clear()
            with pytest.raises(Failure, match="ann has been deploying"):
                attempt()
            assert set(world.calls) <= {lock.KEY}
    assert "dags/new.py" in world.deploy(changed("dags/new.py", b"", "abalone", "new"))


def test_one_that_has_lost_its_lock_meanwhile_changes_no_dag(world: World) -> None:
    def broken(_: float) -> None:
        world.s3.delete_object(Bucket=world.target.bucket.name, Key=lock.KEY)

    slow = dataclasses.replace(world.target, airflow=dataclasses.replace(world.target.airflow, sleep=broken))
    with pytest.raises(Failure, match="was broken or has run out"):
        deploying.deploy(slow, package(), JUDGE)
    assert not [key for key in world.calls if key.startswith("dags/") or key == publish.CURRENT]


def test_everything_is_written_before_what_needs_it(world: World) -> None:
    written = world.deploy(package())
    assert [key for key in written if key.startswith("dags/")] == DAG_ORDER
    order = [written.index(key) for key in (*INSTALLED, publish.CURRENT, DAG_ORDER[0])]
    assert order == sorted(order)
    assert world.read("dags/abalone.py") == FILES["dags/abalone.py"]


def test_mwaa_is_told_the_versions_of_what_it_installs(world: World) -> None:
    world.deploy(package())
    bucket = world.target.bucket.name
    versions = {key: world.s3.head_object(Bucket=bucket, Key=key)["VersionId"] for key in INSTALLED}
    (update,) = world.mwaa.updates
    assert update == {
        "Name": world.target.settings.prefix,
        "WorkerReplacementStrategy": "GRACEFUL",
        "PluginsS3Path": "plugins.zip",
        "PluginsS3ObjectVersion": versions["plugins.zip"],
        "RequirementsS3Path": "requirements.txt",
        "RequirementsS3ObjectVersion": versions["requirements.txt"],
        "StartupScriptS3Path": "startup.sh",
        "StartupScriptS3ObjectVersion": versions["startup.sh"],
    }


def test_dags_are_told_where_their_release_is(world: World) -> None:
    world.deploy(package())
    uri = world.mwaa.variables["nightshift_release"]
    bucket = world.target.settings.data_bucket
    assert uri == f"s3://{bucket}/releases/current.json"
    assert world.mwaa.variables["nightshift_topic"] == world.target.settings.alerts_topic_arn
    manifest = json.loads(world.s3.get_object(Bucket=bucket, Key="releases/current.json")["Body"].read())
    assert manifest["role_arn"] == world.target.settings.jobs_role_arn
    code = manifest["code"]["abalone"]["uri"].removeprefix(f"s3://{bucket}/")
    assert world.s3.get_object(Bucket=bucket, Key=f"{code}abalone/__main__.py")["Body"].read() == b"main = 1\n"


def test_the_same_package_again_changes_nothing(world: World) -> None:
    world.deploy(package())
    before = world.target.bucket.versions()
    written = world.deploy(package())
    assert [key for key in written if not key.startswith(("deployments/", "releases/", "code/"))] == []
    assert publish.CURRENT not in written
    assert world.target.bucket.versions() == before
    assert len(world.mwaa.updates) == 1


def test_a_changed_dag_file_is_all_that_is_written(world: World) -> None:
    world.deploy(package())
    written = world.deploy(changed("dags/lifecycle/params.py", b"NAME = 2\n"))
    assert [key for key in written if not key.startswith(("deployments/", "releases/", "code/"))] == [
        "dags/lifecycle/params.py"
    ]
    assert len(world.mwaa.updates) == 1


def test_changed_plugins_are_installed_as_a_new_version(world: World) -> None:
    world.deploy(package())
    world.deploy(changed("plugins.zip", b"other plugins"))
    first, second = world.mwaa.updates
    assert second["PluginsS3ObjectVersion"] != first["PluginsS3ObjectVersion"]
    assert second["RequirementsS3ObjectVersion"] == first["RequirementsS3ObjectVersion"]


def test_what_the_package_has_no_more_is_removed_last_and_dag_files_first(world: World) -> None:
    world.deploy(package())
    files = {"dags/churn.py": b"", **{path: FILES[path] for path in FILES if not path.startswith("dags/")}}
    written = world.deploy(dataclasses.replace(package("churn"), files=files))
    dags = [key for key in written if key.startswith("dags/")]
    assert dags[:3] == ["dags/churn.py", "dags/.airflowignore", "dags/abalone.py"]
    assert world.dags() == {"dags/churn.py"}


def test_a_file_that_another_hand_has_changed_is_put_right(world: World) -> None:
    world.deploy(package())
    world.s3.put_object(Bucket=world.target.bucket.name, Key="dags/abalone.py", Body=b"by hand")
    world.deploy(package())
    assert world.read("dags/abalone.py") == FILES["dags/abalone.py"]


def test_a_private_web_server_is_given_its_own_files(world: World) -> None:
    settings = dataclasses.replace(world.target.settings, web_server="private")
    deploying.deploy(dataclasses.replace(world.target, settings=settings), package(), JUDGE)
    assert world.read("plugins.zip") == b"private"


def test_an_airflow_that_the_package_is_not_made_for_is_told_with_those_that_it_is(world: World) -> None:
    settings = dataclasses.replace(world.target.settings, web_server="private", airflow_version="3.9.0")
    with pytest.raises(Failure, match=rf"made for Airflow {' and '.join(VERSIONS)}, and .* is to have 3\.9\.0"):
        deploying.deploy(dataclasses.replace(world.target, settings=settings), package(), JUDGE)
    assert world.calls == []


def test_a_preview_tells_what_would_change_and_changes_nothing(world: World) -> None:
    world.deploy(package())
    world.calls.clear()
    other = changed("plugins.zip", b"other plugins")
    files = {path: body for path, body in other.files.items() if path != "dags/lifecycle/training.py"}
    lines = deploying.preview(world.target, dataclasses.replace(other, files=files))
    assert lines == ["write   plugins.zip", "remove  dags/lifecycle/training.py"]
    assert world.calls == []
    assert deploying.preview(world.target, package()) == ["nothing changes"]


def test_going_back_brings_everything_back(world: World) -> None:
    world.deploy(package())
    before = {key: world.read(key) for key in world.dags()}
    other = {**FILES, "dags/abalone.py": b"bad\n", "dags/new.py": b"new\n", "plugins.zip": b"bad"}
    worse = Package(other, ["abalone", "new"], {"abalone": {"": "a" * 64}}, {"deployed-worse": "c" * 64})
    world.deploy(worse)
    assert "dags/new.py" in world.dags()
    assert deploying.preview_back(world.target)[:2] == ["write   plugins.zip", "write   dags/abalone.py"]
    deploying.go_back(world.target)
    assert {key: world.read(key) for key in world.dags()} == before
    assert world.read("plugins.zip") == b"plugins"
    assert len(world.mwaa.updates) == 3
    assert deploying.preview(world.target, package()) == ["nothing changes"]


def test_going_back_twice_goes_back_two_deployments(world: World) -> None:
    for text in (b"one", b"two", b"three"):
        world.deploy(changed("dags/abalone.py", text))
    deploying.go_back(world.target)
    assert world.read("dags/abalone.py") == b"two"
    deploying.go_back(world.target)
    assert world.read("dags/abalone.py") == b"one"
    with pytest.raises(Failure, match=r"nothing was deployed to .* before what is there now"):
        deploying.go_back(world.target)


def fails(world: World, wanted: Package) -> None:
    """Deploy what Airflow cannot import."""
    world.mwaa.import_errors = [{"filename": "abalone.py", "stack_trace": "NameError"}]
    with pytest.raises(Failure, match="NameError"):
        world.deploy(wanted)
    world.mwaa.import_errors = []


def test_going_back_from_a_deployment_that_has_failed_brings_the_one_before_it(world: World) -> None:
    world.deploy(changed("dags/abalone.py", b"one"))
    fails(world, changed("dags/abalone.py", b"two"))
    assert deploying.preview_back(world.target)[0] == "write   dags/abalone.py"
    deploying.go_back(world.target)
    assert world.read("dags/abalone.py") == b"one"


def test_going_back_passes_over_what_had_failed(world: World) -> None:
    world.deploy(changed("dags/abalone.py", b"one"))
    fails(world, changed("dags/abalone.py", b"two"))
    world.deploy(changed("dags/abalone.py", b"three"))
    deploying.go_back(world.target)
    assert world.read("dags/abalone.py") == b"one"


def test_a_first_deployment_that_has_failed_has_nothing_before_it(world: World) -> None:
    fails(world, changed("dags/abalone.py", b"one"))
    with pytest.raises(Failure, match=r"nothing was deployed to .* before what is there now"):
        deploying.go_back(world.target)


def test_a_deployment_that_failed_is_as_good_as_another_once_it_is_repeated(world: World) -> None:
    world.deploy(changed("dags/abalone.py", b"one"))
    fails(world, changed("dags/abalone.py", b"two"))
    for text in (b"two", b"three"):
        world.deploy(changed("dags/abalone.py", text))
    deploying.go_back(world.target)
    assert world.read("dags/abalone.py") == b"two"


def test_going_back_that_is_interrupted_means_the_same_deployment_when_repeated(world: World) -> None:
    for text in (b"one", b"two", b"three"):
        world.deploy(changed("dags/abalone.py", text))
    world.mwaa.import_errors = [{"filename": "abalone.py", "stack_trace": "late"}]
    with pytest.raises(Failure):
        deploying.go_back(world.target)
    world.mwaa.import_errors = []
    deploying.go_back(world.target)
    assert world.read("dags/abalone.py") == b"two"


def test_an_update_that_mwaa_takes_back_stops_before_the_dag_files(world: World) -> None:
    world.mwaa.outcomes = ["UPDATING", "ROLLING_BACK", "UPDATE_FAILED"]
    with pytest.raises(Failure, match="has restored it: pip could not resolve"):
        world.deploy(package())
    assert not [key for key in world.calls if key.startswith("dags/")]
    world.mwaa.outcomes = ["UPDATING", "AVAILABLE"]
    world.deploy(package())
    assert world.dags() == set(DAG_ORDER)


def test_an_update_that_is_still_going_on_is_waited_for_and_not_repeated(world: World) -> None:
    world.mwaa.outcomes = ["UPDATING", "UPDATING", "AVAILABLE"]
    world.deploy(package())
    assert len(world.mwaa.updates) == 1
    assert world.slept[:2] == [30.0, 30.0]


def test_an_environment_that_cannot_be_used_is_named_with_its_state(world: World) -> None:
    assert world.mwaa.environment is not None
    world.mwaa.environment["Status"] = "CREATE_FAILED"
    with pytest.raises(Failure, match="is CREATE_FAILED"):
        world.deploy(package())


def test_before_there_is_an_environment_its_objects_are_there_and_one_is_told(world: World) -> None:
    world.mwaa.environment = None
    with pytest.raises(Failure, match=r"there is no MWAA environment .*: `make stacks` with STACKS=airflow makes it"):
        world.deploy(package())
    assert world.read("plugins.zip") == b"plugins"


def test_a_dag_file_that_airflow_cannot_import_is_told_with_its_traceback(world: World) -> None:
    world.mwaa.import_errors = [{"filename": "abalone.py", "stack_trace": "ModuleNotFoundError: pandas"}]
    with pytest.raises(Failure, match=r"(?s)abalone.py cannot be imported:.*ModuleNotFoundError: pandas"):
        world.deploy(package())


def test_a_dag_that_does_not_appear_is_named(world: World) -> None:
    with pytest.raises(Failure, match="the DAG churn is not there"):
        world.deploy(package("abalone", "churn"))


@pytest.mark.parametrize("last", ["2020-01-01T00:00:00Z", None])
def test_a_dag_that_airflow_has_not_read_anew_is_no_proof(world: World, last: str | None) -> None:
    world.mwaa.last_parsed_time = last
    with pytest.raises(Failure, match=f"the DAG abalone was last read at {last}, before its files were new"):
        world.deploy(package())


def test_a_bucket_without_versions_is_refused(world: World) -> None:
    bucket = world.target.bucket.name
    world.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    with pytest.raises(Failure, match="MWAA needs a bucket with versioning enabled"):
        world.deploy(package())


def test_a_package_whose_images_are_not_pushed_is_refused_before_anything_is_written(world: World) -> None:
    without = dataclasses.replace(package(), images={"deployed": "d" * 64})
    with pytest.raises(Failure, match=r"nightshift/deployed:dddddddddddd is not there: `make images ENV=e-"):
        world.deploy(without)
    assert world.calls == []


def test_an_image_that_its_scan_speaks_against_is_refused_before_anything_is_written(
    world: World, registry: Registry
) -> None:
    registry.scanned(IMAGES[0].repository, {"name": "CVE-1", "severity": "HIGH"})
    with pytest.raises(Failure, match=r"deployed:bbbbbbbbbbbb has findings .* CVE-1 \(HIGH"):
        world.deploy(package())
    assert world.calls == []


def test_a_variable_that_another_hand_has_changed_is_put_right(world: World) -> None:
    world.deploy(package())
    world.mwaa.variables["nightshift_topic"] = "arn:aws:sns:us-east-1:000000000000:other"
    world.deploy(package())
    assert world.mwaa.variables["nightshift_topic"] == world.target.settings.alerts_topic_arn
