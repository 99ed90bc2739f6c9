"""`python -m tests.support.full_run`: both use cases from nothing to production on a stack of its own, and all that
follows; prints the actions that Airflow has asked for, one a line, which is what tests/fixtures/called.txt holds."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from deploy.local.environment import AIRFLOWS_KEY
from tests.support.calls import asked, lines
from tests.support.stack import LocalStack


def full_run(stack: LocalStack) -> None:
    """Train, deploy and ask; find drift, retrain and deploy again; score a day; go back."""
    for command in (("run",), ("run", "--use-case", "churn"), ("drift",)):
        done = stack.call(*command)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    for dag_id, conf in (("churn_scoring", {"day": "2026-03-31"}), ("abalone_rollback", {})):
        stack.airflow.unpause(dag_id)
        states = stack.finished(stack.trigger(conf, dag_id), dag_id)
        if states["run"] != "success":
            raise SystemExit(f"{dag_id} failed: {states}")


def main() -> None:
    """Print them; the stack is stopped at the end."""
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(Path(folder) / "stack", os.environ)
        try:
            full_run(stack)
            actions = {each.action for line in lines(stack.calls, AIRFLOWS_KEY) for each in asked(line)}
        finally:
            stack.call("down")
    sys.stdout.write("".join(f"{action}\n" for action in sorted(actions)))


if __name__ == "__main__":
    main()
