"""How operators tell whether their step has been done before, and show that it has."""

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Context

from mlops_sagemaker import links
from mlops_sagemaker.errors import ApiError, Family
from mlops_sagemaker.ledger import Ledger


def step_key(operator: Any, request: Mapping[str, Any]) -> str:
    """What the outputs of a job will follow from; empty if the operator has no ledger, or may not see the inputs."""
    if not operator.ledger:
        return ""
    try:
        return Ledger(operator.hook, operator.ledger).key(operator.kind.name, request)
    except ApiError as error:
        if error.family is not Family.USER:
            raise
        # The job's role may read what the operator's may not.
        operator.log.warning("Whether anything has changed cannot be told, so the job is run: %s", error)
        return ""


def take_over(operator: Any, earlier: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The result of an earlier success, shown as what it is; ``reused`` in it says which task it is of."""
    origin, result = earlier["ran"], earlier["result"]
    operator.log.info(
        "Nothing has changed since run %s of %s: no job is started, what its %s job %s left is used. "
        "To run it all the same, clear this task.",
        *(origin["run_id"], origin["dag_id"], operator.kind.name, result["job_name"]),
    )
    links.show_origin(context, operator, origin)
    description = operator.hook.describe(operator.kind, result["job_name"])
    if description is not None:
        links.show(context, operator, operator.kind, description)
    return {**result, "reused": origin}
