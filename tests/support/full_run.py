"""`python -m tests.support.full_run`: both use cases from nothing to production on a stack of its own, and all that
follows; prints the actions that Airflow has asked for, one a line, which is what tests/fixtures/called.txt holds. Fails
where the roles of the templates would not have let it happen."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.support.least_privilege import refused, wanted
from tests.support.local_aws import ROOT
from tests.support.polling import eventually
from tests.support.stack import BUCKET, RUN_SECONDS, LocalStack


def full_run(stack: LocalStack) -> None:
    """Train, deploy and ask; find drift, retrain and deploy again; score a day; go back; take in what is brought."""
    for command in (("run",), ("run", "--use-case", "churn"), ("drift",)):
        done = stack.call(*command)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    for dag_id, conf in (("churn_scoring", {"day": "2026-03-31"}), ("abalone_rollback", {})):
        stack.airflow.unpause(dag_id)
        states = stack.finished(stack.trigger(conf, dag_id), dag_id)
        if states["run"] != "success":
            raise SystemExit(f"{dag_id} failed: {states}")
    bring(stack)


def bring(stack: LocalStack) -> None:
    """Have one file taken in and another refused."""
    stack.airflow.unpause("abalone_ingestion")
    rows = (ROOT / "include" / "data" / "abalone.csv").read_text().splitlines(keepends=True)
    for name, content in {"good": "".join(rows[:51]), "bad": "no,table\n"}.items():
        stack.aws.s3.put_object(Bucket=BUCKET, Key=f"abalone/incoming/{name}.csv", Body=content.encode())

    def refused() -> bool:
        listed = stack.aws.s3.list_objects_v2(Bucket=BUCKET, Prefix="abalone/quarantine/")
        return bool(listed["KeyCount"])

    eventually(refused, "the bad file in quarantine", RUN_SECONDS, 1)


def main() -> None:
    """Print them; the stack is stopped at the end."""
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(Path(folder) / "stack", os.environ)
        try:
            full_run(stack)
            actions = {each.action for each in wanted(stack.calls)["Airflow"]}
            reasons = refused(stack.calls)
        finally:
            stack.call("down")
    if reasons:
        raise SystemExit("\n".join(reasons))
    sys.stdout.write("".join(f"{action}\n" for action in sorted(actions)))


if __name__ == "__main__":
    main()
