"""The files under /opt/ml, byte for byte where the contract gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local.execution import opt_ml
from sagemaker_local.execution.opt_ml import InvalidMessage


def training(**members: Any) -> dict[str, Any]:
    return {
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
        **members,
    }


def channel(name: str, **members: Any) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b"}},
        **members,
    }


def processing(**members: Any) -> dict[str, Any]:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
    return {
        "ProcessingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:processing-job/p1",
        "ProcessingJobName": "p1",
        "AppSpecification": {"ImageUri": "image"},
        "ProcessingResources": {"ClusterConfig": cluster},
        "RoleArn": "arn:aws:iam::123456789012:role/R",
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        **members,
    }


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def folders(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir()}


# Training


def test_a_training_job_finds_its_folders(tmp_path: Path) -> None:
    opt_ml.lay_out_training(tmp_path, training(), "algo-1")
    assert folders(tmp_path) >= {"input/config", "input/data", "model", "output/data"}
    assert {path.name for path in (tmp_path / "input" / "config").iterdir()} == {
        "hyperparameters.json",
        "inputdataconfig.json",
        "resourceconfig.json",
    }


def test_without_channels_and_hyperparameters_the_files_hold_empty_objects(tmp_path: Path) -> None:
    opt_ml.lay_out_training(tmp_path, training(), "algo-1")
    assert read(tmp_path / "input/config/hyperparameters.json") == {}
    assert read(tmp_path / "input/config/inputdataconfig.json") == {}


def test_hyperparameters_are_the_texts_that_were_sent(tmp_path: Path) -> None:
    sent = {"num_round": "128", "program": '"train.py"', "name": "größer 🙂"}
    opt_ml.lay_out_training(tmp_path, training(HyperParameters=sent), "algo-1")
    assert read(tmp_path / "input/config/hyperparameters.json") == sent


def test_the_input_configuration_has_the_documented_keys(tmp_path: Path) -> None:
    sharded = channel("validation", InputMode="FastFile")
    sharded["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    record = training(InputDataConfig=[channel("train", ContentType="text/csv"), sharded])
    opt_ml.lay_out_training(tmp_path, record, "algo-1")
    assert read(tmp_path / "input/config/inputdataconfig.json") == {
        "train": {
            "ContentType": "text/csv",
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        },
        "validation": {
            "TrainingInputMode": "File",
            "S3DistributionType": "ShardedByS3Key",
            "RecordWrapperType": "None",
        },
    }


def test_the_resource_configuration_is_that_of_one_host(tmp_path: Path) -> None:
    opt_ml.lay_out_training(tmp_path, training(), "algo-1")
    assert read(tmp_path / "input/config/resourceconfig.json") == {
        "current_host": "algo-1",
        "current_instance_type": "ml.c5.xlarge",
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1"],
        "instance_groups": [
            {"instance_group_name": "homogeneousCluster", "instance_type": "ml.c5.xlarge", "hosts": ["algo-1"]}
        ],
        "network_interface_name": "lo",
        "topology": None,
    }


# Processing


def test_the_least_of_a_processing_job_is_written_with_its_gaps_null(tmp_path: Path) -> None:
    opt_ml.lay_out_processing(tmp_path, processing(), "algo-1")
    assert read(tmp_path / "config/processingjobconfig.json") == {
        "ProcessingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:processing-job/p1",
        "ProcessingJobName": "p1",
        "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": None, "ContainerArguments": None},
        "Environment": {},
        "ProcessingInputs": [],
        "ProcessingOutputConfig": {"Outputs": [], "KmsKeyId": None},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.xlarge",
                "VolumeSizeInGB": 30,
                "VolumeKmsKeyId": None,
            }
        },
        "RoleArn": "arn:aws:iam::123456789012:role/R",
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    }


def test_a_processing_jobs_inputs_and_outputs_have_their_defaults_and_their_folders(tmp_path: Path) -> None:
    source = {"S3Uri": "s3://b/in", "S3DataType": "S3Prefix", "LocalPath": "/opt/ml/processing/input/deep/er"}
    output = {"S3Uri": "s3://b/out", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    record = processing(
        AppSpecification={"ImageUri": "image", "ContainerEntrypoint": ["python3"], "ContainerArguments": ["-V"]},
        Environment={"KEY": "VALUE"},
        ProcessingInputs=[{"InputName": "in", "S3Input": source}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": output}], "KmsKeyId": "key"},
    )
    opt_ml.lay_out_processing(tmp_path, record, "algo-1")
    config = read(tmp_path / "config/processingjobconfig.json")
    assert config["AppSpecification"] == record["AppSpecification"]
    assert config["Environment"] == {"KEY": "VALUE"}
    assert config["ProcessingInputs"] == [
        {
            "InputName": "in",
            "AppManaged": False,
            "S3Input": {
                **source,
                "S3DataDistributionType": "FullyReplicated",
                "S3InputMode": "File",
                "S3CompressionType": "None",
                "S3DownloadMode": "StartOfJob",
            },
            "DatasetDefinition": None,
        }
    ]
    assert config["ProcessingOutputConfig"] == {
        "Outputs": [{"OutputName": "out", "AppManaged": False, "S3Output": output, "FeatureStoreOutput": None}],
        "KmsKeyId": "key",
    }
    assert folders(tmp_path) >= {"processing/input/deep/er", "processing/output", "output"}


def test_a_processing_job_knows_its_host(tmp_path: Path) -> None:
    opt_ml.lay_out_processing(tmp_path, processing(), "algo-1")
    config = read(tmp_path / "config/resourceconfig.json")
    assert (config["current_host"], config["hosts"]) == ("algo-1", ["algo-1"])


# Paths


@pytest.mark.parametrize(("path", "below"), [("/opt/ml/model", "model"), ("/opt/ml/a/b/", "a/b"), ("/opt/ml", ".")])
def test_a_path_below_opt_ml_is_found_on_the_host(tmp_path: Path, path: str, below: str) -> None:
    assert opt_ml.inside(tmp_path, path) == tmp_path / below


@pytest.mark.parametrize("path", ["/opt/ml/../etc", "/opt/ml/a/../../..", "/etc/passwd", "/opt/mlx", "model"])
def test_a_path_that_leads_out_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match=path):
        opt_ml.inside(tmp_path, path)


def test_a_link_that_leads_to_itself_leads_out(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ValueError, match="/opt/ml/loop"):
        opt_ml.inside(tmp_path, "/opt/ml/loop")


# What a job leaves


def left(tmp_path: Path, name: str, content: bytes) -> Path:
    (tmp_path / "output").mkdir(parents=True)
    (tmp_path / "output" / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"column age is missing", "column age is missing"),
        (b"", ""),
        (b"x" * 2000, "x" * 1024),
        ("ü".encode() * 2000, "ü" * 1024),
        (b"bad \xff byte", "bad \N{REPLACEMENT CHARACTER} byte"),
    ],
)
def test_the_failure_text_is_cut_to_1024_characters(tmp_path: Path, content: bytes, text: str) -> None:
    assert opt_ml.failure_text(left(tmp_path, "failure", content)) == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"7 rows", "7 rows"),
        (b"x" * 2000, "x" * 1024),
        ("ü".encode() * 600, "ü" * 512),
        (b"x" + "ü".encode() * 600, "x" + "ü" * 511),
        (b"x" * 1022 + "🙂".encode(), "x" * 1022),
    ],
)
def test_the_exit_message_is_its_first_kilobyte_in_whole_characters(tmp_path: Path, content: bytes, text: str) -> None:
    assert opt_ml.exit_message([left(tmp_path, "message", content)]) == text


@pytest.mark.parametrize("content", [b"\xff", b"text \xe4 in latin-1", b"x" * 900 + b"\xff" + b"x" * 500])
def test_an_exit_message_that_is_not_utf8_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidMessage, match="/opt/ml/output/message is not UTF-8"):
        opt_ml.exit_message([left(tmp_path, "message", content)])


def test_a_job_that_left_nothing_has_no_text_and_no_message(tmp_path: Path) -> None:
    assert opt_ml.failure_text(tmp_path) == ""
    assert opt_ml.exit_message([tmp_path]) is None


def test_a_folder_in_their_place_is_no_text_and_no_message(tmp_path: Path) -> None:
    (tmp_path / "output" / "failure").mkdir(parents=True)
    (tmp_path / "output" / "message").mkdir()
    assert opt_ml.failure_text(tmp_path) == ""
    assert opt_ml.exit_message([tmp_path]) is None


def test_of_several_instances_each_knows_all_in_order_and_itself(tmp_path: Path) -> None:
    hosts = [f"algo-{number}" for number in range(1, 12)]
    machines = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 11}
    opt_ml.lay_out_training(tmp_path, training(ResourceConfig=machines), "algo-2")
    resources = json.loads((tmp_path / "input" / "config" / "resourceconfig.json").read_text())
    assert resources["hosts"] == resources["instance_groups"][0]["hosts"] == sorted(hosts)
    assert resources["hosts"][:3] == ["algo-1", "algo-10", "algo-11"], "the order is not that of the letters"
    assert resources["current_host"] == "algo-2"


def test_of_several_groups_each_instance_knows_all_and_its_own(tmp_path: Path) -> None:
    groups = [
        {"InstanceGroupName": "data", "InstanceType": "ml.c5.large", "InstanceCount": 2},
        {"InstanceGroupName": "train", "InstanceType": "ml.p3.2xlarge", "InstanceCount": 1},
    ]
    only_data = channel("raw")
    only_data["DataSource"]["S3DataSource"]["InstanceGroupNames"] = ["data"]
    record = training(ResourceConfig={"InstanceGroups": groups}, InputDataConfig=[only_data, channel("shared")])
    seen = {}
    for host in ("algo-1", "algo-3"):
        opt_ml.lay_out_training(tmp_path / host, record, host)
        config = tmp_path / host / "input" / "config"
        seen[host] = (read(config / "resourceconfig.json"), set(read(config / "inputdataconfig.json")))
    resources, channels = seen["algo-3"]
    assert channels == {"shared"}
    assert seen["algo-1"][1] == {"raw", "shared"}
    assert resources == {
        "current_host": "algo-3",
        "current_instance_type": "ml.p3.2xlarge",
        "current_group_name": "train",
        "hosts": ["algo-1", "algo-2", "algo-3"],
        "instance_groups": [
            {"instance_group_name": "data", "instance_type": "ml.c5.large", "hosts": ["algo-1", "algo-2"]},
            {"instance_group_name": "train", "instance_type": "ml.p3.2xlarge", "hosts": ["algo-3"]},
        ],
        "network_interface_name": "lo",
        "topology": None,
    }


def test_the_exit_messages_of_several_instances_follow_each_other(tmp_path: Path) -> None:
    folders = [left(path, "message", path.name.encode() * 100) for path in (tmp_path / "algo-1", tmp_path / "algo-2")]
    assert opt_ml.exit_message(folders) == ("algo-1" * 100 + "algo-2" * 100)[:1024]
