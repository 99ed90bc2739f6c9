"""``images`` and ``coverage``: install what jobs run in, and list what is supported."""

from __future__ import annotations

import argparse
import os

from sagemaker_local.errors import CannotGoOn

# What these two load, no other command has to wait for: hence the imports inside them.


def install_images(arguments: argparse.Namespace) -> int:
    """Install the environment of every image of one's own, and of those of AWS's that were named."""
    from sagemaker_local.execution.images import ImageCatalog, ImageNotInstalled, UnknownImage

    catalog = ImageCatalog(arguments.containers, arguments.environments, os.environ)
    try:
        names = catalog.install_all()
        names += [catalog.install_managed(*image.partition(":")[::2]) for image in arguments.managed]
    except (ImageNotInstalled, UnknownImage) as error:
        raise CannotGoOn(str(error)) from error
    print(f"images installed: {', '.join(names) or 'none'}")
    return 0


def print_coverage(_arguments: argparse.Namespace) -> int:
    """Print the page that lists what is supported."""
    from sagemaker_local.coverage import page

    print(page(), end="")
    return 0
