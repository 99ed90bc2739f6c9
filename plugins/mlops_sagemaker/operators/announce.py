"""Tell other DAGs that something has come about."""

from typing import Any

from airflow.sdk import Asset, Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.operators.base import LifecycleOperator


class AnnounceOperator(LifecycleOperator):
    """Emit the event that a decision holds as ``event``, which says what data to train on; skip if it holds none.

    :param decision: the ``output`` of the task that has decided.
    :param asset: the asset whose event it is.
    """

    template_fields = aws_template_fields("decision")

    def __init__(self, *, decision: Any, asset: Asset, **kwargs: Any) -> None:
        super().__init__(outlets=[asset], **kwargs)
        self.decision: dict[str, Any] = decision
        self.asset = asset

    def execute(self, context: Context) -> dict[str, Any]:
        """What the event says."""
        event: dict[str, Any] | None = self.decision["event"]
        if event is None:
            raise AirflowSkipException("no training")
        context["outlet_events"][self.asset].extra = event
        return event
