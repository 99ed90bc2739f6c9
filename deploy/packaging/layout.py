"""Whether a plugins.zip is what MWAA unpacks into the folder of plugins."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from deploy.packaging.archive import names

IGNORE = ".airflowignore"
REMEDY = "make it with `make package`, or zip what lies in plugins/, not plugins/ itself"


def problems(zipped: bytes, place: str) -> Iterator[str]:
    """What is wrong with the plugins.zip that lies at `place`."""
    try:
        paths = names(zipped)
    except zipfile.BadZipFile as error:
        yield f"{place} is no zip ({error}): {REMEDY}"
        return
    top = {path.partition("/")[0] for path in paths}
    if len(top) == 1 and all("/" in path for path in paths) and f"{min(top)}/__init__.py" not in paths:
        yield f"{place} has the outer folder {min(top)}/, below which MWAA finds no plugin: {REMEDY}"
    elif IGNORE not in paths:
        yield f"{place} has no {IGNORE} at its top, and so Airflow executes every file in it as a plugin: {REMEDY}"
