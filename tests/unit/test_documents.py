"""What the documentation names is there: targets, files, options, and the generated page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sagemaker_local.command.arguments import parser
from sagemaker_local.coverage import page
from tests.support.documents import code_blocks
from tests.support.local_aws import ROOT

PLACES = ("*.md", "docs/**/*.md", "sagemaker_local/*.md")
DOCUMENTS = sorted(str(path.relative_to(ROOT)) for place in PLACES for path in ROOT.glob(place))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_is_named_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", (ROOT / document).read_text(), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_within_the_repository_leads_somewhere(document: str) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", (ROOT / document).read_text())
    missing = [link for link in links if not (ROOT / Path(document).parent / link).exists()]
    assert missing == []


def test_the_coverage_page_is_what_the_code_says() -> None:
    assert (ROOT / "docs" / "local-sagemaker-coverage.md").read_text() == page(), "stale: run `make coverage`"


def test_the_command_that_starts_it_is_understood() -> None:
    (block,) = [block for block in code_blocks("docs/local-sagemaker.md") if "sagemaker_local start" in block]
    command = block.split()
    arguments = parser().parse_args(command[command.index("start") :])
    assert arguments.containers == ROOT / "include" / "containers"
