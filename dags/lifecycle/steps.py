"""The steps of the training DAG: one function each, from a use case to a task.

What each job does lies in ``include/scripts/tabular/``; code, image and role come from the published release.
"""

from functools import partial
from typing import Any

from airflow.sdk import TriggerRule

from lifecycle import candidates
from lifecycle.params import threshold_name
from lifecycle.run import (
    CHAMPION_MODEL,
    EVALUATION,
    FRESH_FROM,
    MANIFEST,
    PAGE,
    PARTS,
    RECORD,
    REUSE,
    RUN_URI,
    SHARES,
    VALIDATION,
    job_of,
    named,
)
from lifecycle.use_case import UseCase
from mlops_sagemaker import naming
from mlops_sagemaker.operators.gate import MetricGateOperator
from mlops_sagemaker.operators.jobs import (
    SageMakerProcessingJobOperator,
    SageMakerTrainingJobOperator,
    SageMakerTuningJobOperator,
)
from mlops_sagemaker.operators.notify import NotifyOperator
from mlops_sagemaker.operators.rebaseline import RebaselineOperator
from mlops_sagemaker.operators.register import RegisterModelOperator
from mlops_sagemaker.operators.report import SageMakerReportOperator
from mlops_sagemaker.operators.resolve import ResolveRunOperator
from mlops_sagemaker.requests import Input, Instances, Output, ProcessingJob

DOCS = {
    "resolve": """Settles what the run works on: release, data window, data objects, champion.
        Repeating the run repeats it on the same objects; for newer data trigger a new run.""",
    "validate": """Checks the data's schema and ranges. Fails on data no model could be trained on; oddities
        are only reported, in `validate/validation.json` of the run's folder.""",
    "preprocess": """Splits the rows into train, validation and test by a hash of their content, and fits
        the preprocessing on the training part alone.""",
    "train": """Trains the candidates with the form's hyperparameters, one mapped task each; the model carries its
        preprocessing. If one fails, the others are evaluated all the same; if all fail, the run does.""",
    "tune": """Searches for the hyperparameters of the candidates that declare ranges, within their budgets; the best
        model of a search is the candidate. A search that fails stops no other candidate.""",
    "evaluate": """Scores the candidates that could be trained, baseline and champion on the same test rows, with
        confidence intervals.""",
    "gate": """Decides whether a candidate may be registered, and which. A refusal is an answer and leaves the run
        green; the rules and what they found are in `gate/gate.json` of the run's folder.""",
    "register": """Registers the candidate that the gate let through as a new version, pending approval. Skipped if
        the gate refused all.""",
    "rebaseline": """After drift whose retraining leaves the champion in place, or where the form gives a reason: moves
        what the champion's traffic is compared with to this run's data, if the champion is good there. Skipped
        otherwise.""",
    "report": """Puts the evaluation, with intervals and plots, and every rule of the gate on one HTML page, also if the
        gate refused; the task links to it.""",
    "notify": """Sums up the run in a few lines, here in the log and for the notifiers of the use case.""",
}
_named = partial(named, DOCS)


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
    outputs = [Output(part, f"{RUN_URI}/preprocess/{part}/", part) for part in PARTS]
    return _process(use_case, ("preprocess", *SHARES), [_data()], outputs)


def train(use_case: UseCase) -> list[Any]:
    """Train every candidate: by one mapped task those whose hyperparameters are given, by another the tuned ones."""
    trained, tuned = candidates.trained(use_case), candidates.tuned(use_case)
    by_processing = use_case.trained_by == "processing"
    operator = SageMakerProcessingJobOperator if by_processing else SageMakerTrainingJobOperator
    job: Any = candidates.training_by_processing if by_processing else candidates.training_job
    training = [(operator, "train", trained, job), (SageMakerTuningJobOperator, "tune", tuned, candidates.tuning_job)]
    return [_mapped(operator, step, names, job, use_case) for operator, step, names, job in training if names]


def evaluate(use_case: UseCase) -> SageMakerProcessingJobOperator:
    """Score what was trained; a candidate that failed is no input of the job."""
    models = candidates.models(use_case).items()
    trained = [Input(f"candidate-{name}", model, path=f"candidates/{name}") for name, model in models]
    inputs = [Input("test", PARTS["test"]), *trained, Input("champion", CHAMPION_MODEL)]
    outputs = [Output("report", f"{RUN_URI}/evaluate/")]
    rule = {"trigger_rule": TriggerRule.ALL_DONE_MIN_ONE_SUCCESS}
    return _process(use_case, ("evaluate", f"--fresh-from={FRESH_FROM}"), inputs, outputs, **rule)


def gate(use_case: UseCase) -> MetricGateOperator:
    """Decide."""
    return MetricGateOperator(
        policy=use_case.gate,
        threshold=f"{{{{ params.{threshold_name(use_case)} }}}}" if use_case.gate.threshold else "",
        champion=CHAMPION_MODEL,
        report=f"{EVALUATION}evaluation.json",
        record=RECORD,
        **_named("gate"),
    )


def register(use_case: UseCase, run: Any, verdict: Any) -> RegisterModelOperator:
    """Register what the gate let through; ``run`` and ``verdict`` are the outputs of the tasks resolve and gate."""
    return RegisterModelOperator(
        group=naming.group_name(use_case.name),
        group_description=use_case.description,
        gate=verdict,
        run=run,
        models=candidates.models(use_case),
        quality=f"{EVALUATION}quality",
        data_quality=f"{VALIDATION}quality",
        page=PAGE,
        jobs=_jobs(use_case),
        approval="{{ params.approval }}",
        **_named("register"),
    )


def rebaseline(use_case: UseCase, run: Any, verdict: Any) -> RebaselineOperator:
    """Move the champion's baseline; ``run`` and ``verdict`` are the outputs of the tasks resolve and gate."""
    return RebaselineOperator(
        use_case=use_case.name,
        run=run,
        verdict=verdict,
        policy=use_case.gate,
        asked="{{ params.rebaseline or '' }}",
        quality=f"{EVALUATION}quality/champion/",
        data_quality=f"{VALIDATION}quality/",
        **_named("rebaseline"),
    )


def report(use_case: UseCase) -> SageMakerReportOperator:
    """Put evaluation and verdict on a page."""
    inputs = [Input("evaluation", EVALUATION), Input("gate", RECORD)]
    job = _processing_job(use_case, ("report",), inputs, [Output("page", f"{RUN_URI}/report/")])
    return SageMakerReportOperator(job=job, page="report.html", **REUSE, **_named("report"))


def notify(use_case: UseCase, run: Any, verdict: Any, version: Any, baseline: Any) -> NotifyOperator:
    """Tell; ``run``, ``verdict``, ``version``, ``baseline`` are the outputs of the tasks resolve, gate, register and
    rebaseline."""
    return NotifyOperator(
        run=run,
        verdict=verdict,
        version=version,
        baseline=baseline,
        models=candidates.models(use_case),
        page=PAGE,
        notifiers=use_case.notifiers,
        trigger_rule=TriggerRule.NONE_FAILED,
        **_named("notify"),
    )


def _mapped(operator: Any, step: str, names: list[str], job: Any, use_case: UseCase) -> Any:
    """One task a candidate, shown by its name."""
    named = f"{{{{ {names}[ti.map_index] }}}}"
    jobs = [job(use_case, name) for name in names]
    return operator.partial(map_index_template=named, **REUSE, **_named(step)).expand(job=jobs)


def _process(
    use_case: UseCase, arguments: tuple[str, ...], inputs: list[Input], outputs: list[Output], **settings: Any
) -> SageMakerProcessingJobOperator:
    job = _processing_job(use_case, arguments, inputs, outputs)
    return SageMakerProcessingJobOperator(job=job, **REUSE, **_named(arguments[0]), **settings)


def _processing_job(
    use_case: UseCase, arguments: tuple[str, ...], inputs: list[Input], outputs: list[Output]
) -> ProcessingJob:
    instances = Instances("{{ params.processing_instance }}")
    return ProcessingJob(inputs=inputs, outputs=outputs, instances=instances, **job_of(use_case, arguments))


def _data() -> Input:
    return Input("data", MANIFEST, manifest=True)


def _jobs(use_case: UseCase) -> list[str]:
    """The tasks whose jobs make and judge a model."""
    training = {"train": candidates.trained(use_case), "tune": candidates.tuned(use_case)}
    return ["validate", "preprocess", *(step for step, names in training.items() if names), "evaluate"]
