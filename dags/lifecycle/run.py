"""What the tasks of a run hand on to each other, as templates, where it lies, and how they are named."""

from collections.abc import Mapping
from typing import Any

from lifecycle.params import share_name
from lifecycle.use_case import UseCase

RUN = "ti.xcom_pull(task_ids='resolve')"
RUN_URI = f"{{{{ {RUN}.run_uri }}}}"
MANIFEST = f"{{{{ {RUN}.data.manifest }}}}"
CHAMPION_MODEL = f"{{{{ ({RUN}.champion or {{}}).get('model_data', '') }}}}"
FRESH_FROM = f"{{{{ ({RUN}.champion or {{}}).get('window_end', '') }}}}"
VALIDATION = "{{ ti.xcom_pull(task_ids='validate').outputs.report }}"
EVALUATION = "{{ ti.xcom_pull(task_ids='evaluate').outputs.report }}"
RECORD = f"{RUN_URI}/gate/gate.json"
PAGE = "{{ ti.xcom_pull(task_ids='report').page }}"
PARTS = {
    part: f"{{{{ ti.xcom_pull(task_ids='preprocess').outputs.{part} }}}}"
    for part in ("train", "validation", "test", "preprocessing")
}
"""What preprocessing makes: three parts of the rows, and what it learned from the first."""
REUSE: dict[str, Any] = {"ledger": f"{{{{ {RUN}.ledger }}}}", "anew": "{{ 'yes' if params.anew else '' }}"}
"""Arguments of every job's operator. What an unchanged step left lies in the folder of an earlier run: so tasks ask the
one before where it is."""

# Double quotes: single ones would be quoted once more in the command of a training job.
SHARES = tuple(f'--{part}-share={{{{ params.{share_name(part)} or "" }}}}' for part in ("test", "validation"))
"""Arguments that ask for another split than the use case's; the steps that split and that train need the same."""


def job_of(use_case: UseCase, arguments: tuple[str, ...]) -> dict[str, Any]:
    """What all jobs of a run have in common: code, image and role of its release."""
    return {
        "module": use_case.name,
        "arguments": arguments,
        "image": f"{{{{ {RUN}.image.uri }}}}",
        "code": f"{{{{ {RUN}.code.steps.{arguments[0]} }}}}",
        "role_arn": f"{{{{ {RUN}.role_arn }}}}",
        "max_runtime": use_case.max_runtime,
    }


def named(docs: Mapping[str, str], step: str) -> dict[str, Any]:
    """The arguments of a step's operator that name its task, and say what it does: the ``docs`` of its DAG."""
    return {"task_id": step, "doc_md": " ".join(docs[step].split())}
