"""`python -m deploy.settings ENV`: what a workflow has to know before it has any rights, a line each."""

from __future__ import annotations

import sys

from deploy.errors import Failure
from deploy.settings import read


def main(environment: str) -> int:
    """Print it; 1 and why where there are no such settings."""
    try:
        settings = read(environment)
    except Failure as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"region={settings.region}\ndeployment_role_arn={settings.deployment_role_arn}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
