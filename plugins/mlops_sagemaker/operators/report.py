"""Make a page for people."""

from typing import Any

from airflow.sdk import Context

from mlops_sagemaker import links, uris
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.operators.base import SageMakerJobOperator, user_errors_are_final
from mlops_sagemaker.operators.jobs import SageMakerProcessingJobOperator


class SageMakerReportOperator(SageMakerProcessingJobOperator):
    """Run one processing job that writes a page, and link the page to the task; see SageMakerJobOperator.

    :param page: the page's name in the job's output; the result has its S3 URI as ``page``.
    """

    operator_extra_links = (links.PageLink(), *SageMakerJobOperator.operator_extra_links)

    def __init__(self, *, page: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.page = page

    def execute(self, context: Context) -> dict[str, Any]:
        """As of any job; then the link is there."""
        return self._linked(context, super().execute(context))

    def resume(self, context: Context, *arguments: Any, **named: Any) -> dict[str, Any]:
        """As of any job; then the link is there."""
        return self._linked(context, super().resume(context, *arguments, **named))

    def _linked(self, context: Context, result: dict[str, Any]) -> dict[str, Any]:
        (folder,) = result["outputs"].values()
        page = uris.join(folder, self.page)
        with user_errors_are_final():
            if not self.hook.present_as(page, "text/html; charset=utf-8"):
                raise UserError(f"there is no page at {page}; did the job {result['job_name']} write it?")
        links.show_page(context, self, result["job_arn"], page)
        return {**result, "page": page}
