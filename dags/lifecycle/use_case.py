"""What a use case declares; everything else about its DAGs follows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from airflow.sdk import Param

from mlops_sagemaker.drift import Check, DriftPolicy
from mlops_sagemaker.gates import Policy
from mlops_sagemaker.operators.notify import Notifier
from mlops_sagemaker.replays import Replay
from mlops_sagemaker.requests import BlueGreen, Categories, ContinuousRange, IntegerRange

NAME = re.compile(r"(?=.{1,32}$)[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""Short enough for `<name>_deployment` to be triggered on Amazon MWAA, whose InvokeRestApi takes 64 characters.
SageMaker's names have hyphens for the underscores: no two use cases become one."""
Range = IntegerRange | ContinuousRange | Categories
MAX_CANDIDATES = 7
"""A processing job takes ten inputs; the evaluation needs three of them for test rows, champion and code."""


@dataclass(frozen=True)
class Tuning:
    """A search for hyperparameters by a tuning job, on the gate's own metric of the validation part.

    ``max_jobs`` is the budget in training jobs, of which ``parallel`` run at once, ``max_runtime`` that in time. The
    same ``seed`` and data make the same search.
    """

    ranges: Mapping[str, Range]
    max_jobs: int
    parallel: int = 2
    max_runtime: timedelta = timedelta(hours=2)
    strategy: Literal["Bayesian", "Random", "Grid", "Hyperband"] = "Bayesian"
    early_stopping: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Candidate:
    """A model that is trained each night.

    ``hyperparameters`` are those that the form offers; the others are as the job code declares them. With ``tuning``
    the best model of a search is the candidate. ``recipe`` is what the job code calls the candidate, if not the same.
    """

    hyperparameters: Mapping[str, Param] = field(default_factory=dict)
    tuning: Tuning | None = None
    recipe: str = ""


@dataclass(frozen=True)
class Deployment:
    """How versions of a model come into production.

    ``image`` is what serves. Staging is one instance; production is ``instances``, scaled up to ``max_instances`` by
    ``invocations_per_instance`` (a minute). Of staging's answers 99 of 100 must come within ``latency_budget``; while
    traffic moves as ``shift`` says, an average beyond it, a larger share of errors than ``max_error_share``, or
    predictions that drift from those of the evaluation by a population stability index above ``max_drift`` (0.25 is
    commonly taken for a major shift) bring the champion back. ``replay`` says how production's recent requests are
    tried on a version before. ``approval`` says who lets a version into production: people, or the declaration itself.
    ``reconcile`` is a cron expression: when to look for approvals whose event got lost.
    """

    image: str = "inference"
    staging_instance: str = "ml.m5.large"
    production_instance: str = "ml.m5.large"
    instances: int = 2
    max_instances: int = 4
    invocations_per_instance: float = 6000.0
    latency_budget: timedelta = timedelta(milliseconds=250)
    max_error_share: float = 0.01
    max_drift: float = 0.25
    replay: Replay = field(default_factory=Replay)
    shift: BlueGreen = field(default_factory=lambda: BlueGreen("CANARY", percent=10))
    approval: Literal["manual", "automatic"] = "manual"
    reconcile: str = "*/15 * * * *"

    def __post_init__(self) -> None:
        if not 2 <= self.instances <= self.max_instances:
            raise ValueError(f"production has {self.instances} to {self.max_instances} instances: declare at least two")


@dataclass(frozen=True)
class Scoring:
    """How the rows of each day are predicted by the champion: when (a cron expression), and on what machines."""

    schedule: str = "0 4 * * *"
    processing_instance: str = "ml.m5.large"
    transform_instance: str = "ml.m5.large"
    max_runtime: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class Monitoring:
    """What production's traffic is watched for, and what follows.

    ``schedule`` (cron, UTC) lies so long after the hour as captured traffic takes to be stored. ``limits`` are those of
    the job code (`monitoring.limits.Limits`) that are not its defaults. A day's labels are due ``label_delay`` days
    after it. ``drift`` says when there is drift by the hourly monitor ``data`` and the daily ``model``. A retraining
    after drift sees ``retraining_days`` of data, by default as many as any.
    """

    image: str = "monitoring"
    instance: str = "ml.m5.large"
    max_runtime: timedelta = timedelta(minutes=30)
    schedule: str = "15 * * * *"
    limits: Mapping[str, float] = field(default_factory=dict)
    label_delay: int = 1
    retraining_days: int | None = None
    drift: DriftPolicy = field(
        default_factory=lambda: DriftPolicy(
            {
                "data": Check(period=timedelta(hours=1), silence=timedelta(hours=6)),
                "model": Check(period=timedelta(days=1), silence=timedelta(days=7), violations=2, windows=3),
            }
        )
    )

    def __post_init__(self) -> None:
        if set(self.drift.checks) != {"data", "model"} or self.label_delay < 0:
            raise ValueError("declare the checks data and model, and a label_delay of 0 days or more")


@dataclass(frozen=True)
class Ingestion:
    """What files that somebody brings have to be in order to become data.

    A file has at least ``min_rows`` different rows; of the cells of each column at most the share ``max_implausible``
    is out of range or not one of the known values, and at most ``max_missing`` is empty. With a ``marker`` the files of
    a folder count once an object of that name lies there, as Spark's ``_SUCCESS``. ``reconcile`` is a cron expression:
    when to look for files whose event got lost.
    """

    instance: str = "ml.m5.large"
    max_runtime: timedelta = timedelta(minutes=30)
    min_rows: int = 1
    max_implausible: float = 0.01
    max_missing: float = 0.5
    marker: str = ""
    reconcile: str = "*/15 * * * *"

    def __post_init__(self) -> None:
        if self.min_rows < 1 or not (0 <= self.max_implausible <= 1 and 0 <= self.max_missing <= 1):
            raise ValueError("declare min_rows of 1 or more, and shares from 0 to 1")
        if "/" in self.marker:
            raise ValueError(f"the marker {self.marker!r} is the name of an object beside the files, without a slash")


@dataclass(frozen=True)
class UseCase:
    """One model and its rules.

    ``name`` is also the folder of its job code, the top folder of its objects in S3 and, with hyphens for underscores,
    its model package group. ``candidates`` are those that its job code declares; one of them is the baseline. A
    threshold of the gate's own metric is in the form, too.
    ``schedule`` is a cron expression in ``timezone`` (IANA name), whose midnights also end the data windows. A window
    is ``window_days`` long, by default as long as there is data.
    ``max_runtime`` is the limit of each job. Instance types, and the number of those that train one candidate
    together, are defaults of the form, and so is ``approval``, of which ``automatic`` approves what the gate lets
    through. Without a quota for training jobs, candidates are trained by processing jobs: ``trained_by``. ``doc``
    (Markdown) explains the DAG to its operators. ``notifiers`` are told
    how each run ended: Airflow notifiers, whose templates find the notice as ``notice``. ``deployment`` says how
    approved versions come into production, ``scoring`` how they predict the rows of each day, ``monitoring`` how they
    are watched there, ``ingestion`` what becomes of files that somebody brings.
    """

    name: str
    description: str
    doc: str
    owner: str
    candidates: Mapping[str, Candidate]
    gate: Policy
    image: str = "training"
    schedule: str = "0 2 * * *"
    timezone: str = "UTC"
    window_days: int | None = None
    processing_instance: str = "ml.m5.large"
    training_instance: str = "ml.m5.large"
    training_instances: int = 1
    trained_by: Literal["training", "processing"] = "training"
    approval: Literal["manual", "automatic"] = "manual"
    max_runtime: timedelta = timedelta(hours=1)
    notifiers: Sequence[Notifier] = ()
    deployment: Deployment = field(default_factory=Deployment)
    scoring: Scoring = field(default_factory=Scoring)
    monitoring: Monitoring = field(default_factory=Monitoring)
    ingestion: Ingestion = field(default_factory=Ingestion)

    def __post_init__(self) -> None:
        for kind, name in [("use case", self.name), *(("candidate", name) for name in self.candidates)]:
            if not NAME.fullmatch(name):
                raise ValueError(f"{kind} name {name!r}: write 1 to 32 of a-z, 0-9 and single _, a letter first")
        if not 0 < len(self.candidates) <= MAX_CANDIDATES:
            raise ValueError(f"{self.name}: declare 1 to {MAX_CANDIDATES} candidates, not {len(self.candidates)}")
        if tuned := [name for name, each in self.candidates.items() if each.tuning and self.trained_by == "processing"]:
            raise ValueError(f"{self.name}: only training jobs can be tuned, not processing jobs: {', '.join(tuned)}")
        if self.window_days is not None and self.window_days < 1:
            raise ValueError(f"window_days of {self.name} is {self.window_days}: a window holds at least one day")
