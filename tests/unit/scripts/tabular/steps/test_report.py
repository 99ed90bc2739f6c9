from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Protocol

import pytest

from tabular.main import main
from tabular.use_case import UseCase

VOID = {"meta", "br", "line", "rect", "circle", "polyline"}


class Trained(Protocol):
    use_case: UseCase
    parts: Path
    models: Path


class Outline(HTMLParser):
    """Checks that every element is closed, and collects names, attributes and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.names: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def check(rule: str, held: bool | None, reason: str) -> dict[str, Any]:
    return {
        "candidate": "xgboost",
        "rule": rule,
        "mode": "enforce",
        "held": held,
        "observed": 4.5,
        "required": "<= 5",
        "reason": reason,
    }


GATE = {
    "passed": True,
    "candidate": "xgboost",
    "best": "xgboost",
    "champion": "scored",
    "reason": "mse 4.5 meets the threshold",
    "checks": [
        check("mse threshold", True, "mse 4.5 meets the threshold <= 5"),
        check("mse against the champion", None, "there is no champion yet"),
        check("gap by <sex>", False, "too wide & too far"),
    ],
    "metrics": {"mse": 4.5},
}


@pytest.fixture(scope="session")
def evaluations(
    trained: Trained, classified: Trained, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Trained, Path]]:
    """Of both use cases the evaluation with a champion."""
    found = {}
    for each in (trained, classified):
        output = tmp_path_factory.mktemp(each.use_case.name)
        folders = {"test": each.parts / "test", "candidates": each.models, "champion": each.models / "linear"}
        options = [text for name, path in {**folders, "output": output}.items() for text in (f"--{name}", str(path))]
        assert main(each.use_case, ["evaluate", *options]) == 0
        found[each.use_case.name] = (each, output)
    return found


def page_of(use_case: UseCase, evaluation: Path, output: Path, *more: str) -> str:
    assert main(use_case, ["report", "--evaluation", str(evaluation), "--output", str(output), *more]) == 0
    return (output / "report.html").read_text()


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    file = tmp_path / "gate.json"
    file.write_text(json.dumps(GATE))
    return file


@pytest.mark.parametrize("name", ["abalone", "churn"])
def test_the_page_is_whole_and_needs_nothing_from_elsewhere(
    evaluations: dict[str, tuple[Trained, Path]], gate: Path, tmp_path: Path, name: str
) -> None:
    trained, evaluation = evaluations[name]
    page = page_of(trained.use_case, evaluation, tmp_path, "--gate", str(gate))
    outline = Outline(page)
    assert outline.names.count("svg") >= 6
    assert not {"script", "link", "img", "iframe"} & set(outline.names)
    assert not [value for key, value in outline.attributes if key in ("src", "href", "onload")]
    assert "http" not in page.replace("http-equiv", "")
    assert "nan" not in re.sub(r"[a-z]nan|nan[a-z]", "", page.lower())


def test_every_model_has_its_metrics_with_intervals(
    evaluations: dict[str, tuple[Trained, Path]], tmp_path: Path
) -> None:
    trained, evaluation = evaluations["abalone"]
    document = json.loads((evaluation / "evaluation.json").read_text())
    texts = Outline(page_of(trained.use_case, evaluation, tmp_path)).texts
    for model in (*document["candidates"].values(), document["champion"], document["baseline"]):
        for metric, measured in model["regression_metrics"].items():
            assert f"{measured['value']:.4g}" in texts
            low, high = model["intervals"][metric]
            assert f"{low:.4g} to {high:.4g}" in texts
    assert {"forest", "xgboost", "linear (baseline)", "champion"} <= set(texts)
    assert str(document["candidates"]["xgboost"]["slices"]["sex"]["I"]["rows"]) in texts


def test_every_rule_says_whether_it_held_and_texts_are_no_markup(
    evaluations: dict[str, tuple[Trained, Path]], gate: Path, tmp_path: Path
) -> None:
    trained, evaluation = evaluations["abalone"]
    page = page_of(trained.use_case, evaluation, tmp_path, "--gate", str(gate))
    texts = Outline(page).texts
    assert "The gate lets xgboost through." in texts
    rules = [texts.index(check["rule"]) for check in GATE["checks"]]  # type: ignore[index]
    assert [texts[place + 1] for place in rules] == ["✓ yes", "not asked", "✗ no"]
    assert "too wide & too far" in texts
    assert "gap by &lt;sex&gt;" in page


def test_a_refusal_is_told(evaluations: dict[str, tuple[Trained, Path]], gate: Path, tmp_path: Path) -> None:
    trained, evaluation = evaluations["churn"]
    gate.write_text(json.dumps({**GATE, "passed": False, "candidate": None, "reason": "too few rows"}))
    texts = Outline(page_of(trained.use_case, evaluation, tmp_path, "--gate", str(gate))).texts
    assert "The gate refuses every candidate." in texts
    assert "too few rows" in texts


def test_without_champion_and_with_few_rows_there_is_a_page_too(trained: Trained, tmp_path: Path) -> None:
    lines = (trained.parts / "test" / "test.csv").read_text().splitlines()
    (tmp_path / "few.csv").write_text("\n".join(lines[:3]))
    folders = {"test": tmp_path / "few.csv", "candidates": trained.models, "output": tmp_path / "evaluation"}
    options = [text for name, path in folders.items() for text in (f"--{name}", str(path))]
    assert main(trained.use_case, ["evaluate", *options]) == 0
    texts = Outline(page_of(trained.use_case, tmp_path / "evaluation", tmp_path)).texts
    assert any("no champion yet" in text for text in texts)
    assert "not defined" in texts


def test_in_a_job_everything_lies_where_sagemaker_puts_it(
    evaluations: dict[str, tuple[Trained, Path]], gate: Path, base_dir: Path
) -> None:
    trained, evaluation = evaluations["abalone"]
    given = base_dir / "processing" / "input"
    shutil.copytree(evaluation, given / "evaluation")
    (given / "gate").mkdir()
    shutil.copy(gate, given / "gate" / "gate.json")
    assert main(trained.use_case, ["report"]) == 0
    assert "The gate lets" in (base_dir / "processing" / "output" / "report.html").read_text()


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("plots.json", None, "plots.json: no such file"),
        ("evaluation.json", "{}", "not what this code reads (KeyError('use_case'))"),
        ("evaluation.json", "[]", "not what this code reads"),
    ],
)
def test_a_file_that_is_missing_or_another_fails_the_job(
    evaluations: dict[str, tuple[Trained, Path]],
    tmp_path: Path,
    base_dir: Path,
    file: str,
    content: str | None,
    told: str,
) -> None:
    trained, evaluation = evaluations["abalone"]
    spoilt = shutil.copytree(evaluation, tmp_path / "spoilt")
    (spoilt / file).unlink()
    if content:
        (spoilt / file).write_text(content)
    assert main(trained.use_case, ["report", "--evaluation", str(spoilt), "--output", str(tmp_path / "out")]) == 1
    assert told in (base_dir / "output" / "message").read_text()
    assert not (tmp_path / "out").exists()
