"""Make a page for people."""

from typing import Any

from airflow.sdk import Context

from mlops_sagemaker import links
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.hook import LogPositions
from mlops_sagemaker.operators.base import SageMakerJobOperator, user_errors_are_final
from mlops_sagemaker.operators.jobs import SageMakerProcessingJobOperator


class SageMakerReportOperator(SageMakerProcessingJobOperator):
    """Run one processing job that writes a page, and link the page to the task; see SageMakerJobOperator.

    :param page: S3 URI of the page; the result has it as ``page``.
    """

    template_fields = (*SageMakerJobOperator.template_fields, "page")
    operator_extra_links = (links.PageLink(), *SageMakerJobOperator.operator_extra_links)

    def __init__(self, *, page: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.page = page

    def execute(self, context: Context) -> dict[str, Any]:
        """As of any job; then the link is there."""
        return self._linked(context, super().execute(context))

    def resume(
        self, context: Context, event: dict[str, Any], job_name: str, positions: LogPositions, step: str = ""
    ) -> dict[str, Any]:
        """As of any job; then the link is there."""
        return self._linked(context, super().resume(context, event, job_name, positions, step))

    def _linked(self, context: Context, result: dict[str, Any]) -> dict[str, Any]:
        with user_errors_are_final():
            if not self.hook.present_as(self.page, "text/html; charset=utf-8"):
                raise UserError(f"there is no page at {self.page}; did the job {result['job_name']} write it?")
        links.show_page(context, self, result["job_arn"], self.page)
        return {**result, "page": self.page}
