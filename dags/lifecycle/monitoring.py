"""The monitoring DAG: what production is asked, hour by hour, beside what its model was made of; and what follows."""

import json
from functools import partial

from airflow.sdk import DAG, CronTriggerTimetable, Param, TriggerRule, chain

import assets
from lifecycle.dag import dag_of
from lifecycle.deployment import production
from lifecycle.run import RUN, job_of, named
from lifecycle.use_case import UseCase
from mlops_sagemaker.forms import offer
from mlops_sagemaker.operators.announce import AnnounceOperator
from mlops_sagemaker.operators.drift import DecideDriftOperator
from mlops_sagemaker.operators.monitoring import MonitorOperator, ResolveMonitoringOperator
from mlops_sagemaker.operators.notify import NotifyDriftOperator
from mlops_sagemaker.requests import Input, Instances, Output, ProcessingJob, Variant

STEPS = """**Monitoring.** Every hour the captured traffic of the hour before is compared with the data that the
champion was trained on, and once a day the predictions of a day with the labels that have come for it. A window ends as
`ok`, `violations` or `no_data`. Violations in some of the last windows and in the latest are drift: its event starts a
training on data up to the last midnight. Until the cool-down has passed nothing else follows; a drift that retraining
does not end is told to people. A backfill reports on old hours, and decides nothing."""
DOCS = {
    "resolve": """Settles which hour is looked at, with what was captured then and, at the hour that holds midnight, the
        day whose labels are due. Skips the run if nothing was ever deployed.""",
    "data": """Compares the hour's requests and predictions with the baselines of the model that served them. Skipped,
        without a job, if nothing was captured; that is `no_data`.""",
    "model": """Once a day: compares the day's predictions with the labels that came for them, and its metrics with
        those at registration. Skipped at other hours, and if nothing was captured or labelled.""",
    "decide": """Publishes every feature's metrics to CloudWatch, and decides from this window and those before it
        whether this is drift; the decision is written down with the windows it follows from.""",
    "drift": """Emits the drift event, which starts a training with its own data window. Skipped unless the decision is
        to retrain.""",
    "notify": """Tells of drift, of a drift that retraining does not end, and of silence, with reason and report.
        Skipped if there is nothing to tell.""",
}
_named = partial(named, DOCS)


def monitoring_dag(use_case: UseCase) -> DAG:
    """The DAG ``<use case>_monitoring``."""
    # By the hour of UTC, as capture is: no hour is lost or doubled where clocks change.
    schedule = CronTriggerTimetable(use_case.monitoring.schedule, timezone="UTC")
    does = "what production is asked, and whether that has changed"
    with dag_of(use_case, "monitoring", does, STEPS, schedule) as dag:
        _wire(use_case)
    offer(dag, _form())
    return dag


def _wire(use_case: UseCase) -> None:
    declared = use_case.monitoring
    resolve = ResolveMonitoringOperator(
        use_case=use_case.name,
        image=declared.image,
        endpoint=production(use_case),
        variant=Variant.name,
        timezone=use_case.timezone,
        label_delay=declared.label_delay,
        **_named("resolve"),
    )
    data, model = _monitor(use_case, "data"), _monitor(use_case, "model", "labels")
    decide = DecideDriftOperator(
        run=resolve.output,
        monitors={"data": data.output, "model": model.output},
        policy=declared.drift,
        timezone=use_case.timezone,
        window_days=declared.retraining_days,
        trigger_rule=TriggerRule.NONE_FAILED,
        **_named("decide"),
    )
    drift = AnnounceOperator(decision=decide.output, asset=assets.drift(use_case.name), **_named("drift"))
    notify = NotifyDriftOperator(decision=decide.output, notifiers=use_case.notifiers, **_named("notify"))
    chain(resolve, [data, model], decide, [drift, notify])


def _monitor(use_case: UseCase, monitor: str, *more: str) -> MonitorOperator:
    """One monitor's job; ``more`` are its inputs beside captured traffic, without which there is nothing to do."""
    declared = use_case.monitoring
    needs = {name: _of(monitor, name) for name in ("capture", *more)}
    inputs = [
        *(Input(name, uri, manifest=True) for name, uri in needs.items()),
        *(Input(name, _of(monitor, name)) for name in ("baseline", "quality")),
        Input("history", _of(monitor, "history"), manifest=True),
    ]
    start, end = (f"--{side}={{{{ {RUN}.{monitor}.window.{side} }}}}" for side in ("start", "end"))
    beside = f"--beside={_of(monitor, 'beside')}"
    limits = f"--limits={json.dumps(dict(declared.limits), sort_keys=True)}"
    job = ProcessingJob(
        inputs=inputs,
        outputs=[Output("report", _of(monitor, "output"))],
        instances=Instances(declared.instance),
        **{**job_of(use_case, (f"monitor_{monitor}", start, end, beside, limits)), "max_runtime": declared.max_runtime},
    )
    return MonitorOperator(job=job, needs=list(needs.values()), ledger=f"{{{{ {RUN}.ledger }}}}", **_named(monitor))


def _of(monitor: str, name: str) -> str:
    return f"{{{{ {RUN}.{monitor}.{name} }}}}"


def _form() -> dict[str, Param]:
    return {
        "window_end": Param(
            None,
            title="End of the window",
            description="Look at the hour before this time (UTC). Empty: the hour before the run's own time.",
            type=["null", "string"],
            format="date-time",
        )
    }
