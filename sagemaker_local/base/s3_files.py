"""S3's objects on disk, whole at any moment: what ministack writes as two files is replaced as one.

ministack keeps an object's content in a file of the object's name and everything else (checksums, metadata, versions)
in ``<name>.meta.json`` beside it, and replaces first the one and then the other. A kill between the two leaves new
content under the old checksums. So content waits as ``<name>.tmp`` until its description is there too; one rename, of
that description to ``<name>.meta.json.whole.tmp``, then decides that both replace what was there. What a kill
interrupts is brought to its end at the next start, or undone where that rename had not come. (Names that end in
``.tmp`` are never an object's in ministack's folders.)
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

_META, _DRAFT, _WHOLE = ".meta.json", ".tmp", ".whole.tmp"
# Content of earlier versions, which has no description beside it.
_VERSIONS = ".versions"


class Writer:
    """Stands in for the function with which ministack writes a file of an object; safe to use from any thread."""

    def __init__(self, root: Path) -> None:
        self._versions = os.path.join(os.path.realpath(root), _VERSIONS, "")
        self._waiting = threading.local()

    def write(self, path: str, data: bytes | str, *, text: bool = False) -> None:
        """Write *data* to *path*: at once if it stands alone, else together with the description that follows."""
        _write(path + _DRAFT, data.encode() if isinstance(data, str) else data)
        if path.endswith(_META):
            self._describe(path)
        elif path.startswith(self._versions):
            os.replace(path + _DRAFT, path)
        else:
            self._waiting.content = path

    def _describe(self, path: str) -> None:
        content = path.removesuffix(_META)
        waiting, self._waiting.content = getattr(self._waiting, "content", None), None
        if waiting != content:  # another description of what is there
            os.replace(path + _DRAFT, path)
            return
        os.replace(path + _DRAFT, path + _WHOLE)
        _put_in_place(path)


def recover(root: Path) -> None:
    """Bring to an end, or undo, what a kill has interrupted; call it before ministack reads its files."""
    drafts = [str(Path(folder, name)) for folder, _, names in os.walk(root) for name in names if name.endswith(_DRAFT)]
    for draft in drafts:
        if draft.endswith(_WHOLE):
            _put_in_place(draft.removesuffix(_WHOLE))
    for draft in filter(os.path.exists, drafts):
        os.remove(draft)


def _put_in_place(description: str) -> None:
    """Replace an object by what waits beside it; may be done twice."""
    content = description.removesuffix(_META)
    if os.path.exists(content + _DRAFT):  # else that much was done before a kill
        os.replace(content + _DRAFT, content)
    os.replace(description + _WHOLE, description)


def _write(path: str, data: bytes) -> None:
    # Readable by its owner alone, as ministack makes it.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
