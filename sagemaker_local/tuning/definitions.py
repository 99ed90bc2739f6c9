"""Training job definitions: what the training jobs of a tuning job have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sagemaker_local.errors import validation_error
from sagemaker_local.tuning.space import Space, Values, read_space
from sagemaker_local.tuning.stopping import Hyperband

OBJECTIVE_HYPERPARAMETER = "_tuning_objective_metric"
"""the reserved hyperparameter that names the objective metric to the training job"""
SHARED = (
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
    "Environment",
)
"""members of a definition that a training job's request has too, under the same name"""
# Where Hyperband looks for MaxResource, and its limit: API_HyperbandStrategyConfig.
_EPOCHS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")
_MAX_RESOURCE = 20_000

Request = dict[str, Any]


@dataclass(frozen=True)
class Definition:
    """One of the definitions."""

    name: str | None
    objective: dict[str, str]
    """``Type`` and ``MetricName``"""
    space: Space
    static: Values
    request: Request
    """the definition as the tuning job's request has it"""
    hyperband: Hyperband | None

    @property
    def minimize(self) -> bool:
        return self.objective["Type"] == "Minimize"

    def training_request(self, name: str, values: Values) -> Request:
        """The CreateTrainingJob request of a training job that tries *values*."""
        shared = {member: self.request[member] for member in SHARED if member in self.request}
        if "CheckpointConfig" in shared:
            shared["CheckpointConfig"] = _of_its_own(shared["CheckpointConfig"], name)
        resources = self.request.get("HyperParameterTuningResourceConfig")
        return {
            **shared,
            **({} if resources is None else {"ResourceConfig": chosen_instances(resources)}),
            "TrainingJobName": name,
            "HyperParameters": {**self.static, **values, OBJECTIVE_HYPERPARAMETER: self.objective["MetricName"]},
        }


def _of_its_own(checkpoints: Request, name: str) -> Request:
    """A place below the common one: training jobs that run side by side would overwrite each other's checkpoints."""
    return {**checkpoints, "S3Uri": f"{checkpoints['S3Uri'].rstrip('/')}/{name}"}


def chosen_instances(resources: Request) -> Request:
    """The first of the instances that the tuning job may use: here none is ever short of capacity."""
    keys = {key: value for key, value in resources.items() if key == "VolumeKmsKeyId"}
    first = resources["InstanceConfigs"][0] if "InstanceConfigs" in resources else resources
    return {**keys, **{key: first[key] for key in ("InstanceType", "InstanceCount", "VolumeSizeInGB") if key in first}}


def read_definitions(request: Request) -> tuple[Definition, ...]:
    """The definitions of a CreateHyperParameterTuningJob request; raises ``ValidationException``."""
    one, several = request.get("TrainingJobDefinition"), request.get("TrainingJobDefinitions")
    if (one is None) == (several is None):
        raise validation_error("Either TrainingJobDefinition or TrainingJobDefinitions must be given, and not both")
    config = request["HyperParameterTuningJobConfig"]
    definitions = tuple(_read(item, config, several is not None) for item in several or [one])
    names = [definition.name for definition in definitions]
    if len(set(names)) < len(names):
        raise validation_error("TrainingJobDefinitions.DefinitionName must be unique")
    if len({definition.minimize for definition in definitions}) > 1:
        raise validation_error("TrainingJobDefinitions: all TuningObjective.Type must be the same to find the best job")
    return definitions


def _read(item: Request, config: Request, among_several: bool) -> Definition:
    if among_several:
        _check_complete(item, config)
    objective = _either(item, "TuningObjective", config, "HyperParameterTuningJobObjective")
    space = read_space(_either(item, "HyperParameterRanges", config, "ParameterRanges"))
    static = {**item.get("StaticHyperParameters", {})}
    static.pop(OBJECTIVE_HYPERPARAMETER, None)
    names = {parameter.name for parameter in space.parameters}
    if OBJECTIVE_HYPERPARAMETER in names:
        raise validation_error(f"{OBJECTIVE_HYPERPARAMETER} is reserved and cannot be tuned")
    both = sorted(static.keys() & names)
    if both:
        raise validation_error(f"Hyperparameters cannot be both static and tuned: {', '.join(both)}")
    _check_resources(item)
    return Definition(item.get("DefinitionName"), objective, space, static, item, _hyperband(config, static))


def _check_complete(item: Request, config: Request) -> None:
    for member in ("DefinitionName", "TuningObjective", "HyperParameterRanges"):
        if member not in item:
            raise validation_error(f"TrainingJobDefinitions.{member} must be given")
    for member in ("HyperParameterTuningJobObjective", "ParameterRanges"):
        if member in config:
            raise validation_error(f"{member} must not be given with TrainingJobDefinitions: each has its own")


def _either(item: Request, own: str, config: Request, common: str) -> Request:
    """What a definition says of itself, or what the tuning job says of its only definition."""
    if (own in item) == (common in config):
        raise validation_error(f"Either {common} or TrainingJobDefinition.{own} must be given, and not both")
    found: Request = item[own] if own in item else config[common]
    return found


def _check_resources(item: Request) -> None:
    resources = item.get("HyperParameterTuningResourceConfig")
    if (resources is None) == ("ResourceConfig" not in item):
        raise validation_error(
            "Either ResourceConfig or HyperParameterTuningResourceConfig must be given, and not both"
        )
    mixed = {"InstanceType", "InstanceCount", "VolumeSizeInGB"} & (resources or {}).keys()
    if resources is not None and "InstanceConfigs" in resources and mixed:
        raise validation_error(f"With InstanceConfigs, {', '.join(sorted(mixed))} must be left out")


def _hyperband(config: Request, static: Values) -> Hyperband | None:
    if config["Strategy"] != "Hyperband":
        return None
    given = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
    least, most = given.get("MinResource", 1), given.get("MaxResource", _epochs(static))
    if most is None:
        raise validation_error(
            f"HyperbandStrategyConfig.MaxResource must be given, or one of {', '.join(_EPOCHS)} in "
            "StaticHyperParameters to infer it from"
        )
    if not 1 <= least <= most <= _MAX_RESOURCE:
        raise validation_error(f"HyperbandStrategyConfig: 1 <= MinResource <= MaxResource <= {_MAX_RESOURCE} must hold")
    return Hyperband(least, most)


def _epochs(static: Values) -> int | None:
    texts = [static[name].strip('"') for name in _EPOCHS if name in static]
    return next((int(text) for text in texts if text.isdigit()), None)
