"""The training DAG: settle the run, check and prepare its data, train, evaluate, decide, register, tell."""

from airflow.sdk import DAG, AssetOrTimeSchedule, chain

import assets
from lifecycle import steps
from lifecycle.dag import dag_of
from lifecycle.nights import nightly
from lifecycle.params import form
from lifecycle.use_case import UseCase
from mlops_sagemaker.forms import offer

WINDOWS = """**Data windows.** A run of date D sees the days before D; days are those of the DAG's time zone. A run that
an event started sees the days before the latest `window_end` of its events. A backfill repeats each night on its own
days, and what it registers is marked as rejected: it never ships. `airflow backfill create --from-date D --to-date E`
takes `E` for the midnight (UTC) that opens E, so the night of E is left out: name the day after. Its runs start oldest
first; with `--max-active-runs 1` each also waits for the one before."""


def training_dag(use_case: UseCase) -> DAG:
    """The DAG ``<use case>_training``."""
    schedule = AssetOrTimeSchedule(
        timetable=nightly(use_case.schedule, use_case.timezone),
        assets=assets.data(use_case.name) | assets.drift(use_case.name),
    )
    with dag_of(use_case, "training", "models for the registry", WINDOWS, schedule) as dag:
        resolve, gate = steps.resolve(use_case), steps.gate(use_case)
        register = steps.register(use_case, resolve.output, gate.output)
        rebaseline = steps.rebaseline(use_case, resolve.output, gate.output)
        chain(
            resolve,
            steps.validate(use_case),
            steps.preprocess(use_case),
            steps.train(use_case),
            steps.evaluate(use_case),
            gate,
            steps.report(use_case),
            [register, rebaseline],
            steps.notify(use_case, resolve.output, gate.output, register.output, rebaseline.output),
        )
    offer(dag, form(use_case))
    return dag
