"""The steps of the training DAG: one function each, from a use case to a task.

What each job does lies in ``include/scripts/tabular/``; code, image and role come from the published release. Texts
in braces are templates, and hand on what earlier tasks of the run have left.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import TriggerRule

from lifecycle.params import hyperparameter_name, threshold_name
from lifecycle.use_case import UseCase
from mlops_sagemaker.operators.gate import MetricGateOperator
from mlops_sagemaker.operators.jobs import SageMakerProcessingJobOperator, SageMakerTrainingJobOperator
from mlops_sagemaker.operators.notify import NotifyOperator
from mlops_sagemaker.operators.register import RegisterModelOperator
from mlops_sagemaker.operators.report import SageMakerReportOperator
from mlops_sagemaker.operators.resolve import ResolveRunOperator
from mlops_sagemaker.requests import Input, Instances, Output, ProcessingJob, TrainingJob

RUN = "ti.xcom_pull(task_ids='resolve')"
RUN_URI = f"{{{{ {RUN}.run_uri }}}}"
MANIFEST = f"{{{{ {RUN}.data.manifest }}}}"
CHAMPION_MODEL = f"{{{{ ({RUN}.champion or {{}}).get('model_data', '') }}}}"
FRESH_FROM = f"{{{{ ({RUN}.champion or {{}}).get('window_end', '') }}}}"
EVALUATION = f"{RUN_URI}/evaluate"
RECORD = f"{RUN_URI}/gate/gate.json"
PAGE = f"{RUN_URI}/report/report.html"
JOBS = ("validate", "preprocess", "train", "evaluate")
PARTS = {part: f"{RUN_URI}/preprocess/{part}/" for part in ("train", "validation", "test", "preprocessing")}
"""What preprocessing makes: three parts of the rows, and what it learned from the first."""

DEFAULT_ARGS = {
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
}
DOCS = {
    "resolve": """Settles what the run works on: release, data window, data objects, champion.
        Repeating the run repeats it on the same objects; for newer data trigger a new run.""",
    "validate": """Checks the data's schema and ranges. Fails on data no model could be trained on; oddities
        are only reported, in `validate/validation.json` of the run's folder.""",
    "preprocess": """Splits the rows into train, validation and test by a hash of their content, and fits
        the preprocessing on the training part alone.""",
    "train": """Trains the candidates with the form's hyperparameters, one mapped task each; the model carries its
        preprocessing. If one fails, the others are evaluated all the same; if all fail, the run does.""",
    "evaluate": """Scores the candidates that could be trained, baseline and champion on the same test rows, with
        confidence intervals.""",
    "gate": """Decides whether a candidate may be registered, and which. A refusal is an answer and leaves the run
        green; the rules and what they found are in `gate/gate.json` of the run's folder.""",
    "register": """Registers the candidate that the gate let through as a new version, pending approval. Skipped if
        the gate refused all.""",
    "report": """Puts the evaluation, with intervals and plots, and every rule of the gate on one HTML page, also if the
        gate refused; the task links to it.""",
    "notify": """Sums up the run in a few lines, here in the log and for the notifiers of the use case.""",
}


def resolve(use_case: UseCase) -> ResolveRunOperator:
    """Settle what the run works on."""
    return ResolveRunOperator(
        use_case=use_case.name,
        image=use_case.image,
        timezone=use_case.timezone,
        window_days=use_case.window_days,
        **_named("resolve"),
    )


def validate(use_case: UseCase) -> SageMakerProcessingJobOperator:
    """Check the raw data."""
    return _process(use_case, ("validate",), [_data()], [Output("report", f"{RUN_URI}/validate/")])


def preprocess(use_case: UseCase) -> SageMakerProcessingJobOperator:
    """Split and encode it."""
    outputs = [Output(part, uri, part) for part, uri in PARTS.items()]
    return _process(use_case, ("preprocess",), [_data()], outputs)


def train(use_case: UseCase) -> Any:
    """Train every candidate, by one mapped task."""
    names = list(use_case.candidates)
    return SageMakerTrainingJobOperator.partial(
        map_index_template=f"{{{{ {names}[ti.map_index] }}}}", **_named("train")
    ).expand(job=[_training_job(use_case, name) for name in names])


def evaluate(use_case: UseCase) -> SageMakerProcessingJobOperator:
    """Score what was trained; a candidate that failed is no input of the job."""
    models = _models(use_case).items()
    candidates = [Input(f"candidate-{name}", model, path=f"candidates/{name}") for name, model in models]
    inputs = [Input("test", PARTS["test"]), *candidates, Input("champion", CHAMPION_MODEL)]
    outputs = [Output("report", f"{EVALUATION}/")]
    rule = {"trigger_rule": TriggerRule.ALL_DONE_MIN_ONE_SUCCESS}
    return _process(use_case, ("evaluate", f"--fresh-from={FRESH_FROM}"), inputs, outputs, **rule)


def gate(use_case: UseCase) -> MetricGateOperator:
    """Decide."""
    return MetricGateOperator(
        policy=use_case.gate,
        threshold=f"{{{{ params.{threshold_name(use_case)} }}}}" if use_case.gate.threshold else "",
        champion=CHAMPION_MODEL,
        report=f"{EVALUATION}/evaluation.json",
        record=RECORD,
        **_named("gate"),
    )


def register(use_case: UseCase, run: Any, verdict: Any) -> RegisterModelOperator:
    """Register what the gate let through; ``run`` and ``verdict`` are the outputs of the tasks resolve and gate."""
    return RegisterModelOperator(
        group=use_case.name,
        group_description=use_case.description,
        gate=verdict,
        run=run,
        models=_models(use_case),
        quality=f"{EVALUATION}/quality",
        page=PAGE,
        jobs=JOBS,
        **_named("register"),
    )


def report(use_case: UseCase) -> SageMakerReportOperator:
    """Put evaluation and verdict on a page."""
    inputs = [Input("evaluation", f"{EVALUATION}/"), Input("gate", RECORD)]
    job = _processing_job(use_case, ("report",), inputs, [Output("page", f"{RUN_URI}/report/")])
    return SageMakerReportOperator(job=job, page=PAGE, trigger_rule=TriggerRule.NONE_FAILED, **_named("report"))


def notify(use_case: UseCase, run: Any, verdict: Any, version: Any) -> NotifyOperator:
    """Tell; ``run``, ``verdict`` and ``version`` are the outputs of the tasks resolve, gate and register."""
    return NotifyOperator(
        run=run,
        verdict=verdict,
        version=version,
        models=_models(use_case),
        page=PAGE,
        notifiers=use_case.notifiers,
        trigger_rule=TriggerRule.NONE_FAILED,
        **_named("notify"),
    )


def _process(
    use_case: UseCase, arguments: tuple[str, ...], inputs: list[Input], outputs: list[Output], **settings: Any
) -> SageMakerProcessingJobOperator:
    job = _processing_job(use_case, arguments, inputs, outputs)
    return SageMakerProcessingJobOperator(job=job, **_named(arguments[0]), **settings)


def _processing_job(
    use_case: UseCase, arguments: tuple[str, ...], inputs: list[Input], outputs: list[Output]
) -> ProcessingJob:
    instances = Instances("{{ params.processing_instance }}")
    return ProcessingJob(inputs=inputs, outputs=outputs, instances=instances, **_common(use_case, arguments))


def _training_job(use_case: UseCase, candidate: str) -> TrainingJob:
    metrics = [f"{part}:{use_case.gate.metric}" for part in ("train", "validation")]
    return TrainingJob(
        channels={part: uri for part, uri in PARTS.items() if part != "test"},
        output=f"{RUN_URI}/train/{candidate}/",
        hyperparameters=_hyperparameters(use_case, candidate),
        metrics={name: f"{name}=([0-9.eE+-]+)" for name in metrics},
        instances=Instances("{{ params.training_instance }}", "{{ params.training_instances }}"),
        **_common(use_case, ("train", "--candidate", candidate)),
    )


def _hyperparameters(use_case: UseCase, candidate: str) -> dict[str, str]:
    names = use_case.candidates[candidate].hyperparameters
    return {name: f"{{{{ params.{hyperparameter_name(candidate, name)} }}}}" for name in names}


def _models(use_case: UseCase) -> dict[str, str]:
    """By candidate where its model is; empty if it could not be trained."""
    return {
        name: f"{{{{ (ti.xcom_pull(task_ids='train', map_indexes={index}) or {{}}).get('model_data', '') }}}}"
        for index, name in enumerate(use_case.candidates)
    }


def _data() -> Input:
    return Input("data", MANIFEST, manifest=True)


def _common(use_case: UseCase, arguments: tuple[str, ...]) -> dict[str, Any]:
    return {
        "module": use_case.name,
        "arguments": arguments,
        "image": f"{{{{ {RUN}.image.uri }}}}",
        "code": f"{{{{ {RUN}.code.uri }}}}",
        "role_arn": f"{{{{ {RUN}.role_arn }}}}",
        "max_runtime": use_case.max_runtime,
    }


def _named(step: str) -> dict[str, Any]:
    return {"task_id": step, "doc_md": " ".join(DOCS[step].split())}
