"""The algorithm's errors."""

from __future__ import annotations


class UserError(Exception):
    """What the user can put right: a hyperparameter, a channel, the data."""


class AlgorithmError(Exception):
    """XGBoost failed for a reason that is not known to be the user's."""
