"""Each step with nothing but its bundle: what a job of it has."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.bundles import bundles, step_bundles

ROOT = Path(__file__).resolve().parents[3]
CANDIDATES = ("xgboost", "forest", "linear")


class Jobs:
    """Runs steps of a use case, each from a folder that holds its bundle."""

    def __init__(self, use_case: str, folder: Path) -> None:
        self.use_case, self.folder = use_case, folder
        self.bundles = step_bundles(use_case, bundles(ROOT / "include" / "scripts")[use_case])

    def run(self, step: str, *arguments: str) -> None:
        code = self.folder / "code" / step
        for path, content in self.bundles[step].items():
            (code / path).parent.mkdir(parents=True, exist_ok=True)
            (code / path).write_bytes(content)
        command = [sys.executable, "-m", self.use_case, step, *arguments]
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(code)}
        done = subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("use_case", ["abalone", "churn"])
def test_every_step_runs_on_its_bundle_alone(use_case: str, tmp_path: Path) -> None:
    jobs, data = Jobs(use_case, tmp_path), str(ROOT / "include" / "data" / f"{use_case}.csv")
    steps = {"inspect", "validate", "preprocess", "train", "evaluate", "report", "select", "collect", "calibrate"}
    monitors = {"monitor_data", "monitor_model"}
    assert jobs.bundles.keys() == steps | monitors
    jobs.run("inspect", "--data", str(Path(data).parent), "--output", "inspected")
    jobs.run("validate", "--data", data, "--output", "validate")
    jobs.run("preprocess", "--data", data, "--output", ".")
    parts = [text for part in ("train", "validation", "preprocessing") for text in (f"--{part}", part)]
    for candidate in CANDIDATES:
        jobs.run("train", "--candidate", candidate, *parts, "--model", f"models/{candidate}")
    jobs.run("evaluate", "--test", "test", "--candidates", "models", "--output", "evaluate")
    jobs.run("report", "--evaluation", "evaluate", "--output", "report")
    jobs.run("select", "--data", data, "--model", "models/linear", "--output", "selected")
    jobs.run("collect", "--help")  # which the other image runs
    jobs.run("calibrate", "--help")
    day = ("--start", "2026-03-01T00:00:00Z", "--end", "2026-03-02T00:00:00Z")
    jobs.run("monitor_data", "--baseline", "validate/quality", *day, "--output", "monitor_data")
    jobs.run("monitor_model", "--quality", "evaluate/quality/forest", *day, "--output", "monitor_model")


@pytest.mark.parametrize("step", ["monitor_data", "monitor_model"])
@pytest.mark.parametrize("use_case", ["abalone", "churn"])
def test_monitors_import_nothing_but_what_their_image_holds(use_case: str, step: str, tmp_path: Path) -> None:
    found = {
        name.partition(".")[0]
        for content in Jobs(use_case, tmp_path).bundles[step].values()
        for node in ast.walk(ast.parse(content))
        for name in _imported(node)
    }
    assert found - sys.stdlib_module_names == {use_case, "common", "monitoring", "numpy", "tabular"}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
