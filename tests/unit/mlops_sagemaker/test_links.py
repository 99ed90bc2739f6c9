from types import SimpleNamespace
from typing import Any

import pytest

from mlops_sagemaker import links
from mlops_sagemaker.jobs import KINDS, JobKind

each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


class Task:
    def __init__(self, endpoint: str, do_xcom_push: bool = True) -> None:
        self.hook = SimpleNamespace(endpoint=endpoint, conn_region_name="eu-north-1")
        self.do_xcom_push = do_xcom_push


def shown(kind: JobKind, task: Task, partition: str = "aws") -> dict[str, Any]:
    pushed: dict[str, Any] = {}
    context: Any = {"ti": SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value}))}
    description = {
        kind.name_key: "job",
        kind.arn_key: f"arn:{partition}:sagemaker:eu-north-1:000000000000:job/job",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/a b/model.tar.gz"},
        "TransformOutput": {"S3OutputPath": "s3://bucket/predictions/"},
    }
    links.show(context, task, kind, description)
    return pushed


@each_kind
def test_every_job_leads_to_its_page_and_its_log(kind: JobKind) -> None:
    pushed = shown(kind, Task("https://api.sagemaker.eu-north-1.amazonaws.com"))
    assert pushed["_link_JobLink"].startswith("https://console.aws.amazon.com/sagemaker/home?region=eu-north-1#/")
    assert pushed["_link_JobLink"].endswith("/job")
    assert "#logsV2:log-groups/log-group/$252Faws$252Fsagemaker$252F" in pushed["_link_LogLink"]


def test_artifacts_lead_to_their_object() -> None:
    pushed = shown(KINDS["training"], Task("https://api.sagemaker.eu-north-1.amazonaws.com"))
    address = "https://console.aws.amazon.com/s3/buckets/bucket?region=eu-north-1&prefix=a%20b/model.tar.gz"
    assert pushed["_link_ArtifactsLink"] == address
    assert "_link_ArtifactsLink" not in shown(KINDS["tuning"], Task("https://api.sagemaker.us-east-1.amazonaws.com"))


def test_other_partitions_have_consoles_of_their_own() -> None:
    pushed = shown(KINDS["training"], Task("https://api.sagemaker.cn-north-1.amazonaws.com.cn"), "aws-cn")
    assert pushed["_link_JobLink"].startswith("https://console.amazonaws.cn/")


@each_kind
def test_at_an_address_of_ones_own_every_job_leads_to_the_pages_there(kind: JobKind) -> None:
    pushed = shown(kind, Task("http://127.0.0.1:4566/"))
    arn = "arn:aws:sagemaker:eu-north-1:000000000000:job/job"
    assert pushed["_link_JobLink"] == f"http://127.0.0.1:4566/_local/jobs/{arn}"
    assert pushed["_link_LogLink"] == f"http://127.0.0.1:4566/_local/logs/{arn}"
    below = {"training": "a%20b/model.tar.gz", "transform": "predictions/"}.get(kind.name)
    expected = f"http://127.0.0.1:4566/_local/objects/bucket/{below}" if below else None
    assert pushed.get("_link_ArtifactsLink") == expected


def test_a_task_that_is_to_leave_no_xcom_has_no_links() -> None:
    assert shown(KINDS["training"], Task("https://x.amazonaws.com", do_xcom_push=False)) == {}


@pytest.mark.parametrize(("map_index", "mapped"), [(-1, ""), (2, "/mapped/2")])
def test_what_is_used_again_leads_to_the_task_that_made_it(
    monkeypatch: pytest.MonkeyPatch, map_index: int, mapped: str
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example/")
    pushed: dict[str, Any] = {}
    context: Any = {"ti": SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value}))}
    origin = {"dag_id": "d", "run_id": "scheduled__2026-03-02T02:00:00+00:00", "task_id": "t", "map_index": map_index}
    links.show_origin(context, Task("http://127.0.0.1:4566"), origin)
    run = "scheduled__2026-03-02T02%3A00%3A00%2B00%3A00"
    assert pushed == {"_link_OriginLink": f"https://airflow.example/dags/d/runs/{run}/tasks/t{mapped}"}


def page(task: Task) -> dict[str, Any]:
    pushed: dict[str, Any] = {}
    context: Any = {"ti": SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value}))}
    arn = "arn:aws:sagemaker:eu-north-1:000000000000:processing-job/job"
    links.show_page(context, task, arn, "s3://bucket/a b/report.html")
    return pushed


def test_a_page_is_read_in_the_console_or_at_the_address_that_requests_go_to() -> None:
    console = "https://console.aws.amazon.com/s3/object/bucket?region=eu-north-1&prefix=a%20b/report.html"
    assert page(Task("https://api.sagemaker.eu-north-1.amazonaws.com")) == {"_link_PageLink": console}
    local = "http://127.0.0.1:4566/bucket/a%20b/report.html"
    assert page(Task("http://127.0.0.1:4566")) == {"_link_PageLink": local}
    assert page(Task("http://127.0.0.1:4566", do_xcom_push=False)) == {}
