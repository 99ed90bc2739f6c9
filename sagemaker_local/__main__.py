"""``sagemaker-local``, which is the same as ``python -m sagemaker_local``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from sagemaker_local.command import catalog, reset, service, watch
from sagemaker_local.command.arguments import parser
from sagemaker_local.errors import CannotGoOn

COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "start": service.start,
    "stop": service.stop,
    "status": watch.status,
    "logs": watch.logs,
    "reset": reset.reset,
    "images": catalog.install_images,
    "coverage": catalog.print_coverage,
}


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 done, 1 failed, 3 (``status`` only) not running; 2 is misuse."""
    arguments = parser().parse_args(argv)
    try:
        return COMMANDS[arguments.command](arguments)
    except CannotGoOn as error:
        print(f"sagemaker-local: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # A reader has seen enough, as in `sagemaker-local logs | head`. What is left goes nowhere, also at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
