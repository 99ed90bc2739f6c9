"""The one wrapper around every job: failures become a message, a file for the platform and exit status 1."""

import argparse
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from common import paths
from common.errors import UserError

# SageMaker keeps the first 1024 characters of a training failure and the first KB of a processing message,
# and fails a job whose message is not UTF-8. Counting bytes satisfies both.
MESSAGE_BYTES = 1024


class ArgumentParser(argparse.ArgumentParser):
    """argparse whose usage errors are reported like every other failure, instead of exiting with status 2."""

    def __init__(self, module: str, description: str | None) -> None:
        layout = argparse.RawDescriptionHelpFormatter
        super().__init__(module, description=description, formatter_class=layout)

    def path(self, name: str, default: Path | None, description: str) -> None:
        """Add the option ``--name`` for a path."""
        self.add_argument(f"--{name}", type=Path, default=default, help=f"{description} (default: %(default)s)")

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{self.prog}: {message}; `python -m {self.prog} --help` lists the arguments")


def run(work: Callable[[], None], message_file: Path) -> int:
    """Do ``work`` and return the exit status: 0, or 1 with the reason on stderr and in ``message_file``.

    A UserError is told as it is. Anything else also leaves its traceback on stderr: an OSError as a fault of
    the machine, the rest as a bug in the job. SIGTERM ends the process at once with status 143.
    """
    with _sigterm_exits():
        try:
            work()
        except UserError as error:
            return _fail(str(error), message_file)
        except OSError as error:
            traceback.print_exc()
            return _fail(f"fault of the machine: {_named(error)}", message_file)
        except Exception as error:
            traceback.print_exc()
            return _fail(f"bug in the job: {_named(error)}; the log has the traceback", message_file)
    return 0


@contextmanager
def _sigterm_exits() -> Iterator[None]:
    """The first process of a container has no default action for SIGTERM: without a handler, stopping it
    takes the whole grace period and a SIGKILL."""

    def stop(signum: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + signum)

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _fail(message: str, message_file: Path) -> int:
    print(f"error: {message}", file=sys.stderr, flush=True)
    if paths.base().is_dir():  # by hand on a laptop there is no platform to tell
        _tell_platform(message, message_file)
    return 1


def _tell_platform(message: str, file: Path) -> None:
    text = message.encode("utf-8", "replace")[:MESSAGE_BYTES].decode("utf-8", "ignore")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:  # a full disk must not hide the first failure
        print(f"error: {file} could not be written: {error}", file=sys.stderr, flush=True)
