"""How candidates are trained: by training jobs, by tuning jobs, or by processing jobs."""

from lifecycle.params import budget_name, hyperparameter_name
from lifecycle.run import PARTS, RUN_URI, SHARES, job_of
from lifecycle.use_case import UseCase
from mlops_sagemaker.evaluation import METRICS
from mlops_sagemaker.requests import (
    PROCESSING_DIR,
    PROCESSING_RESOURCES,
    Input,
    Instances,
    Output,
    ProcessingJob,
    TrainingJob,
    TuningJob,
)

INSTANCES = Instances("{{ params.training_instance }}", "{{ params.training_instances }}")


def trained(use_case: UseCase) -> list[str]:
    """The candidates whose hyperparameters are given, by their place in the mapped task."""
    return [name for name, declared in use_case.candidates.items() if declared.tuning is None]


def tuned(use_case: UseCase) -> list[str]:
    """The candidates whose hyperparameters are searched for, by their place in the mapped task."""
    return [name for name, declared in use_case.candidates.items() if declared.tuning is not None]


def models(use_case: UseCase) -> dict[str, str]:
    """By candidate where its model is; empty if it could not be trained."""
    places = [("train", trained(use_case)), ("tune", tuned(use_case))]
    found = {
        name: f"{{{{ (ti.xcom_pull(task_ids='{task}', map_indexes={index}) or {{}}).get('model_data', '') }}}}"
        for task, names in places
        for index, name in enumerate(names)
    }
    return {name: found[name] for name in use_case.candidates}


def training_job(use_case: UseCase, candidate: str) -> TrainingJob:
    """A candidate trained with the hyperparameters of the form."""
    metrics = [f"{part}:{use_case.gate.metric}" for part in ("train", "validation")]
    return TrainingJob(
        channels={part: uri for part, uri in PARTS.items() if part != "test"},
        output=f"{RUN_URI}/train/{candidate}/",
        hyperparameters=_hyperparameters(use_case, candidate),
        metrics={name: f"{name}=([0-9.eE+-]+)" for name in metrics},
        instances=INSTANCES,
        **job_of(use_case, ("train", "--candidate", _recipe(use_case, candidate), *SHARES)),
    )


def tuning_job(use_case: UseCase, candidate: str) -> TuningJob:
    """The search that a candidate declares. Raises ValueError if it declares none."""
    tuning, metric = use_case.candidates[candidate].tuning, use_case.gate.metric
    if tuning is None:
        raise ValueError(f"{candidate} of {use_case.name} declares no tuning")
    return TuningJob(
        training=training_job(use_case, candidate),
        objective=f"validation:{metric}",
        minimize=METRICS[metric].lower_is_better,
        ranges=tuning.ranges,
        max_jobs=f"{{{{ params.{budget_name(candidate)} }}}}",
        parallel=tuning.parallel,
        max_runtime=tuning.max_runtime,
        strategy=tuning.strategy,
        early_stopping=tuning.early_stopping,
        seed=tuning.seed,
    )


def training_by_processing(use_case: UseCase, candidate: str) -> ProcessingJob:
    """The same training; what a training job would find in its channels are inputs, and hyperparameters arguments."""
    parts = [part for part in PARTS if part != "test"]
    arguments = (
        *("train", "--candidate", _recipe(use_case, candidate), *SHARES),
        *(f"--{part}={PROCESSING_DIR}/input/{part}" for part in parts),
        *(f"--set={name}={value}" for name, value in _hyperparameters(use_case, candidate).items()),
        f"--resources={PROCESSING_RESOURCES}",
        f"--model={PROCESSING_DIR}/output/model",
        "--packed",
    )
    # A cleared task makes another model: what an earlier one left, and somebody may have registered, must stay.
    output = f"{RUN_URI}/train/{candidate}/{{{{ ti.max_tries }}}}/"
    return ProcessingJob(
        inputs=[Input(part, PARTS[part]) for part in parts],
        outputs=[Output("model", output, "model")],
        instances=INSTANCES,
        **job_of(use_case, arguments),
    )


def _recipe(use_case: UseCase, candidate: str) -> str:
    return use_case.candidates[candidate].recipe or candidate


def _hyperparameters(use_case: UseCase, candidate: str) -> dict[str, str]:
    names = use_case.candidates[candidate].hyperparameters
    return {name: f"{{{{ params.{hyperparameter_name(candidate, name)} }}}}" for name in names}
