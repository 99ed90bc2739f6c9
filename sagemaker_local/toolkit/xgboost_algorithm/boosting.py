"""The training itself, and what is done after each round."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xgboost
from xgboost.callback import EarlyStopping, EvaluationMonitor

from . import custom_metrics, metric_names
from .checkpoints import SaveCheckpoints, SaveModel, latest
from .parameters import Metrics, metrics_of, parameters

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Data:
    """What an instance trains and validates on."""

    train: Any
    validation: Any

    def named(self) -> list[tuple[Any, str]]:
        """The parts that are there, as XGBoost names them in its evaluations."""
        parts = ((self.train, "train"), (self.validation, "validation"))
        return [(part, name) for part, name in parts if part is not None]


def boost(values: Mapping[str, Any], data: Data, model: Path, checkpoints: Path | None, is_master: bool) -> Any:
    """The trained model; it goes on from the last of the *checkpoints*. Only a master writes any files."""
    start, done = latest(checkpoints)
    if start is not None:
        log.info("Checkpoint loaded from %s", start)
        log.info("Resuming from iteration %s", done)
    metrics = metrics_of(values)
    saving = _saving(values, model, checkpoints, done) if is_master else []
    # In this order: none after the first that stops the training is called.
    callbacks = [EvaluationMonitor(), *saving, *_stopping(values, metrics, data, is_master)]
    return xgboost.train(
        parameters(values, metrics),
        data.train,
        num_boost_round=values["num_round"] - done,
        evals=data.named(),
        custom_metric=custom_metrics.evaluation(metrics.own, values.get("objective", "")) if metrics.own else None,
        callbacks=callbacks,
        xgb_model=start and str(start),
        verbose_eval=False,
    )


def _stopping(values: Mapping[str, Any], metrics: Metrics, data: Data, is_master: bool) -> list[Any]:
    """Early stopping, which needs validation data and a metric that was named."""
    if "early_stopping_rounds" not in values or data.validation is None or metrics.stopping is None:
        return []
    return [
        EarlyStopping(
            rounds=values["early_stopping_rounds"],
            data_name="validation",
            metric_name=metrics.stopping,
            maximize=metrics.stopping in metric_names.MAXIMIZED,
            save_best=is_master,
        )
    ]


def _saving(values: Mapping[str, Any], model: Path, checkpoints: Path | None, done: int) -> list[Any]:
    saving: list[Any] = [] if checkpoints is None else [SaveCheckpoints(checkpoints, done)]
    if values.get("save_model_on_termination") == "true":
        # What stands at a stop is a model: the job ends at once, and well.
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        saving.append(SaveModel(model))
    return saving
