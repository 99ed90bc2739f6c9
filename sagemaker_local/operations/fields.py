"""Every member of the supported Create operations: honoured, recorded only, or refused.

Recorded: kept and described, without effect here (what it governs exists only on AWS). Refused: accepting it would
promise an effect that does not come. A test holds this table complete against the model, top level and the nested
structures named here, so that a new botocore cannot bring a member that passes unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sagemaker_local.errors import validation_error
from sagemaker_local.operations.registry import Request

HONOURED, RECORDED, REFUSED = "honoured", "recorded", "refused"

_TRAINING = {
    "TrainingJobName": HONOURED,
    "HyperParameters": HONOURED,
    "AlgorithmSpecification": HONOURED,
    "AlgorithmSpecification.TrainingImage": HONOURED,
    "AlgorithmSpecification.AlgorithmName": REFUSED,
    "AlgorithmSpecification.TrainingInputMode": HONOURED,
    "AlgorithmSpecification.MetricDefinitions": HONOURED,
    "AlgorithmSpecification.EnableSageMakerMetricsTimeSeries": RECORDED,
    "AlgorithmSpecification.ContainerEntrypoint": HONOURED,
    "AlgorithmSpecification.ContainerArguments": HONOURED,
    "AlgorithmSpecification.TrainingImageConfig": REFUSED,
    "RoleArn": HONOURED,
    "InputDataConfig": HONOURED,
    "InputDataConfig.ChannelName": HONOURED,
    "InputDataConfig.DataSource": HONOURED,
    "InputDataConfig.DataSource.S3DataSource": HONOURED,
    "InputDataConfig.DataSource.FileSystemDataSource": REFUSED,
    "InputDataConfig.DataSource.DatasetSource": REFUSED,
    "InputDataConfig.DataSource.S3DataSource.S3DataType": HONOURED,
    "InputDataConfig.DataSource.S3DataSource.S3Uri": HONOURED,
    "InputDataConfig.DataSource.S3DataSource.S3DataDistributionType": HONOURED,
    "InputDataConfig.DataSource.S3DataSource.AttributeNames": REFUSED,
    "InputDataConfig.DataSource.S3DataSource.InstanceGroupNames": REFUSED,
    "InputDataConfig.DataSource.S3DataSource.ModelAccessConfig": REFUSED,
    "InputDataConfig.DataSource.S3DataSource.HubAccessConfig": REFUSED,
    "InputDataConfig.ContentType": HONOURED,
    "InputDataConfig.CompressionType": HONOURED,
    "InputDataConfig.RecordWrapperType": HONOURED,
    "InputDataConfig.InputMode": HONOURED,
    "InputDataConfig.ShuffleConfig": REFUSED,
    "OutputDataConfig": HONOURED,
    "OutputDataConfig.KmsKeyId": RECORDED,
    "OutputDataConfig.S3OutputPath": HONOURED,
    "OutputDataConfig.CompressionType": HONOURED,
    "ResourceConfig": HONOURED,
    "ResourceConfig.InstanceType": RECORDED,
    "ResourceConfig.InstanceCount": HONOURED,
    "ResourceConfig.VolumeSizeInGB": RECORDED,
    "ResourceConfig.VolumeKmsKeyId": RECORDED,
    "ResourceConfig.KeepAlivePeriodInSeconds": REFUSED,
    "ResourceConfig.InstanceGroups": REFUSED,
    "ResourceConfig.TrainingPlanArn": REFUSED,
    "ResourceConfig.InstancePlacementConfig": REFUSED,
    "ResourceConfig.InstancePreferences": REFUSED,
    "ResourceConfig.SelectedInstanceCount": REFUSED,
    "ResourceConfig.SelectedInstanceType": REFUSED,
    "VpcConfig": RECORDED,
    "StoppingCondition": HONOURED,
    "StoppingCondition.MaxRuntimeInSeconds": HONOURED,
    "StoppingCondition.MaxWaitTimeInSeconds": REFUSED,
    "StoppingCondition.MaxPendingTimeInSeconds": RECORDED,
    "Tags": HONOURED,
    "EnableNetworkIsolation": HONOURED,
    "EnableInterContainerTrafficEncryption": RECORDED,
    "EnableManagedSpotTraining": REFUSED,
    "CheckpointConfig": HONOURED,
    "CheckpointConfig.S3Uri": HONOURED,
    "CheckpointConfig.LocalPath": HONOURED,
    "DebugHookConfig": RECORDED,
    "DebugRuleConfigurations": REFUSED,
    "TensorBoardOutputConfig": REFUSED,
    "ExperimentConfig": RECORDED,
    "ProfilerConfig": RECORDED,
    "ProfilerRuleConfigurations": REFUSED,
    "Environment": HONOURED,
    "RetryStrategy": RECORDED,
    "RemoteDebugConfig": REFUSED,
    "InfraCheckConfig": RECORDED,
    "SessionChainingConfig": RECORDED,
    "ServerlessJobConfig": REFUSED,
    "MlflowConfig": REFUSED,
    "ModelPackageConfig": REFUSED,
}
_PROCESSING = {
    "ProcessingJobName": HONOURED,
    "ProcessingInputs": HONOURED,
    "ProcessingInputs.InputName": HONOURED,
    "ProcessingInputs.AppManaged": REFUSED,
    "ProcessingInputs.S3Input": HONOURED,
    "ProcessingInputs.DatasetDefinition": REFUSED,
    "ProcessingInputs.S3Input.S3Uri": HONOURED,
    "ProcessingInputs.S3Input.LocalPath": HONOURED,
    "ProcessingInputs.S3Input.S3DataType": HONOURED,
    "ProcessingInputs.S3Input.S3InputMode": HONOURED,
    "ProcessingInputs.S3Input.S3DataDistributionType": HONOURED,
    "ProcessingInputs.S3Input.S3CompressionType": HONOURED,
    "ProcessingOutputConfig": HONOURED,
    "ProcessingOutputConfig.Outputs": HONOURED,
    "ProcessingOutputConfig.Outputs.OutputName": HONOURED,
    "ProcessingOutputConfig.Outputs.S3Output": HONOURED,
    "ProcessingOutputConfig.Outputs.FeatureStoreOutput": REFUSED,
    "ProcessingOutputConfig.Outputs.AppManaged": REFUSED,
    "ProcessingOutputConfig.Outputs.S3Output.S3Uri": HONOURED,
    "ProcessingOutputConfig.Outputs.S3Output.LocalPath": HONOURED,
    "ProcessingOutputConfig.Outputs.S3Output.S3UploadMode": HONOURED,
    "ProcessingOutputConfig.KmsKeyId": RECORDED,
    "ProcessingResources": HONOURED,
    "ProcessingResources.ClusterConfig": HONOURED,
    "ProcessingResources.ClusterConfig.InstanceCount": HONOURED,
    "ProcessingResources.ClusterConfig.InstanceType": RECORDED,
    "ProcessingResources.ClusterConfig.VolumeSizeInGB": RECORDED,
    "ProcessingResources.ClusterConfig.VolumeKmsKeyId": RECORDED,
    "ProcessingResources.ClusterConfig.InstancePreferences": REFUSED,
    "ProcessingResources.ClusterConfig.SelectedInstanceType": REFUSED,
    "ProcessingResources.ClusterConfig.SelectedInstanceCount": REFUSED,
    "StoppingCondition": HONOURED,
    "AppSpecification": HONOURED,
    "AppSpecification.ImageUri": HONOURED,
    "AppSpecification.ContainerEntrypoint": HONOURED,
    "AppSpecification.ContainerArguments": HONOURED,
    "Environment": HONOURED,
    "NetworkConfig": HONOURED,
    "NetworkConfig.EnableInterContainerTrafficEncryption": RECORDED,
    "NetworkConfig.EnableNetworkIsolation": HONOURED,
    "NetworkConfig.VpcConfig": RECORDED,
    "RoleArn": HONOURED,
    "Tags": HONOURED,
    "ExperimentConfig": RECORDED,
}
_MODEL_PACKAGE_GROUP = {
    "ModelPackageGroupName": HONOURED,
    "ModelPackageGroupDescription": RECORDED,
    "Tags": HONOURED,
    "ManagedConfiguration": REFUSED,
}
_MODEL_PACKAGE = {
    "ModelPackageName": HONOURED,
    "ModelPackageGroupName": HONOURED,
    "ModelPackageDescription": RECORDED,
    "ModelPackageRegistrationType": RECORDED,
    "InferenceSpecification": RECORDED,
    "ValidationSpecification": REFUSED,
    "SourceAlgorithmSpecification": REFUSED,
    "CertifyForMarketplace": RECORDED,
    "Tags": HONOURED,
    "ModelApprovalStatus": HONOURED,
    "MetadataProperties": RECORDED,
    "ModelMetrics": RECORDED,
    "ClientToken": HONOURED,
    "Domain": RECORDED,
    "Task": RECORDED,
    "SamplePayloadUrl": RECORDED,
    "CustomerMetadataProperties": HONOURED,
    "DriftCheckBaselines": RECORDED,
    "AdditionalInferenceSpecifications": RECORDED,
    "SkipModelValidation": RECORDED,
    "SourceUri": RECORDED,
    "SecurityConfig": RECORDED,
    "ModelCard": RECORDED,
    "ModelLifeCycle": HONOURED,
    "ManagedStorageType": REFUSED,
}

FIELDS = {
    "CreateTrainingJob": _TRAINING,
    "CreateProcessingJob": _PROCESSING,
    "CreateModelPackageGroup": _MODEL_PACKAGE_GROUP,
    "CreateModelPackage": _MODEL_PACKAGE,
}


def refuse_unsupported(operation: str, request: Request) -> None:
    """Raises a ``ValidationException`` that names the first refused member that the request gives."""
    for path, treatment in FIELDS[operation].items():
        if treatment == REFUSED and any(value not in (None, {}, False) for value in _values(request, path)):
            raise validation_error(f"{path} is not supported by the local SageMaker; leave it out of {operation}")


def _values(value: Any, path: str) -> Iterator[Any]:
    """Every value at *path*, which passes through the elements of lists."""
    if isinstance(value, list):
        for item in value:
            yield from _values(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        head, _, rest = path.partition(".")
        if head in value:
            yield from _values(value[head], rest)
