"""What can be given on the command line, and its help."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from sagemaker_local import __version__
from sagemaker_local.config import EVERYWHERE, LOOPBACK, S3_ACCESS_KEY, S3_SECRET_KEY, environments_folder
from sagemaker_local.state import default_folder

_DESCRIPTION = """\
A local Amazon SageMaker that really runs the jobs: no Docker, no AWS account.

  sagemaker-local start     # in the background, on http://127.0.0.1:4566
  sagemaker-local status
  sagemaker-local stop
"""
_S3_HELP = f"""\
use the S3 at this address for the data of jobs, not the one of this server, which then refuses S3 requests; the keys to
it, if it asks for any, are taken from {S3_ACCESS_KEY} and {S3_SECRET_KEY}"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = argparse.ArgumentParser(
        prog="sagemaker-local", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    whole.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    on_state, on_images = _on_state(), _on_images()

    start = commands.add_parser("start", parents=[on_state, on_images], help="start the server")
    _add_server_options(start)
    commands.add_parser("stop", parents=[on_state], help="stop the server, and end its jobs")
    commands.add_parser("status", parents=[on_state], help="tell whether it runs, and where; exit status 3 if not")
    logs = commands.add_parser("logs", parents=[on_state], help="print the log of the server in the background")
    logs.add_argument("-f", "--follow", action="store_true", help="go on printing as it grows, until Ctrl+C")
    reset = commands.add_parser("reset", parents=[on_state], help="delete all state of a stopped server")
    reset.add_argument("-y", "--yes", action="store_true", help="do not ask")
    images = commands.add_parser("images", parents=[on_images], help="install what images need, before any job does")
    images.add_argument(
        "--managed", action="append", default=[], metavar="REPOSITORY:TAG",
        help="one that AWS maintains too, such as sagemaker-xgboost:3.0-5; may be repeated",
    )  # fmt: skip
    commands.add_parser("coverage", help="print what is supported, operation by operation and member by member")
    return whole


def _on_state() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--state-dir", type=_path, default=default_folder(os.environ), metavar="DIR",
        help="all state lies here (default: %(default)s)",
    )  # fmt: skip
    return options


def _on_images() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--containers", type=_existing_folder, metavar="DIR",
        help="your images: each sub folder with a requirements.txt is one, under its own name",
    )  # fmt: skip
    options.add_argument(
        "--environments", type=_path, default=environments_folder(os.environ), metavar="DIR",
        help="where images are installed, once (default: %(default)s)",
    )  # fmt: skip
    return options


def _add_server_options(start: argparse.ArgumentParser) -> None:
    add = start.add_argument
    add("--foreground", action="store_true", help="stay here, log to the terminal, end with Ctrl+C")
    add("--host", choices=(LOOPBACK, EVERYWHERE), default=LOOPBACK,
        help="listen to this machine alone, or to every network, whose hosts may then run programs here: "
        "for a container that publishes its port on the loopback interface (default: %(default)s)")  # fmt: skip
    add("--port", type=_port, default=4566, help="where it listens (default: %(default)s)")
    add("--max-jobs", type=_count, default=os.cpu_count() or 1, metavar="N",
        help="jobs that run at the same time; more wait (default: %(default)s, the cores of this machine)")  # fmt: skip
    add("--isolation", choices=("auto", "none"), default="auto",
        help="each job in namespaces of its own if the system allows it, or none (default: %(default)s)")  # fmt: skip
    add("--stop-grace", type=_seconds, default=120.0, metavar="SECONDS",
        help="between the SIGTERM and the SIGKILL of a stopped job (default: %(default)g, as on AWS)")  # fmt: skip
    add("--speed-up", type=_factor, default=1.0, metavar="FACTOR",
        help="how many times shorter AWS's waits for endpoints are (default: %(default)g)")  # fmt: skip
    add("--hide", type=_path, action="append", default=[], metavar="DIR",
        help="a folder that jobs must not see, beside the state and your home; may be repeated")  # fmt: skip
    add("--faults", type=_file, metavar="FILE", help="a fault plan (JSON): which calls and jobs are to go wrong")
    add("--calls", type=_path, metavar="FILE", help="write every signed request there, a line of JSON each")
    add("--s3-endpoint", type=_url, metavar="URL", help=_S3_HELP)


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _existing_folder(text: str) -> Path:
    folder = _path(text)
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{folder} is no folder")
    return folder


def _file(text: str) -> Path:
    path = _path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{path} is no file")
    return path


def _port(text: str) -> int:
    number = _count(text)
    if number > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: give 1 to 65535")
    return number


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number above 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no time in seconds")
    return seconds


def _factor(text: str) -> float:
    factor = _seconds(text)
    if factor == 0:
        raise argparse.ArgumentTypeError(f"{text} is no factor: give a number above 0")
    return factor


def _url(text: str) -> str:
    scheme, _, rest = text.partition("://")
    if scheme not in ("http", "https") or not rest:
        raise argparse.ArgumentTypeError(f"{text} is no address: give http://host:port or https://host")
    return text.rstrip("/")
