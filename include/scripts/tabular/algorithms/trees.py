"""What algorithms have in common whose models are trees in XGBoost's own format."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xgboost

from common.errors import UserError
from common.hyperparameters import Choice, Hyperparameter, Setting
from tabular import onnx_format
from tabular.algorithms import Task, Vector
from tabular.artifact import Artifact
from tabular.examples import Examples
from tabular.preprocessing import Features, Preprocessing

FILE = "model.ubj"
CURVE_EVERY = 50  # rounds between two lines of the learning curve
FORBIDDEN = str.maketrans("[]<", "()_")  # what XGBoost does not take in the name of a feature

COMMON = (
    Hyperparameter("seed", int, 0, minimum=0, maximum=2**31 - 1),
    # Threads add floats in an order that depends on their number: one gives the same bytes everywhere.
    Hyperparameter("nthread", int, 1, minimum=1, maximum=256),
    Choice("device", "cpu", ("cpu", "cuda")),
)


@dataclass(frozen=True)
class Trees:
    """A model that is a booster."""

    booster: xgboost.Booster

    @classmethod
    def load(cls, artifact: Artifact, preprocessing: Preprocessing) -> "Trees":
        """The inverse of `files`. Raises UserError if it is damaged or made by a newer library than this."""
        try:
            booster = xgboost.Booster(model_file=bytearray(artifact.file(FILE)))
        except xgboost.core.XGBoostError as error:
            reason = str(error).strip().splitlines()[0]
            problem = f"xgboost {xgboost.__version__} cannot read {FILE} ({reason})"
            raise UserError(f"{artifact.place}: {problem}; train the model with this image") from None
        if booster.feature_names != feature_names(preprocessing):
            features = f"reads {booster.feature_names}, its preprocessing makes {feature_names(preprocessing)}"
            raise UserError(f"{artifact.place}: the model {features}; these are parts of two models, train again")
        booster.set_param({"device": "cpu"})
        return cls(booster)

    def predict(self, features: Features) -> Vector:
        """The objective's own output: the target, or the probability of the positive label."""
        predicted: Vector = self.booster.inplace_predict(features)
        return predicted

    def files(self) -> dict[str, bytes]:
        """The booster in the library's own binary format, which is data, and in ONNX."""
        learner = json.loads(self.booster.save_raw("json"))["learner"]
        return {FILE: bytes(self.booster.save_raw("ubj")), onnx_format.FILE: onnx_format.of_trees(learner)}


class LearningCurve(xgboost.callback.TrainingCallback):
    """Tells a line of metrics now and then, so that the log and CloudWatch show progress."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Tell a line after every `CURVE_EVERY` rounds; never end the training."""
        if (epoch + 1) % CURVE_EVERY == 0:
            self._tell(" ".join(_shown(part, history) for part, history in evals_log.items()))
        return False


def boost(task: Task, parameters: Mapping[str, Setting], rounds: int) -> Trees:
    """Trees fitted on the training part; the validation part is only measured. Raises UserError for a device that
    this image's library cannot use."""
    if parameters["device"] == "cuda" and not xgboost.build_info()["USE_CUDA"]:
        raise UserError("hyperparameter 'device' is 'cuda', but this image's xgboost is built for CPUs only; use 'cpu'")
    names = feature_names(task.preprocessing)
    parts = {"train": _matrix(task.train, names), "validation": _matrix(task.validation, names)}
    booster = xgboost.train(
        {**parameters, "tree_method": "hist", "eval_metric": "auc" if task.classifies else "rmse"},
        parts["train"],
        num_boost_round=rounds,
        evals=[(data, part) for part, data in parts.items()],
        callbacks=[LearningCurve(task.tell)],
        verbose_eval=False,
    )
    return Trees(booster)


def feature_names(preprocessing: Preprocessing) -> list[str]:
    """The features' names as XGBoost takes them."""
    return [name.translate(FORBIDDEN) for name in preprocessing.names]


def _matrix(examples: Examples, names: Sequence[str]) -> xgboost.DMatrix:
    return xgboost.DMatrix(examples.features, label=examples.target, feature_names=list(names))


def _shown(part: str, history: Mapping[str, Sequence[float]]) -> str:
    ((name, values),) = history.items()
    return f"{part}:mse={values[-1] ** 2:.6f}" if name == "rmse" else f"{part}:{name}={values[-1]:.6f}"
