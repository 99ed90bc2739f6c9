"""The scoring DAG: the champion predicts the rows of a day by a batch transform."""

from functools import partial

from airflow.sdk import DAG, Param, chain

from lifecycle.dag import dag_of
from lifecycle.nights import nightly
from lifecycle.run import RUN, named
from lifecycle.use_case import UseCase
from mlops_sagemaker.forms import offer
from mlops_sagemaker.operators.jobs import SageMakerProcessingJobOperator, SageMakerTransformJobOperator
from mlops_sagemaker.operators.scoring import ResolveScoringOperator
from mlops_sagemaker.requests import Input, Instances, Output, ProcessingJob, TransformJob

RUN_URI = f"{{{{ {RUN}.run_uri }}}}"
SELECTED = "ti.xcom_pull(task_ids='select').outputs"
SCORED = "ti.xcom_pull(task_ids='transform')"
DAYS = """**Days.** A run of date D scores the day before D, in the DAG's time zone, by the champion of the moment; the
form, or a backfill, scores any day that is over. The predictions of a day are one object, which a further run
replaces."""
DOCS = {
    "resolve": """Settles the day, its data objects and the champion. Skips the run if the day has no data, or if
        nothing was deployed yet; the log says which.""",
    "select": """Writes the day's rows as the champion reads them, each with a number, and what tells the rows apart.
        Fails on a row that cannot be read, naming it.""",
    "transform": """Has the champion predict the rows by a batch transform, which writes the number of each row beside
        its prediction.""",
    "collect": """Puts keys, predictions, the model's version and the time into one Parquet file in the day's partition,
        in place of what was there; fails if a row has no prediction.""",
}
_named = partial(named, DOCS)


def scoring_dag(use_case: UseCase) -> DAG:
    """The DAG ``<use case>_scoring``."""
    schedule = nightly(use_case.scoring.schedule, use_case.timezone)
    with dag_of(use_case, "scoring", "predictions of each day's rows", DAYS, schedule) as dag:
        chain(_resolve(use_case), _select(use_case), _transform(use_case), _collect(use_case))
    offer(dag, {"day": _day()})
    return dag


def _day() -> Param:
    return Param(
        None,
        title="Day",
        description="Whose rows are scored. Empty: the day before the run's own date.",
        type=["null", "string"],
        format="date",
    )


def _resolve(use_case: UseCase) -> ResolveScoringOperator:
    return ResolveScoringOperator(
        use_case=use_case.name,
        image=use_case.deployment.image,
        timezone=use_case.timezone,
        day="{{ params.day or '' }}",
        **_named("resolve"),
    )


def _select(use_case: UseCase) -> SageMakerProcessingJobOperator:
    inputs = [
        Input("data", f"{{{{ {RUN}.manifest }}}}", manifest=True),
        Input("model", f"{{{{ {RUN}.model_data }}}}"),
    ]
    outputs = [Output(part, f"{RUN_URI}/select/{part}/", part) for part in ("rows", "keys")]
    return _process(use_case, ("select",), inputs, outputs)


def _transform(use_case: UseCase) -> SageMakerTransformJobOperator:
    job = TransformJob(
        model_name=f"{{{{ {RUN}.model_name }}}}",
        input=f"{{{{ {SELECTED}.rows }}}}",
        output=f"{RUN_URI}/transform/",
        instances=Instances(use_case.scoring.transform_instance),
        max_runtime=use_case.scoring.max_runtime,
        # The model does not see the row's number; it and the prediction are all that is written.
        join=True,
        input_filter="$[1:]",
        output_filter="$[0,-1]",
    )
    return SageMakerTransformJobOperator(job=job, **_named("transform"))


def _collect(use_case: UseCase) -> SageMakerProcessingJobOperator:
    arguments = (
        "collect",
        f"--version={{{{ {RUN}.version }}}}",
        f"--package={{{{ {RUN}.model_package_arn }}}}",
        f"--predicted-at={{{{ {SCORED}.ended_at }}}}",
    )
    inputs = [
        Input("keys", f"{{{{ {SELECTED}['keys'] }}}}"),
        Input("predictions", f"{{{{ {SCORED}.outputs.predictions }}}}"),
    ]
    return _process(use_case, arguments, inputs, [Output("predictions", f"{{{{ {RUN}.predictions }}}}")])


def _process(
    use_case: UseCase, arguments: tuple[str, ...], inputs: list[Input], outputs: list[Output]
) -> SageMakerProcessingJobOperator:
    job = ProcessingJob(
        module=use_case.name,
        arguments=arguments,
        image=f"{{{{ {RUN}.image }}}}",
        code=f"{{{{ {RUN}.steps.{arguments[0]} }}}}",
        role_arn=f"{{{{ {RUN}.role_arn }}}}",
        instances=Instances(use_case.scoring.processing_instance),
        max_runtime=use_case.scoring.max_runtime,
        inputs=inputs,
        outputs=outputs,
    )
    return SageMakerProcessingJobOperator(job=job, **_named(arguments[0]))
