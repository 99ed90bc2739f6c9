"""A training from the container's configuration to the model."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path
from typing import Any

from .. import paths
from ..environment import Environment
from . import channels, collective, hyperparameters
from .boosting import Data, boost
from .checkpoints import save
from .data import matrix, piped
from .errors import AlgorithmError, UserError

log = logging.getLogger(__name__)

MODEL = "xgboost-model"
# XGBoost's texts for what is wrong with the data or the hyperparameters, from the container.
_USERS_FAULT = (
    "label must be in [0,1] for logistic regression",
    "label must be in [0, num_class)",
    "Target is multiclass but average='binary'",
    "feature_names mismatch",
    "Check failed: preds.size() == info.labels_.size()",
    "Check failed: !auc_error AUC: the dataset only contains pos or neg samples",
    "Check failed: base_score > 0.0f && base_score < 1.0f base_score must be in (0,1) for logistic loss",
    "Check failed: label_correct PoissonRegression: label must be nonnegative",
    "Check failed: label_correct TweedieRegression: label must be nonnegative",
    "Parameter reg_lambda should be greater equal to 0",
)


def run(job: Environment) -> None:
    """Train as the job's configuration says. Raises ``UserError`` and ``AlgorithmError``."""
    log.info("Running XGBoost Sagemaker in algorithm mode")
    values = hyperparameters.validated(_json("hyperparameters"))
    found = channels.validated(job.channels)
    data = _data(found, weights=values.pop("csv_weights", 0) == 1)
    if len(job.hosts) == 1:
        _require(data, found)
        log.info("Single node training.")
        _train(values, data, is_master=True)
    else:
        _train_together(job, values, data, found)


def _json(name: str) -> dict[str, Any]:
    """A file of the container's configuration; empty where there is none."""
    file = paths.input_config() / f"{name}.json"
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _data(found: dict[str, channels.Channel], weights: bool) -> Data:
    kind = channels.format_of(found["train"]["ContentType"])
    with tempfile.TemporaryDirectory() as folder:
        loaded = {
            name: matrix(_folder(name, found[name], Path(folder)), kind, weights)
            for name in ("train", "validation")
            if name in found
        }
    return Data(loaded["train"], loaded.get("validation"))


def _folder(name: str, channel: channels.Channel, scratch: Path) -> Path:
    if channel["TrainingInputMode"] != "Pipe":
        return paths.channel(name)
    return piped(paths.channel(f"{name}_0"), scratch)


def _require(data: Data, found: dict[str, channels.Channel]) -> None:
    if data.train is None:
        raise UserError(f"No data in training channel path {paths.channel('train')}")
    if "validation" in found and data.validation is None:
        raise UserError(f"No data in validation channel path {paths.channel('validation')}")


def _train_together(job: Environment, values: dict[str, Any], data: Data, found: dict[str, channels.Channel]) -> None:
    log.info("Distributed node training with %s hosts: %s", len(job.hosts), job.hosts)
    complete = data.train is not None and ("validation" not in found or data.validation is not None)
    hosts = collective.hosts_with_data(job.hosts, job.current_host, complete)
    if not hosts:
        raise UserError("No hosts received training data.")
    if not complete:
        log.warning("Host %s not being used for distributed training.", job.current_host)
        return
    with collective.member(hosts, job.current_host, collective.NEXT_PORT) as is_master:
        _train(values, data, is_master)


def _train(values: dict[str, Any], data: Data, is_master: bool) -> None:
    rows, columns = data.train.num_row(), data.train.num_col()
    log.info("Train matrix has %s rows and %s columns", rows, columns)
    if data.validation is not None:
        log.info("Validation matrix has %s rows", data.validation.num_row())
    checkpoints = _json("checkpointconfig").get("LocalPath")
    try:
        model = boost(values, data, paths.model() / MODEL, checkpoints and paths.place(checkpoints), is_master)
    except Exception as error:
        # Behind it XGBoost has its own stack, which would fill the failure's text.
        text, _, _ = str(error).partition("\nStack trace:")
        if any(fault in text for fault in _USERS_FAULT):
            raise UserError(text) from error
        raise AlgorithmError(f"XGB train call failed with exception:\n {text}") from error
    if is_master:
        save(model, paths.model() / MODEL)
