"""The trigger form of the training DAG: typed fields, checked when a run is triggered."""

from math import isfinite
from typing import Any

from airflow.sdk import Param

from lifecycle.use_case import UseCase
from mlops_sagemaker.evaluation import METRICS

MAX_INSTANCES = 20
"""What AWS allows of a training job unless asked for more."""

MAX_TUNING_JOBS = 100
"""What AWS allows of a tuning job unless asked for more: API_ResourceLimits and the service quotas."""

INSTANCE: dict[str, Any] = {
    "type": "string",
    "pattern": r"^ml\.[a-z0-9-]+\.[a-z0-9]+$",
    "section": "Machines",
}


def number(default: float, title: str, description: str, **schema: Any) -> Param:
    """A field for a number, whole if ``default`` is; ``schema`` is JSON Schema (minimum, maximum, ...)."""
    return Param(default, description, title=title, type="integer" if isinstance(default, int) else "number", **schema)


def choice(default: str, title: str, description: str, *others: str, **schema: Any) -> Param:
    """A field for one of a few words; ``schema`` is JSON Schema."""
    return Param(default, description, title=title, type="string", enum=[default, *others], **schema)


def device() -> Param:
    """The field of XGBoost's hyperparameter ``device``."""
    return choice("cpu", "Device", "What trees are grown on; cuda needs a GPU instance and image.", "cuda")


def form(use_case: UseCase) -> dict[str, Param]:
    """Hyperparameters and budgets, the gate's threshold and what follows, the data, the machines, monitoring, reuse."""
    return {
        **_hyperparameters(use_case),
        **_budgets(use_case),
        **_threshold(use_case),
        **_approval(use_case),
        **_data(),
        **_machines(use_case),
        "rebaseline": Param(
            None,
            title="Why the champion's baseline is to move",
            description="If the champion stays and is good on this data, its traffic is compared with this data. "
            "Empty: only after drift that does no harm.",
            type=["null", "string"],
            minLength=1,
            section="Monitoring",
        ),
        "anew": Param(
            False,
            title="Run every step anew",
            description="Otherwise a step that has not changed since an earlier success is not run again.",
            type="boolean",
            section="Data",
        ),
    }


def hyperparameter_name(candidate: str, name: str) -> str:
    """The field of a candidate's hyperparameter."""
    return f"{candidate}_{name}"


def budget_name(candidate: str) -> str:
    """The field of how many training jobs the search for a candidate's hyperparameters may take."""
    return hyperparameter_name(candidate, "max_jobs")


def share_name(part: str) -> str:
    """The field of a part's share of the keys."""
    return f"{part}_share"


def threshold_name(use_case: UseCase) -> str:
    """The field of the absolute limit of the gate's own metric."""
    metric = use_case.gate.metric
    return f"{'max' if METRICS[metric].lower_is_better else 'min'}_{metric}"


def _with(field: Param, **schema: Any) -> Param:
    """The field with more of JSON Schema."""
    return Param(field.value, field.description, **{**field.schema, **schema})


def _hyperparameters(use_case: UseCase) -> dict[str, Param]:
    return {
        hyperparameter_name(candidate, name): _with(field, section=f"Candidate {candidate}")
        for candidate, declared in use_case.candidates.items()
        for name, field in declared.hyperparameters.items()
    }


def _budgets(use_case: UseCase) -> dict[str, Param]:
    return {
        budget_name(candidate): number(
            declared.tuning.max_jobs,
            "Training jobs of the search",
            "How many sets of hyperparameters are tried.",
            minimum=1,
            maximum=MAX_TUNING_JOBS,
            section=f"Candidate {candidate}",
        )
        for candidate, declared in use_case.candidates.items()
        if declared.tuning
    }


def _threshold(use_case: UseCase) -> dict[str, Param]:
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
    return {threshold_name(use_case): field}


def _approval(use_case: UseCase) -> dict[str, Param]:
    default = use_case.approval
    (other,) = {"manual", "automatic"} - {default}
    described = "Whether a version that the gate lets through waits for a person, or is approved at once."
    return {"approval": choice(default, "Approval", described, other, section="Gate")}


def _data() -> dict[str, Param]:
    return {
        "window_end": Param(
            None,
            title="End of the data window",
            description="Train on the days before this date. Empty: the days before the run's own date.",
            type=["null", "string"],
            format="date",
            section="Data",
        ),
        "window_days": Param(
            None,
            title="Days of the data window",
            description="How many days are trained on. Empty: as the use case declares it, or an event says.",
            type=["null", "integer"],
            minimum=1,
            section="Data",
        ),
        **{
            share_name(part): Param(
                None,
                title=f"Share of {part} rows",
                description=f"Of the keys, that models are {use}. Empty: as the job code declares it.",
                type=["null", "number"],
                exclusiveMinimum=0,
                maximum=0.4,
                section="Data",
            )
            for part, use in (("test", "tested on"), ("validation", "measured on while they are made"))
        },
    }


def _machines(use_case: UseCase) -> dict[str, Param]:
    return {
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
            description="Each candidate is trained on instances of this type.",
            examples=["ml.m5.large", "ml.m5.xlarge", "ml.c5.2xlarge"],
            **INSTANCE,
        ),
        "training_instances": number(
            use_case.training_instances,
            "Instances of a training job",
            "So many train one candidate together, each on its share of the rows.",
            minimum=1,
            maximum=MAX_INSTANCES,
            section="Machines",
        ),
    }
