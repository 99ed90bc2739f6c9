"""`make images` with a real engine: what it builds is pushed, pulled again, and serves the model of the stack's run.

The registry is a stand-in on this machine, and so are the findings of its scans.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from deploy.content import digest
from deploy.images import docker
from deploy.images.__main__ import push_all
from deploy.images.registry import Image
from deploy.images.scan import Judge
from deploy.packaging.archive import archive
from deploy.packaging.build import image_contexts
from deploy.packaging.package import Package
from deploy.progress import Progress
from tests.compose.stack import ComposeStack
from tests.support.local_aws import ROOT
from tests.support.polling import eventually
from tests.support.registry import Registry

pytestmark = [pytest.mark.local_only, pytest.mark.timeout(1800)]

CONTAINERS = ROOT / "include" / "containers"
# What comes with Python and is in no lock.
PYTHONS_OWN = {"pip", "setuptools", "wheel"}


class Pushed(NamedTuple):
    """The package's images, in a registry."""

    package: Package
    registry: Registry
    ecr: Any
    uris: dict[str, str]


def engine(*words: str) -> str:
    """What a command of Docker's prints."""
    done = subprocess.run(["docker", *words], text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def push(package: Package, registry: Registry, ecr: Any, build: Any = docker.build) -> list[str]:
    """What `make images` does."""
    judge = Judge("HIGH", {})
    return push_all(ecr, package, registry.host, lambda image, context, uri: build(context, uri), judge, Progress())


@pytest.fixture(scope="module")
def pushed() -> Iterator[Pushed]:
    contexts = image_contexts(CONTAINERS)
    files = {f"images/{name}.zip": archive(content) for name, content in contexts.items()}
    package = Package(files, [], {}, {name: digest(content) for name, content in contexts.items()})
    with TemporaryDirectory() as folder:
        registry = Registry(Path(folder), {f"nightshift/{name}": {} for name in contexts})
        for name in contexts:
            registry.scanned(f"nightshift/{name}")
        with registry.serving() as ecr:
            docker.log_in(ecr)
            uris = push(package, registry, ecr)
            yield Pushed(package, registry, ecr, dict(zip(sorted(contexts), uris, strict=True)))
            engine("rmi", "--force", *uris)
            engine("logout", registry.host)


def test_every_image_is_pushed_as_one_that_sagemaker_can_pull(pushed: Pushed) -> None:
    assert pushed.uris.keys() == {"training", "inference", "monitoring"}
    for name, uri in pushed.uris.items():
        image = Image(name, pushed.package.images[name])
        assert uri == image.uri(pushed.registry.host)
        manifest = pushed.registry.repositories[image.repository][image.tag]
        # An index, with attestations beside the image, it cannot.
        assert manifest.media_type in (
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.oci.image.manifest.v1+json",
        )


def test_what_is_there_is_not_built_again(pushed: Pushed) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("it is there")

    before = pushed.registry.pushed
    assert push(pushed.package, pushed.registry, pushed.ecr, never) == list(pushed.uris.values())
    assert pushed.registry.pushed == before == 3


@pytest.mark.parametrize("name", ["training", "inference", "monitoring"])
def test_an_image_pulled_again_holds_what_its_lock_says(pushed: Pushed, name: str) -> None:
    uri = pushed.uris[name]
    engine("rmi", "--force", uri)
    engine("pull", "--quiet", uri)
    frozen = engine("run", "--rm", "--entrypoint", "python3", uri, "-m", "pip", "freeze", "--all").splitlines()
    held = {line.strip() for line in frozen if line.partition("==")[0].lower() not in PYTHONS_OWN}
    lock = (CONTAINERS / name / "requirements.txt").read_text()
    locked = {line.split()[0] for line in lock.splitlines() if "==" in line and not line.startswith(("#", " "))}
    assert held, frozen
    assert {_normal(each) for each in held} <= {_normal(each) for each in locked}


def _normal(requirement: str) -> str:
    name, _, version = requirement.partition("==")
    return f"{name.lower().replace('_', '-').replace('.', '-')}=={version}"


class Served(NamedTuple):
    """A container, and the rows that its model was asked at its evaluation, with what it predicted for them."""

    container: str
    rows: str
    predictions: list[float]


@pytest.fixture
def served(pushed: Pushed, stack: ComposeStack, tmp_path: Path) -> Iterator[Served]:
    """A container that serves the model of the stack's run, started as SageMaker starts it."""
    (version,) = stack.versions()
    facts = stack.package(version)["CustomerMetadataProperties"]
    with tarfile.open(fileobj=io.BytesIO(stack.aws.read(facts["model_data"]))) as content:
        content.extractall(tmp_path, filter="data")
    known = json.loads(stack.aws.read(facts["smoke"]))
    rows = "".join(",".join(row) + "\n" for row in known["rows"])
    where = ["--publish", "127.0.0.1::8080", "--volume", f"{tmp_path}:/opt/ml/model:ro"]
    tmp_path.chmod(0o755)  # as SageMaker's is
    container = engine("run", "--detach", *where, pushed.uris["inference"], "serve")
    try:
        yield Served(container, rows, known["predictions"])
    finally:
        engine("rm", "--force", container)


def test_a_container_of_the_image_serves_the_model_and_not_as_root(served: Served) -> None:
    address = f"http://{engine('port', served.container, '8080/tcp')}"

    def answers() -> bool:
        try:
            return bool(urllib.request.urlopen(f"{address}/ping", timeout=5).status == 200)
        except OSError:
            state = engine("inspect", "--format", "{{.State.Status}}", served.container)
            assert state == "running", engine("logs", served.container)
            return False

    eventually(answers, "an answer to /ping", 60, 0.5)
    request = urllib.request.Request(f"{address}/invocations", served.rows.encode(), {"Content-Type": "text/csv"})
    predicted = urllib.request.urlopen(request, timeout=5).read().decode().split()
    assert [float(each) for each in predicted] == pytest.approx(served.predictions, rel=1e-5)
    processes = engine("top", served.container, "-eo", "pid,uid,args").splitlines()[1:]
    assert processes
    assert [line for line in processes if line.split()[1] == "0"] == []
