"""The ingestion DAG: files that somebody brings become data that is trained on, or go to quarantine."""

from functools import partial

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, chain

import assets
from lifecycle.dag import dag_of
from lifecycle.run import RUN, RUN_URI, job_of, named
from lifecycle.use_case import UseCase
from mlops_sagemaker.operators.announce import AnnounceOperator
from mlops_sagemaker.operators.ingestion import ResolveIngestionOperator, SettleIngestionOperator
from mlops_sagemaker.operators.jobs import SageMakerProcessingJobOperator
from mlops_sagemaker.operators.notify import NotifyIngestionOperator
from mlops_sagemaker.requests import Input, Instances, Output, ProcessingJob

STEPS = """**New data.** Put CSV files below `incoming/` in the use case's folder: they are taken within seconds, all
that are there at once. Files that can be read as the use case's schema demands become data of the day, and start one
training on it; the others go to `quarantine/`, each beside a report on what is wrong in which line, and people are
told. Content that is data already is refused, so that nothing is trained on twice. To have a file looked at again put
it into `incoming/` again."""
DOCS = {
    "resolve": """Takes the files that have arrived whole out of `incoming/` into the run's folder, where nobody changes
        them any more. Skips the run if there are none.""",
    "inspect": """Reads each file as training would, and writes down what is wrong with it: cells that cannot be read,
        too many that are implausible or empty, too few rows.""",
    "settle": """Copies the good files to the data of the day on which it first runs, the others to `quarantine/` with a
        report. A repeated try goes on where the one before has ended.""",
    "announce": """Emits the event of new data, which starts a training that sees this day too. Skipped if no file was
        good.""",
    "notify": """Tells of the files that were refused, with the reasons and the reports. Skipped if all were good.""",
}
_named = partial(named, DOCS)


def ingestion_dag(use_case: UseCase) -> DAG:
    """The DAG ``<use case>_ingestion``."""
    with dag_of(use_case, "ingestion", "files become data, or go to quarantine", STEPS, _on_arrival(use_case)) as dag:
        _wire(use_case)
    return dag


def _on_arrival(use_case: UseCase) -> AssetOrTimeSchedule:
    """Whenever a file has arrived, and now and then in case its event got lost."""
    timetable = CronTriggerTimetable(use_case.ingestion.reconcile, timezone=use_case.timezone)
    return AssetOrTimeSchedule(timetable=timetable, assets=[assets.incoming(use_case.name)])


def _wire(use_case: UseCase) -> None:
    resolve = ResolveIngestionOperator(
        use_case=use_case.name,
        image=use_case.image,
        marker=use_case.ingestion.marker,
        **_named("resolve"),
    )
    inspect = _inspect(use_case)
    settle = SettleIngestionOperator(
        timezone=use_case.timezone, run=resolve.output, inspection=inspect.output, **_named("settle")
    )
    announce = AnnounceOperator(decision=settle.output, asset=assets.data(use_case.name), **_named("announce"))
    notify = NotifyIngestionOperator(settled=settle.output, notifiers=use_case.notifiers, **_named("notify"))
    chain(resolve, inspect, settle, [announce, notify])


def _inspect(use_case: UseCase) -> SageMakerProcessingJobOperator:
    declared = use_case.ingestion
    limits = ("min_rows", "max_implausible", "max_missing")
    arguments = ("inspect", *(f"--{limit.replace('_', '-')}={getattr(declared, limit)}" for limit in limits))
    job = ProcessingJob(
        inputs=[Input("data", f"{{{{ {RUN}.files }}}}")],
        outputs=[Output("inspection", f"{RUN_URI}/inspect/")],
        instances=Instances(declared.instance),
        **{**job_of(use_case, arguments), "max_runtime": declared.max_runtime},
    )
    return SageMakerProcessingJobOperator(job=job, ledger=f"{{{{ {RUN}.ledger }}}}", **_named("inspect"))
