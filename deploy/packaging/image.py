"""Tries a package in the packages of MWAA's images, as MWAA's containers do at their start."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.environments.catalogue import AIRFLOW, MWAA_321, TOOL, Environment
from deploy.environments.install import Installer, site_packages
from deploy.packaging.archive import unpacked
from deploy.packaging.package import DAGS, PLUGINS, REQUIREMENTS, STARTUP, VERSIONS, Package, private
from deploy.packaging.reading import Reading, read_dags
from deploy.packaging.requirements import constraints, image_list, normal, pins

BASES: Mapping[str, Environment] = dict(zip(VERSIONS, (MWAA_321, AIRFLOW), strict=True))
"""By Airflow's version an environment that holds what its image holds, and nothing else."""
# After these MWAA's containers stop waiting: https://github.com/aws/amazon-mwaa-docker-images.
INSTALLING_SECONDS = 9 * 60
STARTUP_SECONDS = 295
PLUGINS_ON_MWAA = "/usr/local/airflow/plugins"
# Has no wheel; psycopg2-binary, in the image too, is the same library.
REPLACED = "psycopg2"


def problems(installer: Installer, package: Package, version: str) -> Iterator[str]:
    """What goes wrong with a package in the image of an Airflow. Raises SetupFailed where that cannot be made."""
    place = f"in MWAA's image of Airflow {version}"
    with installer.alone():
        installer.ensure(BASES[version])
    with TemporaryDirectory() as folder:
        yield from _startup(package.files[STARTUP], Path(folder), place)
        for variant in ("", private(version)):
            form = Path(folder, "private" if variant else "public")
            yield from Container(installer, package, version, variant, form).problems(place)


def _startup(script: bytes, folder: Path, place: str) -> Iterator[str]:
    file = folder / STARTUP
    file.write_bytes(script)
    command = ["bash", "-c", f"source {file}"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=STARTUP_SECONDS)
    except subprocess.TimeoutExpired:
        yield f"{place}, {STARTUP} runs longer than the {STARTUP_SECONDS} s that a container is given: shorten it"
        return
    if done.returncode != 0:
        yield f"{place}, {STARTUP} fails, and so would every container: {done.stderr.strip()}"


@dataclass(frozen=True)
class Container:
    """What stands for a container of MWAA's: an environment in `folder` over the packages of an image.

    `variant` is empty, or where the files lie in the package that a private web server takes.
    """

    installer: Installer
    package: Package
    version: str
    variant: str
    folder: Path

    def problems(self, place: str) -> Iterator[str]:
        """What goes wrong with requirements, plugins and DAG files."""
        told = f"{place}, {self.variant}{REQUIREMENTS}"
        self._make()
        failed = list(self._install(told))
        yield from failed
        if not failed:
            plugins = unpacked(self.package.files[self.variant + PLUGINS])
            reading = read_dags(self._python, self.package.below(DAGS), plugins)
            yield from self._replaced(reading, told)
            yield from self._unread(reading, place)

    @property
    def _python(self) -> Path:
        return self.folder / "bin" / "python"

    def _make(self) -> None:
        base = self.installer.folder / BASES[self.version].name
        command = [str(self.installer.uv), "venv", "--quiet", "--python", str(base / "bin" / "python")]
        self.installer.run([*command, str(self.folder)], self.installer.uv_environ)
        site_packages(self.folder).joinpath("image.pth").write_text(f"{site_packages(base)}\n")

    def _install(self, told: str) -> Iterator[str]:
        """Install the requirements by pip, with the options and in the time that the image has for it."""
        limits = [f"--constraint={file(self.installer.root, self.version)}" for file in (image_list, constraints)]
        pip = [str(self.installer.python(TOOL)), "-m", "pip", "--python", str(self._python)]
        options = ["--quiet", "--no-input", "--disable-pip-version-check"]
        if self.variant:
            options.append("--isolated")  # no index, and no other place that this machine's pip knows
        command = [*pip, "install", *options, *limits, "-r", str(self._requirements())]
        environ = self.installer.uv_environ
        try:
            done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=INSTALLING_SECONDS)
        except subprocess.TimeoutExpired:
            yield f"{told} takes more than the {INSTALLING_SECONDS} s that MWAA gives it: ask for less, or ship wheels"
            return
        if done.returncode != 0:
            yield f"{told} cannot be installed beside what the image holds: change it.\n{done.stderr.strip()}"

    def _requirements(self) -> Path:
        """The requirements as a file, with the plugins' wheels where it looks for them."""
        plugins = self.folder / "plugins"
        plugins.mkdir()
        for path, content in unpacked(self.package.files[self.variant + PLUGINS]).items():
            if path.endswith(".whl"):
                (plugins / path).write_bytes(content)
        asked = self.folder / REQUIREMENTS
        text = self.package.files[self.variant + REQUIREMENTS].decode()
        asked.write_text(text.replace(PLUGINS_ON_MWAA, str(plugins)))
        return asked

    def _replaced(self, reading: Reading, told: str) -> Iterator[str]:
        held = pins(image_list(self.installer.root, self.version).read_text())
        found = {normal(name): pin for name, pin in reading.packages.items()}
        for name in sorted(held.keys() - {REPLACED}):
            if found.get(name) != held[name]:
                yield f"{told} makes {name} {found.get(name)}, where the image holds {held[name]}: ask for no other one"

    def _unread(self, reading: Reading, place: str) -> Iterator[str]:
        for file, text in reading.errors.items():
            yield f"{place}, {file} cannot be imported: use what the image holds, or add to {REQUIREMENTS}:\n{text}"
        for dag_id in sorted(set(self.package.dags) - set(reading.dags)):
            yield f"{place}, no DAG {dag_id} comes of the DAG files: run `make package` again"
