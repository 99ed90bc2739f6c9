"""Files that somebody brings, by the real tasks, job code and images: from `incoming/` to data or quarantine."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from deploy.local import provision
from deploy.local.settings import BUCKET, REGION
from deploy.samples import SAMPLES
from tests.dags.all_dags import dag_bag
from tests.provider.tasks import resume
from tests.support.fixtures import local_aws
from tests.support.local_aws import ROOT, LocalAws
from tests.unit.mlops_sagemaker.contexts import context_for

pytestmark = pytest.mark.local_only
STEPS = ("resolve", "inspect", "settle", "announce", "notify")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A server that runs the images of the project, provisioned as `make up` does it."""
    containers = ("--containers", str(ROOT / "include" / "containers"))
    environ = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION}
    with local_aws(tmp_path_factory.mktemp("own"), ROOT / ".venv" / "images", *containers) as server:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(ROOT)
            for name, value in {**environ, "AWS_ENDPOINT_URL": server.endpoint}.items():
                patch.setenv(name, value)
            provision.main()
        yield server


def variable(name: str, default: str = "") -> str:
    return {"nightshift_release": f"s3://{BUCKET}/releases/current.json"}.get(name, default)


def ran(use_case: str) -> tuple[dict[str, Any], list[Any]]:
    """What the tasks of a run have returned, and its events."""
    # A copy, for rendering changes it.
    dag, xcoms, events = deepcopy(dag_bag().dags[f"{use_case}_ingestion"]), dict[str, Any](), list[Any]()
    for task_id in STEPS:
        task = dag.get_task(task_id)
        context = context_for(task, xcoms=xcoms, logical_date=None)
        emitted = defaultdict[Any, Any](SimpleNamespace)
        context |= {"dag": dag, "params": {}, "outlet_events": emitted, "var": {"value": SimpleNamespace(get=variable)}}
        task.render_template_fields(context)
        operator = context["ti"].task
        try:
            xcoms[task_id] = operator.execute(context)
        except TaskDeferred as deferred:
            xcoms[task_id] = resume(operator, deferred, context)
        events += [event.extra for event in emitted.values()]
    return xcoms, events


def below(aws: LocalAws, folder: str) -> dict[str, bytes]:
    found = aws.s3.list_objects_v2(Bucket=BUCKET, Prefix=folder).get("Contents", [])
    return {each["Key"].removeprefix(folder): aws.read(f"s3://{BUCKET}/{each['Key']}") for each in found}


@pytest.mark.parametrize("use_case", ["abalone", "churn"])
def test_good_files_become_data_and_the_others_are_kept_apart_with_what_is_wrong(aws: LocalAws, use_case: str) -> None:
    days = [content for _, content in SAMPLES[use_case].days()]
    header, first, *rows = days[37].splitlines(keepends=True)
    bad = b"".join([header, b"".join([first.rpartition(b",")[0], b",many\n"]), *rows])
    files = {"good ü+ %20.csv": days[36], "in a folder/bad.csv": bad, "empty.csv": b"", "again.csv": days[3]}
    for name, content in files.items():
        aws.s3.put_object(Bucket=BUCKET, Key=f"{use_case}/incoming/{name}", Body=content)
    xcoms, events = ran(use_case)
    (taken,) = xcoms["settle"]["taken"]
    assert aws.read(taken["where"]) == days[36]
    day = date.fromisoformat(taken["where"].rpartition("day=")[2].partition("/")[0])
    assert events == [{"window_end": str(day + timedelta(days=1))}]
    assert below(aws, f"{use_case}/incoming/") == {}
    refused = {each["file"]: each for each in xcoms["settle"]["refused"]}
    assert refused.keys() == files.keys() - {"good ü+ %20.csv"}
    for name, each in refused.items():
        assert aws.read(each["where"]) == files[name]
    (problem,) = json.loads(aws.read(refused["in a folder/bad.csv"]["report"]))["problems"]
    assert problem["examples"][0]["place"] == "line 2"
    assert problem["examples"][0]["value"] == "many"
    assert refused["again.csv"]["reasons"][0].startswith("has the content of day=2026-03-03/")
    (notice,) = xcoms["notify"]
    assert notice["outcome"] == "data refused"
    assert all(name in notice["text"] for name in refused)
