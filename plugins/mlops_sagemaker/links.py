"""Links from a task to AWS's console, there from the moment its job exists; and to what it has written for people."""

from collections.abc import Mapping
from typing import Any
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


class _Link(BaseOperatorLink):
    """Reads what `show` has written."""

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The address, empty if there is none."""
        address: str | None = XCom.get_value(key=self.xcom_key, ti_key=ti_key)
        return address or ""


class JobLink(_Link):
    """The job's page."""

    name = "SageMaker job"

    @staticmethod
    def address(console: str, region: str, kind: JobKind, description: Description) -> str | None:
        """Where the page is."""
        return f"https://{console}/sagemaker/home?region={region}#/{_PAGES[kind.name]}/{description[kind.name_key]}"


class LogLink(_Link):
    """The job's log streams."""

    name = "CloudWatch log"

    @staticmethod
    def address(console: str, region: str, kind: JobKind, description: Description) -> str | None:
        """Where the streams are listed."""
        prefix = kind.log_prefix(description[kind.name_key])
        return (
            f"https://{console}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/"
            f"{_twice(kind.log_group)}$3FlogStreamNameFilter$3D{_twice(prefix)}"
        )


class ArtifactsLink(_Link):
    """What the job leaves in S3."""

    name = "S3 artifacts"

    @staticmethod
    def address(console: str, region: str, kind: JobKind, description: Description) -> str | None:
        """Where the first of its outputs is."""
        outputs = list(kind.outputs(description).values())
        if not outputs:
            return None
        bucket, key = uris.parse(outputs[0])
        return f"https://{console}/s3/buckets/{bucket}?region={region}&prefix={quote(key)}"


class OriginLink(_Link):
    """The task whose outputs are used again, in Airflow's own UI."""

    name = "Reused from"


class PageLink(_Link):
    """A page that the job has written."""

    name = "Report"

    @staticmethod
    def address(operator: Any, arn: str, uri: str) -> str:
        """Where it is read: in the console, or at the address that requests go to."""
        bucket, key = uris.parse(uri)
        console = _console(operator, arn)
        if console is None:
            return f"{operator.hook.endpoint.rstrip('/')}/{bucket}/{quote(key)}"
        return f"https://{console}/s3/object/{bucket}?region={operator.hook.conn_region_name}&prefix={quote(key)}"


JOB_LINKS = (JobLink(), LogLink(), ArtifactsLink())


def show(context: Context, operator: Any, kind: JobKind, description: Description) -> None:
    """Make the links of a job appear at its task; none where the connection leads to no AWS console."""
    console = _console(operator, description[kind.arn_key])
    if console is None or not operator.do_xcom_push:
        return
    for link in JOB_LINKS:
        address = link.address(console, operator.hook.conn_region_name, kind, description)
        if address:
            context["ti"].xcom_push(key=link.xcom_key, value=address)


def show_origin(context: Context, operator: Any, origin: Mapping[str, Any]) -> None:
    """Make the link to the task of ``origin`` appear, the fields of whose `naming.TaskKey` it holds."""
    if operator.do_xcom_push:
        mapped = f"/mapped/{origin['map_index']}" if origin["map_index"] >= 0 else ""
        run = f"dags/{origin['dag_id']}/runs/{quote(origin['run_id'], safe='')}"
        address = f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/{run}/tasks/{origin['task_id']}{mapped}"
        context["ti"].xcom_push(key=OriginLink().xcom_key, value=address)


def show_page(context: Context, operator: Any, arn: str, uri: str) -> None:
    """Make the link of a page appear at the task whose job, of the ARN, has written it."""
    if operator.do_xcom_push:
        context["ti"].xcom_push(key=PageLink().xcom_key, value=PageLink.address(operator, arn, uri))


def _console(operator: Any, arn: str) -> str | None:
    """The console's host; None if requests go to another address than AWS's."""
    host = urlsplit(operator.hook.endpoint).hostname or ""
    return _CONSOLES.get(arn.split(":")[1]) if host.endswith(_AWS_HOSTS) else None


def _twice(text: str) -> str:
    """As the CloudWatch console has names in its addresses: quoted twice, with $ for %."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
