"""``train`` or ``serve``."""

import sys


def main(program: str) -> int:
    """Run the program; returns the exit status."""
    # Here only, one of them: what the other needs takes its time.
    if program == "serve":
        from .serving.server import serve

        return serve()
    from .trainer import train

    return train()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
