"""The shipped data is the data that its provenance describes."""

from __future__ import annotations

import hashlib
from pathlib import Path


def test_the_data_has_the_hash_that_its_provenance_states(sample: Path) -> None:
    digest = hashlib.sha256(sample.read_bytes()).hexdigest()
    assert f"`{sample.name}` | 4177 x 9 | `{digest}`" in (sample.parent / "SOURCES.md").read_text()
