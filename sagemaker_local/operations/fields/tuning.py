"""The members of the operation that creates tuning jobs; definitions share theirs with training jobs."""

from sagemaker_local.operations.fields import training
from sagemaker_local.operations.fields.treatment import HONOURED, RECORDED
from sagemaker_local.tuning.definitions import SHARED

_OF_TRAINING_JOBS = training.FIELDS["CreateTrainingJob"]
# Of the members that a definition shares with a training job, the parts that it lacks.
_NOT_SHARED = (
    "AlgorithmSpecification.EnableSageMakerMetricsTimeSeries",
    "AlgorithmSpecification.ContainerEntrypoint",
    "AlgorithmSpecification.ContainerArguments",
    "AlgorithmSpecification.TrainingImageConfig",
)
_RANGES = {
    "IntegerParameterRanges": HONOURED,
    "ContinuousParameterRanges": HONOURED,
    "CategoricalParameterRanges": HONOURED,
    "AutoParameters": HONOURED,
}
_DEFINITION = {
    "DefinitionName": HONOURED,
    "TuningObjective": HONOURED,
    "HyperParameterRanges": HONOURED,
    **{f"HyperParameterRanges.{kind}": treatment for kind, treatment in _RANGES.items()},
    "StaticHyperParameters": HONOURED,
    **{
        path: treatment
        for path, treatment in _OF_TRAINING_JOBS.items()
        if path.partition(".")[0] in SHARED and path not in _NOT_SHARED
    },
    "HyperParameterTuningResourceConfig": HONOURED,
    "HyperParameterTuningResourceConfig.InstanceType": RECORDED,
    "HyperParameterTuningResourceConfig.InstanceCount": HONOURED,
    "HyperParameterTuningResourceConfig.VolumeSizeInGB": RECORDED,
    "HyperParameterTuningResourceConfig.VolumeKmsKeyId": RECORDED,
    "HyperParameterTuningResourceConfig.AllocationStrategy": RECORDED,
    "HyperParameterTuningResourceConfig.InstanceConfigs": HONOURED,
}
_CONFIG = {
    "Strategy": HONOURED,
    "StrategyConfig": HONOURED,
    "StrategyConfig.HyperbandStrategyConfig": HONOURED,
    "HyperParameterTuningJobObjective": HONOURED,
    "ResourceLimits": HONOURED,
    "ResourceLimits.MaxNumberOfTrainingJobs": HONOURED,
    "ResourceLimits.MaxParallelTrainingJobs": HONOURED,
    "ResourceLimits.MaxRuntimeInSeconds": HONOURED,
    "ParameterRanges": HONOURED,
    **{f"ParameterRanges.{kind}": treatment for kind, treatment in _RANGES.items()},
    "TrainingJobEarlyStoppingType": HONOURED,
    "TuningJobCompletionCriteria": HONOURED,
    "TuningJobCompletionCriteria.TargetObjectiveMetricValue": HONOURED,
    "TuningJobCompletionCriteria.BestObjectiveNotImproving": HONOURED,
    "TuningJobCompletionCriteria.ConvergenceDetected": HONOURED,
    "RandomSeed": HONOURED,
}
FIELDS = {
    "CreateHyperParameterTuningJob": {
        "HyperParameterTuningJobName": HONOURED,
        "HyperParameterTuningJobConfig": HONOURED,
        **{f"HyperParameterTuningJobConfig.{path}": treatment for path, treatment in _CONFIG.items()},
        "TrainingJobDefinition": HONOURED,
        **{f"TrainingJobDefinition.{path}": treatment for path, treatment in _DEFINITION.items()},
        "TrainingJobDefinitions": HONOURED,
        **{f"TrainingJobDefinitions.{path}": treatment for path, treatment in _DEFINITION.items()},
        "WarmStartConfig": HONOURED,
        "WarmStartConfig.ParentHyperParameterTuningJobs": HONOURED,
        "WarmStartConfig.WarmStartType": HONOURED,
        "Tags": HONOURED,
        "Autotune": HONOURED,
    },
}
