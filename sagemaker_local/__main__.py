"""``python -m sagemaker_local serve|images|coverage``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from sagemaker_local.config import Settings
from sagemaker_local.coverage import page
from sagemaker_local.execution.images import ImageCatalog, ImageNotInstalled, UnknownImage


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    arguments = parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    command = {"serve": _serve, "images": _install_images, "coverage": _print_coverage}[arguments.command]
    return command(arguments)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog="sagemaker_local", description=__doc__)
    commands = whole.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve SageMaker and the other AWS services on 127.0.0.1")
    serve.add_argument("--port", type=int, default=4566)
    serve.add_argument("--data-dir", type=Path, required=True, help="all state lies here")
    serve.add_argument("--max-jobs", type=int, default=os.cpu_count() or 1, help="jobs that run at the same time")
    serve.add_argument("--isolation", choices=("auto", "none"), default="auto", help="namespaces if possible, or none")
    serve.add_argument("--stop-grace", type=float, default=120.0, help="seconds between SIGTERM and SIGKILL")
    serve.add_argument("--hide", type=Path, action="append", default=[], help="a folder that jobs must not see")
    images = commands.add_parser("images", help="install the environment of every image of one's own")
    images.add_argument(
        "--managed", action="append", default=[], metavar="REPOSITORY:TAG",
        help="and of one that AWS maintains, as sagemaker-xgboost:3.0-5; without it, its first job does so",
    )  # fmt: skip
    commands.add_parser("coverage", help="print the page that lists what is supported")
    for command in (serve, images):
        command.add_argument("--containers", type=Path, required=True, help="the folder with one sub folder an image")
        command.add_argument("--environments", type=Path, required=True, help="where images are installed")
        command.add_argument("--uv", type=Path, help="installs what is missing")
    return whole


def _serve(arguments: argparse.Namespace) -> int:
    # Imported here: it loads the emulator, which installing images does not need.
    from sagemaker_local.server import CannotServe, serve

    settings = Settings(
        port=arguments.port,
        data_dir=arguments.data_dir.resolve(),  # so that a link below it is one that a job made
        containers=arguments.containers.absolute(),
        environments=arguments.environments.absolute(),
        uv=arguments.uv and arguments.uv.absolute(),
        max_jobs=arguments.max_jobs,
        hidden=tuple(path.absolute() for path in arguments.hide),
        isolation=arguments.isolation,
        stop_grace_seconds=arguments.stop_grace,
    )
    try:
        serve(settings)
    except CannotServe as error:
        print(f"sagemaker_local: {error}", file=sys.stderr)
        return 1
    return 0


def _install_images(arguments: argparse.Namespace) -> int:
    uv = arguments.uv and arguments.uv.absolute()
    catalog = ImageCatalog(arguments.containers.absolute(), arguments.environments.absolute(), uv)
    try:
        names = catalog.install_all()
        names += [catalog.install_managed(*image.partition(":")[::2]) for image in arguments.managed]
    except (ImageNotInstalled, UnknownImage) as error:
        print(f"sagemaker_local: {error}", file=sys.stderr)
        return 1
    print(f"images installed: {', '.join(names)}")
    return 0


def _print_coverage(_arguments: argparse.Namespace) -> int:
    print(page(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
