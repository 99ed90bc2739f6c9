"""``train`` or ``serve``."""

import sys

from . import trainer


def main(program: str) -> int:
    """Run the program; returns the exit status."""
    return {"train": trainer.train}[program]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
