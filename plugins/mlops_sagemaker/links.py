"""Links from a task to its job, there from the moment the job exists; and to what it has written for people.

They lead to AWS's console; where requests go to an address of the user's own, to the pages that the local SageMaker has
there.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from airflow.configuration import conf
from airflow.sdk import BaseOperatorLink, Context
from airflow.sdk.execution_time.xcom import XCom

from mlops_sagemaker import uris
from mlops_sagemaker.jobs import PROCESSING, TRAINING, TRANSFORM, TUNING, JobKind
from mlops_sagemaker.resources import Description

_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn")
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
_PAGES = {
    PROCESSING.name: "processing-jobs",
    TRAINING.name: "jobs",
    TUNING.name: "hyper-tuning-jobs",
    TRANSFORM.name: "transform-jobs",
}


class AwsConsole(NamedTuple):
    """Where AWS's console shows things."""

    host: str
    region: str

    def job(self, kind: JobKind, description: Description) -> str:
        """The job's page."""
        page = f"{_PAGES[kind.name]}/{description[kind.name_key]}"
        return f"https://{self.host}/sagemaker/home?region={self.region}#/{page}"

    def log(self, kind: JobKind, description: Description) -> str:
        """Where the job's log streams are listed."""
        prefix = kind.log_prefix(description[kind.name_key])
        return (
            f"https://{self.host}/cloudwatch/home?region={self.region}#logsV2:log-groups/log-group/"
            f"{_twice(kind.log_group)}$3FlogStreamNameFilter$3D{_twice(prefix)}"
        )

    def below(self, uri: str) -> str:
        """What lies at or below an address in S3."""
        bucket, key = uris.parse(uri)
        return f"https://{self.host}/s3/buckets/{bucket}?region={self.region}&prefix={quote(key)}"

    def page(self, uri: str) -> str:
        """An object that is a page."""
        bucket, key = uris.parse(uri)
        return f"https://{self.host}/s3/object/{bucket}?region={self.region}&prefix={quote(key)}"


class LocalConsole(NamedTuple):
    """Where the local SageMaker at an address shows the same."""

    endpoint: str

    def job(self, kind: JobKind, description: Description) -> str:
        """The job as it is described."""
        return f"{self.endpoint}/_local/jobs/{description[kind.arn_key]}"

    def log(self, kind: JobKind, description: Description) -> str:
        """All that the job has logged."""
        return f"{self.endpoint}/_local/logs/{description[kind.arn_key]}"

    def below(self, uri: str) -> str:
        """What lies at or below an address in S3."""
        bucket, key = uris.parse(uri)
        return f"{self.endpoint}/_local/objects/{bucket}/{quote(key)}"

    def page(self, uri: str) -> str:
        """An object that is a page."""
        bucket, key = uris.parse(uri)
        return f"{self.endpoint}/{bucket}/{quote(key)}"


class _Link(BaseOperatorLink):
    """Reads what `show` has written."""

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The address, empty if there is none."""
        address: str | None = XCom.get_value(key=self.xcom_key, ti_key=ti_key)
        return address or ""


class JobLink(_Link):
    """The job's page."""

    name = "SageMaker job"


class LogLink(_Link):
    """The job's log."""

    name = "CloudWatch log"


class ArtifactsLink(_Link):
    """What the job leaves in S3."""

    name = "S3 artifacts"


class OriginLink(_Link):
    """The task whose outputs are used again, in Airflow's own UI."""

    name = "Reused from"


class PageLink(_Link):
    """A page that the job has written."""

    name = "Report"


JOB_LINKS = (JobLink(), LogLink(), ArtifactsLink())


def show(context: Context, operator: Any, kind: JobKind, description: Description) -> None:
    """Make the links of a job appear at its task."""
    console = _console(operator, description[kind.arn_key])
    _put(context, operator, JobLink(), console.job(kind, description))
    _put(context, operator, LogLink(), console.log(kind, description))
    for uri in list(kind.outputs(description).values())[:1]:
        _put(context, operator, ArtifactsLink(), console.below(uri))


def show_origin(context: Context, operator: Any, origin: Mapping[str, Any]) -> None:
    """Make the link to the task of ``origin`` appear, the fields of whose `naming.TaskKey` it holds."""
    mapped = f"/mapped/{origin['map_index']}" if origin["map_index"] >= 0 else ""
    run = f"dags/{origin['dag_id']}/runs/{quote(origin['run_id'], safe='')}"
    address = f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/{run}/tasks/{origin['task_id']}{mapped}"
    _put(context, operator, OriginLink(), address)


def show_page(context: Context, operator: Any, arn: str, uri: str) -> None:
    """Make the link of a page appear at the task whose job, of the ARN, has written it."""
    _put(context, operator, PageLink(), _console(operator, arn).page(uri))


def _put(context: Context, operator: Any, link: _Link, address: str) -> None:
    if operator.do_xcom_push:
        context["ti"].xcom_push(key=link.xcom_key, value=address)


def _console(operator: Any, arn: str) -> AwsConsole | LocalConsole:
    """Where what is at the address that requests go to is shown."""
    endpoint = operator.hook.endpoint
    if (urlsplit(endpoint).hostname or "").endswith(_AWS_HOSTS):
        return AwsConsole(_CONSOLES[arn.split(":")[1]], operator.hook.conn_region_name)
    return LocalConsole(endpoint.rstrip("/"))


def _twice(text: str) -> str:
    """As the CloudWatch console has names in its addresses: quoted twice, with $ for %."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")


def run_page(dag_id: str, run_id: str) -> str:
    """Where Airflow shows a run."""
    base = conf.get("api", "base_url", fallback="http://localhost:8080").rstrip("/")
    return f"{base}/dags/{dag_id}/runs/{quote(run_id)}"
