"""The metric definitions that SageMaker has for the XGBoost images, as DescribeTrainingJob shows them.

Of both parts of the data, the metrics that were seen there or that are documented as objectives of tuning jobs (page
xgboost-tuning): as many as ``MetricDefinitions`` may hold, with room for a tuning job's ``ObjectiveMetric``.
"""

from __future__ import annotations

_METRICS = (
    "accuracy", "auc", "aucpr", "cox-nloglik", "error", "f1", "gamma-deviance", "gamma-nloglik", "logloss", "mae",
    "map", "merror", "mlogloss", "mse", "ndcg", "poisson-nloglik", "r2", "rmse", "tweedie-nloglik",
)  # fmt: skip
_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"

METRIC_DEFINITIONS = tuple(
    # #011 is the tab before each metric of a round's line, as the log shows it.
    {"Name": f"{part}:{metric}", "Regex": rf".*\[[0-9]+\].*#011{part}-{metric}:{_NUMBER}.*"}
    for part in ("train", "validation")
    for metric in _METRICS
)
