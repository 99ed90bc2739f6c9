"""Train one of the use case's candidates on the training part.

Hyperparameters come from a JSON object; SageMaker passes every value as text. The use case's declaration and the
algorithm's module list them with types, defaults and ranges. As training goes on, lines such as ``train:mse=...
validation:mse=...`` may show its progress; the last one is the finished model's, on the rows of this instance. The
model folder is what `tabular.predictor.Predictor` loads. The same data and settings give the same bytes. Of several
instances each learns from its share of the rows, and the first writes the model.
"""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import tabular
from common import hyperparameters, job, paths, report
from tabular import algorithms, artifact, examples, libraries, metrics, onnx_format, split
from tabular.algorithms import Model, Task
from tabular.cluster import Cluster
from tabular.columns import Number
from tabular.examples import Examples
from tabular.preprocessing import FILE, Preprocessing
from tabular.split import TRAIN, VALIDATION
from tabular.use_case import UseCase

PRINTED = ("mse", "mae", "auc", "accuracy", "f1")  # for the metric definitions of training and tuning jobs


def train(use_case: UseCase, given: Namespace) -> None:
    """Learn from the parts and write the model, as the command line says."""
    use_case = split.asked(use_case, given.test_share, given.validation_share)
    algorithm = algorithms.find(use_case.candidates[given.candidate].algorithm)
    task = _task(use_case, given, algorithm)
    with task.cluster.joined():
        model = algorithm.fit(task)
        rows = task.cluster.total(np.array([len(task.train.target)], dtype=np.float64))
    if task.cluster.leads:
        files = {**model.files(), FILE: report.encode(task.preprocessing.document()), **_functions(use_case)}
        if onnx_format.FILE in files:
            onnx_format.check(files[onnx_format.FILE], model, task.validation.features)
        facts = _facts(use_case, given.candidate, task, model, int(rows[0]))
        artifact.save(given.model, files, facts, packed=given.packed)
    parts = {TRAIN: task.train, VALIDATION: task.validation}
    _tell(" ".join(_measured(use_case, model, part, examples) for part, examples in parts.items()))


def _task(use_case: UseCase, given: Namespace, algorithm: algorithms.Algorithm) -> Task:
    declared = use_case.candidates[given.candidate].hyperparameters
    asked = {**declared, **hyperparameters.read(given.hyperparameters), **dict(given.set)}
    settings = hyperparameters.parse(asked, algorithm.hyperparameters)
    fitted, cluster = Preprocessing.read(given.preprocessing / FILE), Cluster.read(given.resources)
    train = examples.read(given.train, TRAIN, fitted, cluster.share)
    validation = examples.read(given.validation, VALIDATION, fitted, slice(None))
    return Task(use_case.classifies, fitted, train, validation, settings, cluster, _tell)


def _tell(line: str) -> None:
    print(line, flush=True)


def _functions(use_case: UseCase) -> dict[str, bytes]:
    """The use case's own functions for serving, if it has any: ``inference.py`` in its folder."""
    file = Path(tabular.__file__).parents[1] / use_case.name / "inference.py"
    return {"code/inference.py": file.read_bytes()} if file.is_file() else {}


def _facts(use_case: UseCase, candidate: str, task: Task, model: Model, rows: int) -> dict[str, Any]:
    """What the manifest says about a model besides its files."""
    return {
        "use_case": use_case.name,
        "candidate": candidate,
        "algorithm": use_case.candidates[candidate].algorithm,
        "libraries": libraries.versions(),
        "target": _target(use_case),
        "empty_row": float(model.predict(task.preprocessing.empty_row())[0]),
        "split": asdict(use_case.split),
        "hyperparameters": task.settings,
        "instances": task.cluster.size,
        "rows": {TRAIN: rows, VALIDATION: len(task.validation.target)},
    }


def _target(use_case: UseCase) -> dict[str, Any]:
    """What is predicted: a number, or a label from a probability on."""
    target = use_case.schema.target
    if isinstance(target, Number):
        return {"name": target.name, "kind": target.kind}
    labels = {"negative": target.negative, "positive": target.positive}
    return {"name": target.name, "kind": target.kind, **labels, "threshold": use_case.decision_threshold}


def _measured(use_case: UseCase, model: Model, part: str, examples: Examples) -> str:
    target = examples.target.astype(np.float64)
    scores = metrics.scoring(use_case)(target, model.predict(examples.features))
    found = metrics.values(scores, len(target))
    return " ".join(f"{part}:{name}={found[name]:.6f}" for name in PRINTED if name in found)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand, as a training job or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} train", __doc__)
    choices = list(use_case.candidates)
    parser.add_argument("--candidate", choices=choices, default=choices[0], help="(default: %(default)s)")
    parser.path("train", paths.channel(TRAIN), f"folder of {TRAIN}.npy, to learn from")
    parser.path("validation", paths.channel(VALIDATION), f"folder of {VALIDATION}.npy, to measure on")
    parser.path("preprocessing", paths.channel("preprocessing"), f"folder of {FILE}")
    parser.path("hyperparameters", paths.if_there(paths.hyperparameters_file()), "JSON file")
    parser.add_argument("--set", type=_setting, action="append", default=[], metavar="NAME=VALUE", help="one of them")
    parser.path("resources", paths.if_there(paths.resources_file()), "JSON file that names the instances")
    parser.path("model", paths.model(), "folder to write the model into")
    parser.add_argument("--packed", action="store_true", help="write it as model.tar.gz, as training jobs leave models")
    split.arguments(parser)
    return job.run(lambda: train(use_case, parser.parse_args(argv)), paths.training_failure())
