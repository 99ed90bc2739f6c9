"""Where the system grants no namespaces, jobs run by rewritten paths alone, and the server says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.local_aws import BUCKET, IMAGE, LocalAws, channel, processing_output, unique

pytestmark = pytest.mark.local_only


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[LocalAws]:
    server = LocalAws(
        tmp_path_factory.mktemp("plain") / "data", environments, "--isolation", "none", "--stop-grace", "1"
    )
    server.start().prepare()
    yield server
    server.terminate()


def test_the_server_says_that_there_is_no_isolation(plain: LocalAws) -> None:
    health = plain.health()
    assert health is not None
    assert health["isolation"] == "none"


def test_paths_below_opt_ml_in_arguments_and_environment_lead_to_the_jobs_folder(plain: LocalAws) -> None:
    target = f"s3://{BUCKET}/{unique('out')}"
    script = "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(os.environ['HERE'])"
    arguments = ["python3", "-c", script, "/opt/ml/processing/out/r"]
    name = plain.process(
        "",
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": arguments},
        Environment={"HERE": "/opt/ml/processing"},
        ProcessingOutputConfig={"Outputs": [processing_output("out", target)]},
    )
    assert plain.processed(name)["ProcessingJobStatus"] == "Completed"
    assert plain.read(f"{target}/r").decode().startswith(str(plain.data_dir / "jobs"))


def test_a_training_script_finds_its_way_by_the_toolkits_variables(plain: LocalAws) -> None:
    prefix = unique("data")
    plain.put(f"{prefix}/a.csv", "5")
    script = """
import os, pathlib
text = (pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]) / "a.csv").read_text()
assert pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "input/config/hyperparameters.json").exists()
pathlib.Path(os.environ["SM_MODEL_DIR"], "m").write_text(text)
"""
    output = {"S3OutputPath": f"s3://{BUCKET}/models", "CompressionType": "NONE"}
    inputs = [channel("train", f"s3://{BUCKET}/{prefix}")]
    job = plain.trained(plain.train(script, InputDataConfig=inputs, OutputDataConfig=output))
    assert plain.read(job["ModelArtifacts"]["S3ModelArtifacts"] + "m") == b"5"


def test_network_isolation_is_refused_rather_than_left_out(plain: LocalAws) -> None:
    with pytest.raises(plain.sagemaker.exceptions.ClientError, match="EnableNetworkIsolation"):
        plain.train("", EnableNetworkIsolation=True)


def test_a_stopped_job_takes_its_children_along(plain: LocalAws) -> None:
    name = plain.process("import subprocess; subprocess.run(['sleep', '600'])")
    plain.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert plain.processed(name)["ProcessingJobStatus"] == "Stopped"


def test_several_instances_are_refused_as_their_names_would_not_resolve(plain: LocalAws) -> None:
    resources = {"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    with pytest.raises(plain.sagemaker.exceptions.ClientError, match="InstanceCount above 1"):
        plain.train("", ResourceConfig=resources)
