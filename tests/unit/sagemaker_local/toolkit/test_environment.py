from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagemaker_local.toolkit import environment
from tests.unit.sagemaker_local.toolkit.conftest import Configure

pytestmark = pytest.mark.documented("sagemaker-training-toolkit: ENVIRONMENT_VARIABLES")
GROUP = {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1", "algo-2"]}
TWO = {
    "current_host": "algo-2",
    "current_instance_type": "ml.m5.large",
    "current_group_name": "homogeneousCluster",
    "hosts": ["algo-1", "algo-2"],
    "instance_groups": [GROUP],
    "network_interface_name": "eth0",
    "topology": None,
}


@pytest.fixture(autouse=True)
def container(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that the platform and the image set."""
    monkeypatch.setenv("TRAINING_JOB_NAME", "job-1")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("SAGEMAKER_TRAINING_MODULE", "sagemaker_sklearn_container.training:main")


def test_the_variables_tell_of_the_program_and_its_arguments(configure: Configure) -> None:
    configure({"sagemaker_program": '"pkg/train.py"', "sagemaker_submit_directory": '"s3://b/c.tar.gz"', "eta": "0.1"})
    seen = environment.read().sm_variables()
    assert seen["SM_USER_ENTRY_POINT"] == "pkg/train.py"
    assert seen["SM_MODULE_NAME"] == "pkg/train"
    assert seen["SM_MODULE_DIR"] == "s3://b/c.tar.gz"
    assert seen["SM_HPS"] == '{"eta":0.1}'
    assert seen["SM_HP_ETA"] == "0.1"
    assert seen["SM_USER_ARGS"] == '["--eta","0.1"]'
    assert seen["SM_FRAMEWORK_MODULE"] == "sagemaker_sklearn_container.training:main"
    assert seen["SM_LOG_LEVEL"] == "20"


def test_the_variables_tell_of_the_folders_and_channels(configure: Configure, base: Path) -> None:
    channels = {"train": {"TrainingInputMode": "File"}, "Test.set": {"TrainingInputMode": "File"}}
    configure(channels=channels)
    seen = environment.read().sm_variables()
    assert seen["SM_CHANNELS"] == '["Test.set","train"]'
    assert seen["SM_CHANNEL_TRAIN"] == str(base / "input/data/train")
    assert seen["SM_CHANNEL_TEST.SET"] == str(base / "input/data/Test.set")
    assert seen["SM_MODEL_DIR"] == str(base / "model")
    assert seen["SM_OUTPUT_DATA_DIR"] == str(base / "output/data")
    assert seen["SM_OUTPUT_INTERMEDIATE_DIR"] == str(base / "output/intermediate")
    assert seen["SM_INPUT_CONFIG_DIR"] == str(base / "input/config")
    assert json.loads(seen["SM_INPUT_DATA_CONFIG"]) == channels


def test_the_variables_tell_of_the_cluster(configure: Configure) -> None:
    configure(resources=TWO)
    seen = environment.read().sm_variables()
    assert seen["SM_HOSTS"] == '["algo-1","algo-2"]'
    assert seen["SM_CURRENT_HOST"] == "algo-2"
    assert seen["SM_CURRENT_INSTANCE_GROUP"] == "homogeneousCluster"
    assert seen["SM_CURRENT_INSTANCE_GROUP_HOSTS"] == '["algo-1","algo-2"]'
    assert seen["SM_CURRENT_INSTANCE_TYPE"] == "ml.m5.large"
    assert seen["SM_INSTANCE_GROUPS"] == '["homogeneousCluster"]'
    assert json.loads(seen["SM_INSTANCE_GROUPS_DICT"]) == {"homogeneousCluster": GROUP}
    assert (seen["SM_IS_HETERO"], seen["SM_NETWORK_INTERFACE_NAME"]) == ("false", "eth0")
    assert json.loads(seen["SM_RESOURCE_CONFIG"]) == TWO
    assert "SM_TOPOLOGY" not in seen
    assert int(seen["SM_NUM_CPUS"]) >= 1
    assert (seen["SM_NUM_GPUS"], seen["SM_NUM_NEURONS"]) == ("0", "0")


def test_topology_is_told_where_there_is_one(configure: Configure) -> None:
    configure(resources={**TWO, "topology": [{"hostName": "algo-1"}]})
    assert environment.read().sm_variables()["SM_TOPOLOGY"] == '[{"hostName":"algo-1"}]'


def test_the_training_environment_is_the_whole_of_it(configure: Configure) -> None:
    configure({"sagemaker_program": "train.py", "sagemaker_s3_output": "s3://b/o"}, resources=TWO)
    whole = json.loads(environment.read().sm_variables()["SM_TRAINING_ENV"])
    assert whole["job_name"] == "job-1"
    assert (whole["is_master"], whole["master_hostname"]) == (False, "algo-1")
    assert whole["additional_framework_parameters"] == {}
    assert whole["distribution_hosts"] == []


def test_a_frameworks_distribution_names_its_hosts(configure: Configure) -> None:
    configure({"sagemaker_mpi_enabled": "true"}, resources=TWO)
    job = environment.read()
    assert job.sm_variables()["SM_FRAMEWORK_PARAMS"] == '{"sagemaker_mpi_enabled":true}'
    assert job.sm_variables()["SM_DISTRIBUTION_INSTANCE_GROUPS"] == '["homogeneousCluster"]'
    assert job.described()["distribution_hosts"] == ["algo-1", "algo-2"]


def test_the_environment_names_program_and_place_where_hyperparameters_do_not(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, base: Path
) -> None:
    configure()
    assert (environment.read().entry_point, environment.read().module_dir) == (None, str(base / "code"))
    monkeypatch.setenv("SAGEMAKER_PROGRAM", "other.py")
    monkeypatch.setenv("SAGEMAKER_SUBMIT_DIRECTORY", "/opt/ml/input/data/code")
    job = environment.read()
    assert (job.entry_point, job.module_dir) == ("other.py", "/opt/ml/input/data/code")
    configure({"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://b/c"})
    job = environment.read()
    assert (job.entry_point, job.module_dir) == ("other.py", "s3://b/c")


def test_the_toolkit_sets_variables_of_its_own(configure: Configure) -> None:
    configure({"sagemaker_job_name": '"named"', "sagemaker_region": '"us-west-2"'})
    assert environment.read().toolkit_variables() == {
        "CURRENT_HOST": "algo-1",
        "SAGEMAKER_JOB_NAME": "named",
        "SAGEMAKER_REGION": "us-west-2",
    }
    configure()
    assert environment.read().toolkit_variables()["SAGEMAKER_REGION"] == "eu-west-1"
