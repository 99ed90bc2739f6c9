"""The commands that the documentation shows, so that tests can run them."""

from __future__ import annotations

import re

from tests.support.local_aws import ROOT

_FENCE = re.compile(r"^( *)```\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def code_blocks(document: str) -> list[str]:
    """The fenced blocks of a Markdown file of the repository, without their indentation."""
    text = (ROOT / document).read_text()
    return [re.sub(f"^{match[1]}", "", match[2], flags=re.MULTILINE) for match in _FENCE.finditer(text)]


def commands(document: str, program: str) -> list[str]:
    """The lines of a document's code blocks that start with *program*."""
    lines = [line for block in code_blocks(document) for line in block.splitlines()]
    return [line for line in lines if line.startswith(f"{program} ")]
