"""Tries a package in the packages of MWAA's images, as MWAA's containers do at their start."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
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
# What MWAA gives its containers, and then stops waiting: https://docs.aws.amazon.com/mwaa/, and the images' own code.
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
            image = Path(folder, "private" if variant else "public")
            python = _clean(installer, version, image)
            told = f"{place}, {variant or './'}{REQUIREMENTS}"
            failed = list(_install(installer, package, variant, version, python, image, told))
            yield from failed
            if not failed:
                reading = read_dags(python, package.below(DAGS), unpacked(package.files[variant + PLUGINS]))
                yield from _changed(reading, installer.root, version, told)
                yield from _imports(reading, package, place)


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


def _clean(installer: Installer, version: str, folder: Path) -> Path:
    """The Python of a new environment over the image's packages, which stay as they are."""
    base = installer.folder / BASES[version].name
    installer.run(
        [str(installer.uv), "venv", "--quiet", "--python", str(base / "bin" / "python"), str(folder)],
        installer.uv_environ,
    )
    site_packages(folder).joinpath("image.pth").write_text(f"{site_packages(base)}\n")
    return folder / "bin" / "python"


def _install(
    installer: Installer, package: Package, variant: str, version: str, python: Path, folder: Path, told: str
) -> Iterator[str]:
    """Install the requirements by pip, with the options and in the time that the image has for it."""
    plugins = folder / "plugins"
    for path, content in unpacked(package.files[variant + PLUGINS]).items():
        if path.endswith(".whl"):
            plugins.mkdir(exist_ok=True)
            (plugins / path).write_bytes(content)
    asked = folder / REQUIREMENTS
    asked.write_text(package.files[variant + REQUIREMENTS].decode().replace(PLUGINS_ON_MWAA, str(plugins)))
    limits = [f"--constraint={file(installer.root, version)}" for file in (image_list, constraints)]
    pip = [str(installer.python(TOOL)), "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    command = [*pip, "install", "--quiet", "--no-input", *limits, "-r", str(asked)]
    try:
        done = subprocess.run(
            command, env=installer.uv_environ, capture_output=True, text=True, timeout=INSTALLING_SECONDS
        )
    except subprocess.TimeoutExpired:
        yield f"{told} takes more than the {INSTALLING_SECONDS} s that MWAA gives it: ask for less, or ship wheels"
        return
    if done.returncode != 0:
        yield f"{told} cannot be installed beside what the image holds: change what it asks for.\n{done.stderr.strip()}"


def _changed(reading: Reading, root: Path, version: str, told: str) -> Iterator[str]:
    """Packages of the image that an installation has replaced."""
    held = pins(image_list(root, version).read_text())
    found = {normal(name): pin for name, pin in reading.packages.items()}
    for name in sorted(held.keys() - {REPLACED}):
        if found.get(name) != held[name]:
            yield f"{told} makes {name} {found.get(name)}, where the image holds {held[name]}: ask for no other version"


def _imports(reading: Reading, package: Package, place: str) -> Iterator[str]:
    for file, text in reading.errors.items():
        yield f"{place}, {file} cannot be imported: use what the image holds, or ask for it in {REQUIREMENTS}:\n{text}"
    for dag_id in sorted(set(package.dags) - set(reading.dags)):
        yield f"{place}, no DAG {dag_id} comes of the DAG files: run `make package` again"
