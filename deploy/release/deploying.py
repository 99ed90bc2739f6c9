"""The order in which a deployment happens. Each step may be repeated: what was cut off goes on with the next call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy import publish
from deploy.errors import Failure
from deploy.images.registry import Image, is_pushed
from deploy.images.scan import Judge
from deploy.packaging.package import Package
from deploy.release.bucket import Bucket
from deploy.release.history import History
from deploy.release.lock import Hold, held, owner
from deploy.release.mwaa import ApiError, Environment
from deploy.release.plan import plan
from deploy.release.record import Deployment, contents, deployment
from deploy.release.verify import verify
from deploy.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Target:
    """An environment, as whoever deploys reaches it; `say` tells what happens."""

    settings: Settings
    s3: S3Client
    ecr: Any
    airflow: Environment
    say: Callable[[str], None]

    @property
    def bucket(self) -> Bucket:
        """What MWAA reads."""
        return Bucket(self.s3, self.settings.airflow_bucket)


def preview(target: Target, package: Package) -> list[str]:
    """What deploying a package would change, a line each; nothing is changed."""
    return _preview(target, _prepared(target, package)[0])


def preview_back(target: Target) -> list[str]:
    """What going back to the deployment before would change, a line each; nothing is changed."""
    return _preview(target, target.bucket.deployment(_before(target).done[-1]))


def deploy(target: Target, package: Package, judge: Judge) -> None:
    """Bring a package into the environment. Raises Failure where MWAA or Airflow does not take it over, jobs would find
    no image or one that the judge refuses, or somebody else is deploying."""
    _require_images(target, package, judge)
    wanted, files, release = _prepared(target, package)
    with _alone(target) as hold:
        _deploy(target, package, wanted, files, release, hold)


def _deploy(
    target: Target,
    package: Package,
    wanted: Deployment,
    files: Mapping[str, bytes],
    release: Mapping[str, Any],
    hold: Hold,
) -> None:
    publish.store(target.s3, package.bundles(), release)
    target.bucket.keep(wanted, files)
    begun = target.bucket.history().begin(wanted.id)
    # Before anything changes: where this fails, going back means what was there before it.
    target.bucket.remember(begun)
    _apply(target, wanted, hold)
    target.bucket.remember(begun.end())


def go_back(target: Target) -> None:
    """Bring back the deployment before the latest one; where the latest has failed, the last that has not. Its images
    are not judged anew: whoever goes back leaves what is worse. Raises Failure where there is none, or somebody else is
    deploying."""
    with _alone(target) as hold:
        before = _before(target)
        target.say(f"Going back to deployment {before.done[-1]}")
        _apply(target, target.bucket.deployment(before.done[-1]), hold)
        # Last: where this is interrupted, the next call means the same deployment.
        target.bucket.remember(before)


def _alone(target: Target) -> AbstractContextManager[Hold]:
    return held(target.s3, target.settings.airflow_bucket, owner(), target.say)


def _require_images(target: Target, package: Package, judge: Judge) -> None:
    images = [Image(name, sha) for name, sha in package.images.items()]
    missing = [image.uri(target.settings.registry) for image in images if not is_pushed(target.ecr, image)]
    if missing:
        raise Failure(f"{', '.join(missing)} is not there: `make images ENV={target.settings.environment}` pushes it")
    target.say("Looking at what the registry's scans of the images have found")
    for image in images:
        judge.require_sound(target.ecr, image)


def _before(target: Target) -> History:
    """The history that going back leaves."""
    before = target.bucket.history().back()
    if not before.done:
        raise Failure(f"nothing was deployed to {target.settings.prefix} before what is there now")
    return before


def _prepared(target: Target, package: Package) -> tuple[Deployment, Mapping[str, bytes], Mapping[str, Any]]:
    settings = target.settings
    release = publish.manifest(package.code, package.images, settings.of_release(), settings.registry)
    files = contents(package, settings)
    return deployment(package, release["release"], files), files, release


def _preview(target: Target, wanted: Deployment) -> list[str]:
    lines = plan(wanted, target.bucket.live()).lines()
    current = publish.current(target.s3, target.settings.data_bucket)
    if current != wanted.release:
        lines.append(f"release {wanted.release} instead of {current or 'none'}")
    return lines or ["nothing changes"]


def _apply(target: Target, wanted: Deployment, hold: Hold) -> None:
    bucket, airflow, say = target.bucket, target.airflow, target.say
    todo = plan(wanted, bucket.live())
    for line in todo.lines():
        say(line)
    bucket.write(wanted, todo.installed)
    if airflow.install(bucket.versions()):
        say(f"MWAA has installed it in {airflow.name}")
    hold.renew()  # MWAA may have taken longer than the lock lasts.
    if publish.make_current(target.s3, target.settings.data_bucket, wanted.release):
        say(f"Release {wanted.release} is current")
    for name, value in variables(target.settings).items():
        _set_variable(target, name, value)
    bucket.write(wanted, todo.dags)
    bucket.remove(todo.removed)
    verify(airflow, wanted.dags, bucket.written(), airflow.sleep)
    say(f"{len(wanted.dags)} DAGs are in {airflow.name}, without import errors")


def variables(settings: Settings) -> dict[str, str]:
    """The Airflow variables that tell DAGs of their environment: where their release is, and where notices go."""
    return {
        "nightshift_release": f"s3://{settings.data_bucket}/{publish.CURRENT}",
        "nightshift_topic": settings.alerts_topic_arn,
    }


def _set_variable(target: Target, name: str, value: str) -> None:
    found = _variable(target.airflow, name)
    if found != value:
        given = {"key": name, "value": value, "description": "Set by make deploy, from the settings of the environment"}
        method, path = ("POST", "/variables") if found is None else ("PATCH", f"/variables/{name}")
        target.airflow.api(method, path, body=given)
        target.say(f"The Airflow variable {name} is {value}")


def _variable(airflow: Environment, name: str) -> str | None:
    try:
        value: str = airflow.api("GET", f"/variables/{name}")["value"]
    except ApiError as error:
        if error.status != 404:
            raise
        return None
    return value
