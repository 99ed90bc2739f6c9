"""The training DAG: settle the run, check and prepare its data, train, evaluate, decide, register.

What each job does lies in ``include/scripts/tabular/``; code, image and role come from the published
release.
"""

from datetime import timedelta
from math import isfinite
from typing import Any

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, Param, chain

import assets
from lifecycle.use_case import UseCase
from mlops_sagemaker.evaluation import METRICS
from mlops_sagemaker.operators.gate import MetricGateOperator
from mlops_sagemaker.operators.jobs import SageMakerProcessingJobOperator, SageMakerTrainingJobOperator
from mlops_sagemaker.operators.register import RegisterModelOperator
from mlops_sagemaker.operators.resolve import ResolveRunOperator
from mlops_sagemaker.requests import Input, Instances, Output, ProcessingJob, TrainingJob

RUN = "ti.xcom_pull(task_ids='resolve')"
RUN_URI = f"{{{{ {RUN}.run_uri }}}}"
MANIFEST = f"{{{{ {RUN}.data.manifest }}}}"
CHAMPION_MODEL = f"{{{{ ({RUN}.champion or {{}}).get('model_data', '') }}}}"
PROMOTED_MODEL = (
    "{{ (ti.xcom_pull(task_ids='train_' ~ ti.xcom_pull(task_ids='gate').candidate) or {}).get('model_data', '') }}"
)
FRESH_FROM = f"{{{{ ({RUN}.champion or {{}}).get('window_end', '') }}}}"
REPORT = f"{RUN_URI}/evaluate/evaluation.json"
PARTS = ("train", "validation", "test", "preprocessing")
"""What preprocessing makes: three parts of the rows, and what it learned from the first."""

DEFAULT_ARGS = {
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
}
WINDOWS = """**Data windows.** A run of date D sees the days before D; days are those of the DAG's time zone. A run that
an event started sees the days before the latest `window_end` of its events. A backfill repeats each night on its own
days, and what it registers is marked as rejected: it never ships. `airflow backfill create --from-date D --to-date E`
takes `E` for the midnight (UTC) that opens E, so the night of E is left out: name the day after. Its runs start oldest
first; with `--max-active-runs 1` each also waits for the one before."""
FIRST_NIGHT = timedelta(minutes=1)
"""How long after its time a DAG that has never run on schedule still starts its first run."""

INSTANCE: dict[str, Any] = {
    "type": "string",
    "pattern": r"^ml\.[a-z0-9-]+\.[a-z0-9]+$",
    "section": "Machines",
}

DOCS = {
    "resolve": """Settles what the run works on: release, data window, data objects, champion.
        Repeating the run repeats it on the same objects; for newer data trigger a new run.""",
    "validate": """Checks the data's schema and ranges. Fails on data no model could be trained on; oddities
        are only reported, in `validate/validation.json` of the run's folder.""",
    "preprocess": """Splits the rows into train, validation and test by a hash of their content, and fits
        the preprocessing on the training part alone.""",
    "train": """Trains a candidate with the form's hyperparameters; the model carries its preprocessing.""",
    "evaluate": """Scores candidates, baseline and champion on the same test rows, with confidence
        intervals.""",
    "gate": """Decides whether a candidate may be registered, and which. A refusal is an answer and leaves the run
        green; the rules and what they found are in `gate/gate.json` of the run's folder.""",
    "register": """Registers the candidate that the gate let through as a new version, pending approval. Skipped if
        the gate refused all.""",
}


def training_dag(use_case: UseCase) -> DAG:
    """The DAG ``<use case>_training``."""
    with DAG(
        dag_id=f"{use_case.name}_training",
        description=use_case.description,
        doc_md=f"{use_case.doc}\n\n{WINDOWS}",
        # No start date, so that unpausing the DAG makes up for no night that has passed; but a minute in which the
        # very first night is not lost to a parse that comes before the scheduler's look. See docs/adr/0005.
        schedule=AssetOrTimeSchedule(
            timetable=CronTriggerTimetable(use_case.schedule, timezone=use_case.timezone, run_immediately=FIRST_NIGHT),
            assets=[assets.data(use_case.name)],
        ),
        catchup=False,
        max_active_runs=1,
        default_args={**DEFAULT_ARGS, "owner": use_case.owner},
        params=_params(use_case),
        tags={use_case.name, "training"},
    ) as dag:
        resolve = ResolveRunOperator(
            use_case=use_case.name,
            image=use_case.image,
            timezone=use_case.timezone,
            window_days=use_case.window_days,
            **_named("resolve"),
        )
        gate = MetricGateOperator(
            policy=use_case.gate,
            threshold=f"{{{{ params.{_threshold_name(use_case)} }}}}" if use_case.gate.threshold else "",
            champion=CHAMPION_MODEL,
            report=REPORT,
            record=f"{RUN_URI}/gate/gate.json",
            **_named("gate"),
        )
        register = RegisterModelOperator(
            group=use_case.name,
            group_description=use_case.description,
            gate=gate.output,
            run=resolve.output,
            model_data=PROMOTED_MODEL,
            **_named("register"),
        )
        chain(resolve, *_jobs(use_case), gate, register)
    return dag


def _jobs(use_case: UseCase) -> list[Any]:
    data = Input("data", MANIFEST, manifest=True)
    parts = {part: f"{RUN_URI}/preprocess/{part}/" for part in PARTS}
    candidates = [
        Input(
            f"candidate-{name}",
            f"{{{{ ti.xcom_pull(task_ids='train_{name}').model_data }}}}",
            path=f"candidates/{name}",
        )
        for name in use_case.candidates
    ]
    evaluated = [Input("test", parts["test"]), *candidates, Input("champion", CHAMPION_MODEL)]
    evaluate = ("evaluate", f"--fresh-from={FRESH_FROM}")
    return [
        _process(use_case, ("validate",), [data], [Output("report", f"{RUN_URI}/validate/")]),
        _process(use_case, ("preprocess",), [data], [Output(part, uri, part) for part, uri in parts.items()]),
        [_train(use_case, name, parts) for name in use_case.candidates],
        _process(use_case, evaluate, evaluated, [Output("report", f"{RUN_URI}/evaluate/")]),
    ]


def _process(
    use_case: UseCase, arguments: tuple[str, ...], inputs: list[Input], outputs: list[Output]
) -> SageMakerProcessingJobOperator:
    job = ProcessingJob(inputs=inputs, outputs=outputs, **_common(use_case, arguments, "processing_instance"))
    return SageMakerProcessingJobOperator(job=job, **_named(arguments[0]))


def _train(use_case: UseCase, candidate: str, parts: dict[str, str]) -> SageMakerTrainingJobOperator:
    metrics = [f"{part}:{use_case.gate.metric}" for part in ("train", "validation")]
    job = TrainingJob(
        channels={part: uri for part, uri in parts.items() if part != "test"},
        output=f"{RUN_URI}/train/{candidate}/",
        hyperparameters={name: f"{{{{ params.{name} }}}}" for name in use_case.candidates[candidate]},
        metrics={name: f"{name}=([0-9.eE+-]+)" for name in metrics},
        **_common(use_case, ("train", "--candidate", candidate), "training_instance"),
    )
    return SageMakerTrainingJobOperator(job=job, **{**_named("train"), "task_id": f"train_{candidate}"})


def _common(use_case: UseCase, arguments: tuple[str, ...], instance: str) -> dict[str, Any]:
    return {
        "module": use_case.name,
        "arguments": arguments,
        "image": f"{{{{ {RUN}.image.uri }}}}",
        "code": f"{{{{ {RUN}.code.uri }}}}",
        "role_arn": f"{{{{ {RUN}.role_arn }}}}",
        "instances": Instances(f"{{{{ params.{instance} }}}}"),
        "max_runtime": use_case.max_runtime,
    }


def _named(step: str) -> dict[str, Any]:
    return {"task_id": step, "doc_md": " ".join(DOCS[step].split())}


def _threshold_name(use_case: UseCase) -> str:
    metric = use_case.gate.metric
    return f"{'max' if METRICS[metric].lower_is_better else 'min'}_{metric}"


def _threshold(use_case: UseCase) -> dict[str, Param]:
    """The form's field for the absolute limit of the gate's own metric, if it has one."""
    metric, rule = use_case.gate.metric, use_case.gate.threshold
    if rule is None:
        return {}
    limits = METRICS[metric]
    ends: dict[str, Any] = {"minimum": limits.lowest, "maximum": limits.highest}
    field = Param(
        rule.bound,
        title=f"{'Largest' if limits.lower_is_better else 'Smallest'} acceptable {metric.upper()}",
        description="The gate refuses a model that is worse than this on the test rows.",
        type="number",
        section="Gate",
        **{name: end for name, end in ends.items() if isfinite(end)},
    )
    return {_threshold_name(use_case): field}


def _params(use_case: UseCase) -> dict[str, Param]:
    """The trigger form: hyperparameters, the gate's threshold, the window's end, the machines."""
    return {
        **{name: field for fields in use_case.candidates.values() for name, field in fields.items()},
        **_threshold(use_case),
        "window_end": Param(
            None,
            title="End of the data window",
            description="Train on the days before this date. Empty: the days before the run's own date.",
            type=["null", "string"],
            format="date",
            section="Data",
        ),
        "processing_instance": Param(
            use_case.processing_instance,
            title="Instance type of processing jobs",
            description="Validation, preprocessing and evaluation run on one instance of this type each.",
            examples=["ml.t3.medium", "ml.m5.large", "ml.m5.xlarge"],
            **INSTANCE,
        ),
        "training_instance": Param(
            use_case.training_instance,
            title="Instance type of training jobs",
            description="Training runs on one instance of this type.",
            examples=["ml.m5.large", "ml.m5.xlarge", "ml.c5.2xlarge"],
            **INSTANCE,
        ),
    }
