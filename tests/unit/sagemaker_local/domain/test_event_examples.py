"""Events byte-shaped: what the guide's page of examples shows comes out, member for member, of such a resource.

Source of every expectation: "Events that Amazon SageMaker sends to EventBridge" (the guide, with an example of each).
The values are the page's where they have a form of their own (times, enums, numbers); names are shortened.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import sagemaker_local
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.events import (
    endpoint_deployment_event,
    endpoint_event,
    job_event,
    model_card_event,
    model_package_event,
)
from sagemaker_local.domain.jobs import PROCESSING, TRAINING, TRANSFORM, TUNING

SCOPE = Scope("111122223333", "us-east-1")


def arn(resource: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:111122223333:{resource}"


def replaced(example: dict[str, Any], *without: str, **members: Any) -> dict[str, Any]:
    """The record of the example's resource: the example, without what only the event has, and with *members*."""
    return {**{name: value for name, value in example.items() if name not in without}, **members}


def test_every_event_that_has_an_example_is_compared_with_it() -> None:
    sources = [path.read_text() for path in Path(sagemaker_local.__file__).parent.rglob("*.py")]
    sent = set(re.findall(r'"(SageMaker [A-Za-z ]+ Change)"', "".join(sources)))
    compared = set(re.findall(r'detail_type == "(SageMaker .+)"', Path(__file__).read_text()))
    # Of a model's event the page has a pattern, and no example.
    assert sent - {"SageMaker Model State Change"} == compared


def test_a_training_job() -> None:
    example = {
        "TrainingJobName": "kmeans-1",
        "TrainingJobArn": arn("training-job/kmeans-1"),
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "HyperParameters": {"Hyper": "Parameters"},
        "AlgorithmSpecification": {"TrainingImage": "TrainingImage", "TrainingInputMode": "TrainingInputMode"},
        "RoleArn": "arn:aws:iam::111122223333:role/SMRole",
        "InputDataConfig": [
            {
                "ChannelName": "Train",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3DataType",
                        "S3Uri": "S3Uri",
                        "S3DataDistributionType": "S3DataDistributionType",
                    }
                },
                "ContentType": "ContentType",
                "CompressionType": "CompressionType",
                "RecordWrapperType": "RecordWrapperType",
            }
        ],
        "OutputDataConfig": {"KmsKeyId": "KmsKeyId", "S3OutputPath": "S3OutputPath"},
        "ResourceConfig": {
            "InstanceType": "InstanceType",
            "InstanceCount": 3,
            "VolumeSizeInGB": 20,
            "VolumeKmsKeyId": "VolumeKmsKeyId",
        },
        "VpcConfig": {},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "CreationTime": "1583831889050",
        "TrainingStartTime": "1583831889050",
        "TrainingEndTime": "1583831889050",
        "LastModifiedTime": "1583831889050",
        "SecondaryStatusTransitions": [],
        "Tags": {},
    }
    times = dict.fromkeys(("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime"), 1583831889.05)
    event = job_event(TRAINING, replaced(example, "Tags", "VpcConfig", **times), {})
    assert event.detail_type == "SageMaker Training Job State Change"
    assert event.resources == (arn("training-job/kmeans-1"),)
    assert event.detail == example


def test_a_tuning_job() -> None:
    example = {
        "HyperParameterTuningJobName": "tuning",
        "HyperParameterTuningJobArn": arn("hyper-parameter-tuning-job/tuning"),
        "TrainingJobDefinition": {
            "StaticHyperParameters": {},
            "AlgorithmSpecification": {
                "TrainingImage": "trainingImageName",
                "TrainingInputMode": "inputModeFile",
                "MetricDefinitions": [{"Name": "metricName", "Regex": "regex"}],
            },
            "RoleArn": "roleArn",
            "VpcConfig": {"SecurityGroupIds": ["securityGroupIds"], "Subnets": ["subnets"]},
            "OutputDataConfig": {"KmsKeyId": "kmsKeyId", "S3OutputPath": "s3OutputPath"},
            "ResourceConfig": {"InstanceType": "instanceType", "InstanceCount": 10, "VolumeSizeInGB": 500},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
        "HyperParameterTuningJobStatus": "status",
        "CreationTime": "1583831889050",
        "LastModifiedTime": "1583831889050",
        "TrainingJobStatusCounters": {
            "Completed": 1,
            "InProgress": 0,
            "RetryableError": 0,
            "NonRetryableError": 0,
            "Stopped": 0,
        },
        "ObjectiveStatusCounters": {"Succeeded": 1, "Pending": 0, "Failed": 0},
        "Tags": {},
    }
    times = dict.fromkeys(("CreationTime", "LastModifiedTime"), 1583831889.05)
    event = job_event(TUNING, replaced(example, "Tags", **times, Launched=1), {})
    assert event.detail_type == "SageMaker HyperParameter Tuning Job State Change"
    # The example has another ARN, of a type that no tuning job has.
    assert event.resources == (arn("hyper-parameter-tuning-job/tuning"),)
    assert event.detail == example


def test_a_processing_job() -> None:
    example = {
        "ProcessingInputs": [
            {
                "InputName": "InputName",
                "S3Input": {
                    "S3Uri": "s3://input/s3/uri",
                    "LocalPath": "/opt/ml/processing/input/local/path",
                    "S3DataType": "MANIFEST_FILE",
                    "S3InputMode": "PIPE",
                    "S3DataDistributionType": "FULLYREPLICATED",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "OutputName",
                    "S3Output": {
                        "S3Uri": "s3://output/s3/uri",
                        "LocalPath": "/opt/ml/processing/output/local/path",
                        "S3UploadMode": "CONTINUOUS",
                    },
                }
            ],
            "KmsKeyId": "KmsKeyId",
        },
        "ProcessingJobName": "integ-test",
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 3,
                "InstanceType": "ml.c5.xlarge",
                "VolumeSizeInGB": 5,
                "VolumeKmsKeyId": "VolumeKmsKeyId",
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 2000},
        "AppSpecification": {"ImageUri": "012345678901.dkr.ecr.us-west-2.amazonaws.com/processing-uri:latest"},
        "NetworkConfig": {
            "EnableInterContainerTrafficEncryption": True,
            "EnableNetworkIsolation": False,
            "VpcConfig": {"SecurityGroupIds": ["SecurityGroupId1"], "Subnets": ["Subnet1", "Subnet2"]},
        },
        "RoleArn": "arn:aws:iam::037210630506:role/SageMakerPowerUser",
        "ExperimentConfig": {},
        "ProcessingJobArn": arn("processing-job/integ-test"),
        "ProcessingJobStatus": "Failed",
        "FailureReason": "InternalServerError: We encountered an internal error.  Please try again.",
        "ProcessingEndTime": 1704320746000,
        "ProcessingStartTime": 1704320734000,
        "LastModifiedTime": 1704320746000,
        "CreationTime": 1704320199000,
    }
    source = {**example["ProcessingInputs"][0]["S3Input"], "S3DataType": "ManifestFile"}  # type: ignore[index]
    record = replaced(
        example,
        "ExperimentConfig",
        ProcessingInputs=[
            {
                "InputName": "InputName",
                "S3Input": {**source, "S3InputMode": "Pipe", "S3DataDistributionType": "FullyReplicated"},
            }
        ],
        ProcessingEndTime=1704320746.0,
        ProcessingStartTime=1704320734.0,
        LastModifiedTime=1704320746.0,
        CreationTime=1704320199.0,
    )
    event = job_event(PROCESSING, record, {"team": "ml"})
    assert event.detail_type == "SageMaker Processing Job State Change"
    assert event.resources == (arn("processing-job/integ-test"),)
    assert event.detail == example


def test_a_model_package() -> None:
    example = {
        "ModelPackageGroupName": "versionedmp-p-idy6c3e1fiqj",
        "ModelPackageVersion": 2,
        "ModelPackageArn": arn("model-package/versionedmp-p-idy6c3e1fiqj/2"),
        "CreationTime": "2021-02-24T17:00:14Z",
        "InferenceSpecification": {
            "Containers": [
                {
                    "Image": "257758044811.dkr.ecr.us-east-2.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3",
                    "ImageDigest": "sha256:4dc8a7e4a010a19bb9e0a6b063f355393f6e623603361bd8b105f554d4f0c004",
                    "ModelDataUrl": "s3://bucket/output/model.tar.gz",
                }
            ],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "ModelApprovalStatus": "Rejected",
        "MetadataProperties": {"GeneratedBy": arn("pipeline/versionedmp-p-idy6c3e1fiqj/execution/4r83jejmhorv")},
        "ModelMetrics": {
            "ModelQuality": {
                "Statistics": {"ContentType": "application/json", "S3Uri": "s3://bucket/evaluation/evaluation.json"}
            }
        },
        "ModelLifeCycle": {
            "Stage": "Development",
            "StageStatus": "Approved",
            "StageDescription": "StageDescription",
        },
        "UpdatedModelPackageFields": ["ModelLifeCycle"],
        "LastModifiedTime": "2021-02-24T17:00:14Z",
    }
    record = replaced(example, "UpdatedModelPackageFields", CreationTime=1614186014.5, LastModifiedTime=1614186014.999)
    event = model_package_event(record, ("ModelLifeCycle",))
    assert event.detail_type == "SageMaker Model Package State Change"
    assert event.resources == (arn("model-package/versionedmp-p-idy6c3e1fiqj/2"),)
    assert event.detail == example


def test_a_model_card() -> None:
    user = {
        "DomainId": "us-east-1",
        "UserProfileArn": arn("user-profile/user"),
        "UserProfileName": "user",
    }
    example = {
        "ModelCardVersion": 2,
        "LastModifiedTime": "2022-12-03T00:09:44.893Z",  # the page has nanoseconds, here there are none
        "LastModifiedBy": user,
        "CreationTime": "2022-12-03T00:09:33.084Z",
        "CreatedBy": user,
        "ModelCardName": "example-card",
        "ModelId": "example-model",
        "ModelCardStatus": "Draft",
        "AccountId": "111122223333",
        "SecurityConfig": {},
    }
    record = replaced(
        example,
        "AccountId",
        "SecurityConfig",
        ModelCardArn=arn("model-card/example-card"),
        CreationTime=1670026173.084,
        LastModifiedTime=1670026184.893,
        Content="{}",
        RiskRating="Low",
    )
    event = model_card_event(SCOPE, record)
    assert event.detail_type == "SageMaker Model Card State Change"
    assert event.resources == (arn("model-card/example-card"),)
    assert event.detail == example


def test_a_transform_job() -> None:
    example = {
        "TransformJobName": "4b52bd8f",
        "TransformJobArn": arn("transform-job/myjob"),
        "TransformJobStatus": "another status... GO",
        "FailureReason": "failed why 1",
        "ModelName": "i am a beautiful model",
        "MaxConcurrentTransforms": 5,
        "MaxPayloadInMB": 10,
        "BatchStrategy": "Strategizing...",
        "Environment": {"environment1": "environment2"},
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "s3DataType", "S3Uri": "s3Uri"}},
            "ContentType": "content type",
            "CompressionType": "compression type",
            "SplitType": "split type",
        },
        "TransformOutput": {
            "S3OutputPath": "s3Uri",
            "Accept": "accept",
            "AssembleWith": "assemblyType",
            "KmsKeyId": "kmsKeyId",
        },
        "TransformResources": {"InstanceType": "instanceType", "InstanceCount": 3},
        "CreationTime": "2018-10-06T12:26:13Z",
        "TransformStartTime": "2018-10-06T12:26:13Z",
        "TransformEndTime": "2018-10-06T12:26:13Z",
        "Tags": {},
    }
    times = dict.fromkeys(("CreationTime", "TransformStartTime", "TransformEndTime"), 1538828773.5)
    event = job_event(TRANSFORM, replaced(example, "Tags", **times), {})
    assert event.detail_type == "SageMaker Transform Job State Change"
    assert event.resources == (arn("transform-job/myjob"),)
    assert event.detail == example


def test_an_endpoint() -> None:
    example = {
        "EndpointName": "MyEndpoint",
        "EndpointArn": arn("endpoint/myendpoint"),
        "EndpointConfigName": "MyEndpointConfig",
        "ProductionVariants": [{"DesiredWeight": 1.0, "DesiredInstanceCount": 1.0}],
        "EndpointStatus": "IN_SERVICE",
        "CreationTime": 1592411992203.0,
        "LastModifiedTime": 1592411994287.0,
        "Tags": {},
    }
    times = {"CreationTime": 1592411992.203, "LastModifiedTime": 1592411994.287}
    event = endpoint_event(replaced(example, "Tags", EndpointStatus="InService", **times), {})
    assert event.detail_type == "SageMaker Endpoint State Change"
    assert event.resources == (arn("endpoint/myendpoint"),)
    assert event.detail == example


def test_a_deployment_to_a_canary() -> None:
    variant = {"VariantName": "AllTraffic", "CurrentWeight": 1, "DesiredWeight": 1}
    baking = {
        "Status": "Baking",
        "StatusMessage": "Baking for 600 seconds (TerminationWaitInSeconds) with traffic enabled on canary capacity of "
        "1 instance(s).",
    }
    pending = {**variant, "CurrentInstanceCount": 1, "DesiredInstanceCount": 3}

    def deployment(started: float, baked: float) -> dict[str, Any]:
        return {
            "EndpointConfigName": "sample-endpoint-config-2",
            "StartTime": started,
            "ProductionVariants": [{**pending, "VariantStatus": [{**baking, "StartTime": baked}]}],
        }

    example = {
        "EndpointName": "sample-endpoint",
        "EndpointArn": arn("endpoint/sample-endpoint"),
        "EndpointConfigName": "sample-endpoint-config-1",
        "ProductionVariants": [{**variant, "CurrentInstanceCount": 3, "DesiredInstanceCount": 3}],
        "EndpointStatus": "UPDATING",
        "CreationTime": 1635195148181,
        "LastModifiedTime": 1635195148181,
        "Tags": {},
        "PendingDeploymentSummary": deployment(1635195148181, 1635195269181),
    }
    record = replaced(
        example,
        "Tags",
        EndpointStatus="Updating",
        CreationTime=1635195148.181,
        LastModifiedTime=1635195148.181,
        PendingDeploymentSummary=deployment(1635195148.181, 1635195269.181),
    )
    event = endpoint_deployment_event(record, {})
    assert event.detail_type == "SageMaker Endpoint Deployment State Change"
    assert event.resources == (arn("endpoint/sample-endpoint"),)
    assert event.detail == example


def test_a_deployment_that_scales_out() -> None:
    def variants(started: float) -> list[dict[str, Any]]:
        scaling = {"Status": "Updating", "StatusMessage": "Scaling out desired instance count to 6."}
        variant = {"VariantName": "AllTraffic", "CurrentWeight": 1, "DesiredWeight": 1}
        counts = {"CurrentInstanceCount": 3, "DesiredInstanceCount": 6}
        return [{**variant, **counts, "VariantStatus": [{**scaling, "StartTime": started}]}]

    example = {
        "EndpointName": "sample-endpoint",
        "EndpointArn": arn("endpoint/sample-endpoint"),
        "EndpointConfigName": "sample-endpoint-config-1",
        "ProductionVariants": variants(1635195269181),
        "EndpointStatus": "UPDATING",
        "CreationTime": 1635195148181,
        "LastModifiedTime": 1635195148181,
        "Tags": {},
    }
    record = replaced(
        example,
        "Tags",
        EndpointStatus="Updating",
        CreationTime=1635195148.181,
        LastModifiedTime=1635195148.181,
        ProductionVariants=variants(1635195269.181),
    )
    assert endpoint_deployment_event(record, {}).detail == example
