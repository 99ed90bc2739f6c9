"""The commands that the documentation shows, so that tests can run them."""

from __future__ import annotations

import re

from tests.support.local_aws import ROOT

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def code_blocks(document: str) -> list[str]:
    """The fenced blocks of a Markdown file of the repository, without their indentation: those without a language."""
    return [text for language, text in blocks(document) if not language]


def blocks(document: str) -> list[tuple[str, str]]:
    """(language, text) of every fenced block of a Markdown file of the repository, without its indentation."""
    found = _FENCE.finditer((ROOT / document).read_text())
    return [(match[2], re.sub(f"^{match[1]}", "", match[3], flags=re.MULTILINE)) for match in found]


def commands(document: str, program: str) -> list[str]:
    """The lines of a document's code blocks that start with *program*."""
    lines = [line for block in code_blocks(document) for line in block.splitlines()]
    return [line for line in lines if line.startswith(f"{program} ")]
