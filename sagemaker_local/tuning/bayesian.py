"""Bayesian search, by Optuna's tree-structured Parzen estimator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sagemaker_local.tuning.search import Known, random
from sagemaker_local.tuning.space import Categorical, Parameter, Space, Values

# So many random points before there is anything to model.
_STARTUP = 5


def bayesian(space: Space, known: Known, seed: int, number: int) -> Values:
    """The most promising point by what is known; what is still running is taken to end badly, so others are tried."""
    if len(known.tested) < _STARTUP or not space.parameters:
        return random(space, known, seed, number)
    values = _suggestion(space, known, seed + number)
    # A point that was tried says nothing new: training jobs are taken to repeat themselves.
    return random(space, known, seed, number) if known.used(values) else values


def _suggestion(space: Space, known: Known, seed: int) -> Values:
    # Imported here: it takes a third of a second and 40 MB, which only a Bayesian search needs.
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    distributions = {parameter.name: _distribution(parameter) for parameter in space.parameters}
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=0, multivariate=True, constant_liar=True)
    study = optuna.create_study(sampler=sampler, direction="minimize" if known.minimize else "maximize")
    study.add_trials(list(_trials(space, known, distributions)))
    chosen = study.ask(distributions).params
    return {parameter.name: _decoded(parameter, chosen[parameter.name]) for parameter in space.parameters}


def _distribution(parameter: Parameter) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if isinstance(parameter, Categorical):
        return CategoricalDistribution(parameter.values)
    return FloatDistribution(0.0, 1.0)


def _trials(space: Space, known: Known, distributions: dict[str, Any]) -> Iterator[Any]:
    from optuna.trial import TrialState, create_trial

    for values, objective in known.tested:
        yield create_trial(params=_encoded(space, values), distributions=distributions, value=objective)
    for values in known.pending:
        yield create_trial(params=_encoded(space, values), distributions=distributions, state=TrialState.RUNNING)


def _encoded(space: Space, values: Values) -> dict[str, Any]:
    point = space.encode(values)
    assert point is not None, f"{values} lie outside the space"
    return {
        parameter.name: values[parameter.name] if isinstance(parameter, Categorical) else unit
        for parameter, unit in zip(space.parameters, point, strict=True)
    }


def _decoded(parameter: Parameter, chosen: Any) -> str:
    return str(chosen) if isinstance(parameter, Categorical) else parameter.decode(chosen)
