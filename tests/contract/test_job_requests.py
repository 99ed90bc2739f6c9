"""What creating a job checks beyond the model: name taken, role, image, data, and what is not supported here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.accounts import Account
from tests.contract.refusals import invalid, refused
from tests.support.local_aws import (
    ACCOUNT,
    BUCKET,
    IMAGE,
    REGION,
    ROLE,
    LocalAws,
    channel,
    processing_input,
    processing_output,
    processing_request,
    training_request,
    unique,
)
from tests.support.polling import eventually

NOT_ASSUMABLE = (
    "Could not assume role {role}. Please ensure that the role exists and allows principal "
    "'sagemaker.amazonaws.com' to assume the role."
)
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"


def create_calls(aws: LocalAws, **changes: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Both Create calls, with a new name and *changes*."""
    name = unique("x")
    return [
        (aws.sagemaker.create_training_job, training_request(name, "", **changes)),
        (aws.sagemaker.create_processing_job, processing_request(name, "", **changes)),
    ]


# Names


@pytest.mark.documented("API_CreateTrainingJob, API_CreateProcessingJob: ResourceInUse")
def test_the_same_request_again_is_no_retry_but_a_taken_name(aws: LocalAws) -> None:
    for create, request in create_calls(aws):
        create(**request)
        assert refused(create, **request)[0] == "ResourceInUse"


@pytest.mark.documented("boto3: modelled errors have an exception class of their own")
def test_a_taken_name_is_caught_by_its_exception_class(aws: LocalAws) -> None:
    name = aws.train("")
    with pytest.raises(aws.sagemaker.exceptions.ResourceInUse):
        aws.sagemaker.create_training_job(**training_request(name, ""))


@pytest.mark.local_only
def test_a_name_is_taken_in_any_letter_case(aws: LocalAws) -> None:
    name = unique("Mixed-Case")
    aws.train("", TrainingJobName=name)
    code, _ = refused(aws.sagemaker.create_training_job, **training_request(name.upper(), ""))
    assert code == "ResourceInUse"
    assert aws.sagemaker.describe_training_job(TrainingJobName=name.lower())["TrainingJobName"] == name


@pytest.mark.documented("API_CreateTrainingJob: names are unique within an account and region")
def test_a_training_and_a_processing_job_may_share_a_name(aws: LocalAws) -> None:
    name = unique("both")
    aws.train("", TrainingJobName=name)
    aws.process("", ProcessingJobName=name)
    assert aws.trained(name)["TrainingJobStatus"] == aws.processed(name)["ProcessingJobStatus"] == "Completed"


@pytest.mark.documented("API_CreateProcessingJob: ResourceInUse")
def test_of_many_at_once_with_one_name_one_wins(aws: LocalAws) -> None:
    name = unique("race")

    def create(_: int) -> str:
        try:
            aws.sagemaker.create_processing_job(**processing_request(name, ""))
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "created"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(create, range(8)))
    assert outcomes == ["ResourceInUse"] * 7 + ["created"]
    assert aws.processed(name)["ProcessingJobStatus"] == "Completed"


# Roles


@pytest.mark.local_only
def test_a_role_that_does_not_exist_cannot_be_assumed(aws: LocalAws) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/absent"
    for create, request in create_calls(aws, RoleArn=role):
        assert invalid(create, **request) == NOT_ASSUMABLE.format(role=role)


@pytest.mark.documented("sagemaker-roles: the role trusts sagemaker.amazonaws.com")
def test_a_role_that_does_not_trust_sagemaker_cannot_be_assumed(aws: LocalAws, account: Account) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = account.create_role({"Version": "2012-10-17", "Statement": [statement]})
    request = account.training_request(unique("x"), role)
    assert invalid(account.sagemaker.create_training_job, **request) == NOT_ASSUMABLE.format(role=role)


@pytest.mark.local_only
def test_a_role_of_another_account_is_refused(aws: LocalAws) -> None:
    for create, request in create_calls(aws, RoleArn="arn:aws:iam::111111111111:role/jobs"):
        assert invalid(create, **request) == "RoleArn: Cross-account pass role is not allowed."


@pytest.mark.documented("API_CreateTrainingJob: RoleArn may have a path")
def test_a_role_below_a_path_is_found_by_its_name(aws: LocalAws, account: Account) -> None:
    role = account.create_role().replace(":role/", ":role/service-role/")
    account.sagemaker.create_training_job(**account.training_request("x", role))
    assert account.sagemaker.describe_training_job(TrainingJobName="x")["RoleArn"] == role


# Images


@pytest.mark.local_only
@pytest.mark.parametrize("uri", ["python:3.12", "docker.io/library/python", f"{REGISTRY}/UPPER:1", "s3://bucket/image"])
def test_what_is_no_address_in_ecr_is_an_invalid_image(aws: LocalAws, uri: str) -> None:
    training = {"AlgorithmSpecification": {"TrainingImage": uri, "TrainingInputMode": "File"}}
    processing = {"AppSpecification": {"ImageUri": uri}}
    for (create, request), change in zip(create_calls(aws), (training, processing), strict=True):
        assert invalid(create, **request | change) == (
            f"Invalid image URI {uri}. Please provide a valid Amazon Elastic Container Registry path of the "
            "Docker image to run."
        )


@pytest.mark.local_only
def test_an_image_that_is_not_here_is_told_which_are(aws: LocalAws) -> None:
    uri = f"{REGISTRY}/nightshift/absent:1"
    request = processing_request(unique("x"), "", AppSpecification={"ImageUri": uri})
    message = invalid(aws.sagemaker.create_processing_job, **request)
    assert message == (
        f"Requested image {uri} not found: images here: bare, fixed-port, rows, script, serving; of those that AWS "
        "maintains: sagemaker-scikit-learn, sagemaker-xgboost."
    )


@pytest.mark.local_only
@pytest.mark.parametrize(
    ("image", "told"),
    [
        ("246618743249.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", "in account 683313688378, not"),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:9.9-9", "has no tag 9.9-9; tags that run"),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.3-1", "within one minor release of its 1.3"),
    ],
)
def test_of_aws_images_one_that_is_not_there_or_too_far_away_is_told_what_is(
    aws: LocalAws, image: str, told: str
) -> None:
    request = training_request(unique("x"), "", algorithm={"TrainingImage": image})
    message = invalid(aws.sagemaker.create_training_job, **request)
    assert message.startswith(f"Requested image {image} not found: ")
    assert told in message


@pytest.mark.documented("API_AlgorithmSpecification: MetricDefinitions")
def test_the_metrics_of_an_algorithm_of_amazons_cannot_be_defined_anew(aws: LocalAws) -> None:
    algorithm = {
        "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
        "MetricDefinitions": [{"Name": "validation:rmse", "Regex": "rmse=(.*)"}],
    }
    request = training_request(unique("x"), "", algorithm=algorithm)
    assert invalid(aws.sagemaker.create_training_job, **request) == (
        "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the request without "
        "specifying metric definitions."
    )


@pytest.mark.documented("API_AlgorithmSpecification: TrainingImage or AlgorithmName")
def test_a_training_job_needs_an_image(aws: LocalAws) -> None:
    request = training_request(unique("x"), "", AlgorithmSpecification={"TrainingInputMode": "File"})
    assert "TrainingImage" in invalid(aws.sagemaker.create_training_job, **request)


@pytest.mark.local_only
def test_the_image_is_what_its_name_says_whatever_account_and_tag(aws: LocalAws) -> None:
    uri = IMAGE.replace(ACCOUNT, "683313688378").replace(":1", "@sha256:" + "0" * 64)
    name = aws.process("", AppSpecification={"ImageUri": uri, "ContainerEntrypoint": ["true"]})
    assert aws.processed(name)["ProcessingJobStatus"] == "Completed"


# Data


@pytest.mark.local_only
def test_a_training_input_without_objects_is_refused_at_once(aws: LocalAws) -> None:
    uri = f"s3://{BUCKET}/{unique('nothing')}/"
    request = training_request(unique("x"), "", InputDataConfig=[channel("train", uri)])
    assert invalid(aws.sagemaker.create_training_job, **request) == (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists '
        f"in the selected region ({REGION}), that objects exist under that S3 prefix, and that the role "
        f'"{ROLE}" has "s3:ListBucket" permissions on bucket "{BUCKET}".'
    )


@pytest.mark.local_only
def test_a_training_input_in_a_bucket_that_does_not_exist_is_refused_at_once(aws: LocalAws) -> None:
    inputs = [channel("train", f"s3://{unique('no-bucket')}/x")]
    message = invalid(aws.sagemaker.create_training_job, **training_request(unique("x"), "", InputDataConfig=inputs))
    assert message.startswith("No S3 objects found under S3 URL")


@pytest.mark.local_only
def test_a_processing_input_without_objects_fails_the_job_which_says_so(aws: LocalAws) -> None:
    uri = f"s3://{BUCKET}/{unique('nothing')}"
    job = aws.processed(aws.process("", ProcessingInputs=[processing_input("data", uri)]))
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert f'No S3 objects found under S3 URL "{uri}"' in job["FailureReason"]


@pytest.mark.local_only
def test_an_https_address_matches_the_models_pattern_but_is_no_s3_uri(aws: LocalAws) -> None:
    address = "https://bucket.s3.amazonaws.com/key"
    requests = [
        training_request(unique("x"), "", OutputDataConfig={"S3OutputPath": address}),
        training_request(unique("x"), "", InputDataConfig=[channel("train", address)]),
    ]
    for request in requests:
        assert f"{address} is not an S3 URI" in invalid(aws.sagemaker.create_training_job, **request)
    inputs = {"ProcessingInputs": [processing_input("data", address)]}
    outputs = {"ProcessingOutputConfig": {"Outputs": [processing_output("out", address)]}}
    for change in (inputs, outputs):
        request = processing_request(unique("x"), "", **change)
        assert f"{address} is not an S3 URI" in invalid(aws.sagemaker.create_processing_job, **request)


@pytest.mark.local_only
@pytest.mark.parametrize("names", [("train", "train"), ("..",), (".",)])
def test_channels_must_have_names_of_their_own_that_make_folders(aws: LocalAws, names: tuple[str, ...]) -> None:
    uri = aws.put(f"{unique('data')}/a", "1")
    request = training_request(unique("x"), "", InputDataConfig=[channel(name, uri) for name in names])
    assert "ChannelName must be" in invalid(aws.sagemaker.create_training_job, **request)


@pytest.mark.documented("API_ProcessingS3Input: LocalPath must begin with /opt/ml/processing/")
@pytest.mark.parametrize("path", ["/tmp/in", "/opt/ml/processing/../model", "relative", "/opt/ml/processingjob", None])
def test_a_processing_path_must_lie_in_the_processing_folder(aws: LocalAws, path: str | None) -> None:
    item = processing_input("data", f"s3://{BUCKET}/x")
    item["S3Input"] = {key: value for key, value in item["S3Input"].items() if key != "LocalPath"}
    if path is not None:
        item["S3Input"]["LocalPath"] = path
    request = processing_request(unique("x"), "", ProcessingInputs=[item])
    assert "must lie in /opt/ml/processing/" in invalid(aws.sagemaker.create_processing_job, **request)


@pytest.mark.local_only
def test_two_inputs_cannot_have_one_name_or_one_path(aws: LocalAws) -> None:
    one = processing_input("data", f"s3://{BUCKET}/x")
    other = processing_input("other", f"s3://{BUCKET}/y")
    same_path = {**other, "S3Input": {**other["S3Input"], "LocalPath": one["S3Input"]["LocalPath"]}}
    for pair, member in (([one, one], "InputName"), ([one, same_path], "LocalPath")):
        request = processing_request(unique("x"), "", ProcessingInputs=pair)
        assert f"{member}" in invalid(aws.sagemaker.create_processing_job, **request)


# Stopping


@pytest.mark.local_only
def test_a_finished_job_cannot_be_stopped(aws: LocalAws) -> None:
    name = aws.train("")
    aws.trained(name)
    message = invalid(aws.sagemaker.stop_training_job, TrainingJobName=name)
    assert message == "The request was rejected because the training job is in status Completed."
    name = aws.process("raise SystemExit(1)")
    aws.processed(name)
    message = invalid(aws.sagemaker.stop_processing_job, ProcessingJobName=name)
    assert message == "The request was rejected because the processing job is in status Failed."


@pytest.mark.local_only
def test_an_unknown_job_cannot_be_stopped(aws: LocalAws) -> None:
    name = unique("none")
    assert invalid(aws.sagemaker.stop_training_job, TrainingJobName=name) == "Requested resource not found."
    assert name in invalid(aws.sagemaker.stop_processing_job, ProcessingJobName=name)


@pytest.mark.documented("API_StopTrainingJob: the status becomes Stopping")
def test_a_job_can_be_stopped_twice(aws: LocalAws) -> None:
    script = """
import pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("/opt/ml/checkpoints/ready").touch()
time.sleep(600)
"""
    checkpoints = unique("checkpoints")
    name = aws.train(script, CheckpointConfig={"S3Uri": f"s3://{BUCKET}/{checkpoints}"})
    eventually(lambda: aws.keys(f"{checkpoints}/"), "the program's start")
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    assert aws.trained(name)["TrainingJobStatus"] == "Stopped"


# Spot capacity


SPOT_PAGE = "model-managed-spot-training: MaxWaitTimeInSeconds"


@pytest.mark.documented(SPOT_PAGE)
@pytest.mark.parametrize(
    "stopping",
    [
        {"MaxRuntimeInSeconds": 60},
        {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 59},
        {"MaxWaitTimeInSeconds": 86_399},  # the run time that is not given is a day
    ],
)
def test_spot_capacity_needs_a_wait_that_is_no_shorter_than_the_run(aws: LocalAws, stopping: dict[str, int]) -> None:
    request = training_request(unique("x"), "", EnableManagedSpotTraining=True, StoppingCondition=stopping)
    assert invalid(aws.sagemaker.create_training_job, **request) == (
        "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
    )


@pytest.mark.documented(SPOT_PAGE)
def test_without_spot_capacity_there_is_no_wait(aws: LocalAws) -> None:
    stopping = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}
    request = training_request(unique("x"), "", StoppingCondition=stopping)
    assert invalid(aws.sagemaker.create_training_job, **request) == (
        "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
    )


# Channels and instances


def a_channel(mode: str = "File", **source: Any) -> dict[str, Any]:
    """A channel ``t`` in that mode, whose source has these members beside a URI."""
    data = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/t", **source}
    return {"ChannelName": "t", "DataSource": {"S3DataSource": data}, "InputMode": mode}


AUGMENTED = {"S3DataType": "AugmentedManifestFile", "AttributeNames": ["a"]}
GROUP = {"InstanceGroupName": "g", "InstanceType": "ml.m5.large", "InstanceCount": 1}


@pytest.mark.documented("API_Channel, API_S3DataSource: what belongs to which input mode")
@pytest.mark.parametrize(
    ("channel_", "message"),
    [
        (
            {**a_channel(), "CompressionType": "Gzip"},
            "Invalid compression type for channel t: File mode only supports NONE, got Gzip instead",
        ),
        ({**a_channel("FastFile"), "RecordWrapperType": "RecordIO"}, "RecordWrapperType is for input mode Pipe only"),
        (a_channel(**AUGMENTED), "AugmentedManifestFile can only be used if the channel's input mode is Pipe"),
        (a_channel("FastFile", S3DataType="ManifestFile"), "input mode FastFile is for S3DataType S3Prefix only"),
        (a_channel("Pipe", S3DataType="AugmentedManifestFile"), "AttributeNames must be given with Augmented"),
        (a_channel(AttributeNames=["a"]), "AttributeNames must be given with AugmentedManifestFile, and only then"),
        (a_channel(InstanceGroupNames=["g"]), "channel t: there is no instance group g"),
    ],
)
def test_a_channel_has_what_its_mode_and_cluster_know(aws: LocalAws, channel_: dict[str, Any], message: str) -> None:
    request = training_request(unique("x"), "", InputDataConfig=[channel_])
    assert message in invalid(aws.sagemaker.create_training_job, **request)


@pytest.mark.documented("API_ResourceConfig: InstanceGroups")
@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"InstanceGroups": [GROUP], "InstanceCount": 1}, "InstanceCount cannot be given together with InstanceGroups"),
        ({"InstanceGroups": [GROUP, GROUP]}, "ResourceConfig.InstanceGroups must be unique; given more than once: g"),
        ({"InstanceGroups": [{**GROUP, "InstanceCount": 0}]}, "a training job needs at least one instance"),
        ({"InstanceType": "ml.m5.large", "InstanceCount": 0}, "a training job needs at least one instance"),
        ({"InstanceGroups": []}, "ResourceConfig.InstanceType must be given"),
    ],
)
def test_a_cluster_is_of_one_type_or_of_groups(aws: LocalAws, resources: dict[str, Any], message: str) -> None:
    request = training_request(unique("x"), "", ResourceConfig={"VolumeSizeInGB": 1, **resources})
    assert message in invalid(aws.sagemaker.create_training_job, **request)


@pytest.mark.local_only
def test_a_job_has_at_most_a_hundred_instances(aws: LocalAws) -> None:
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2**31 - 1, "VolumeSizeInGB": 1}
    code, message = refused(aws.sagemaker.create_training_job, **training_request("x", "", ResourceConfig=resources))
    assert code == "ResourceLimitExceeded"
    assert "'ml.m5.large for training job usage' is 100 Instances" in message
    assert "a request delta of 2147483647 Instances" in message
