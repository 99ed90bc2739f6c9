"""The README's commands that run job code by hand, as they stand there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_job_code_runs_by_hand_as_the_readme_shows(tmp_path: Path) -> None:
    (tmp_path / "include").symlink_to(ROOT / "include")
    lines = re.findall(r"^python (-m churn .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(lines) == 6
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": "include/scripts"}
    for line in lines:
        command = [sys.executable, *shlex.split(line)]
        ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, ended.stderr
    report = json.loads((tmp_path / "out" / "evaluate" / "evaluation.json").read_text())
    models = (report["candidates"]["xgboost"], report["baseline"])
    candidate, baseline = (model["binary_classification_metrics"]["auc"]["value"] for model in models)
    assert candidate > baseline
    assert "<svg" in (tmp_path / "out" / "report" / "report.html").read_text()
