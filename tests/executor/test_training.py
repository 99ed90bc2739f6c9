"""Training jobs as a program sees them, and what becomes of what it leaves."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from tests.support.local_aws import BUCKET, IMAGE, LocalAws, channel, training_request, unique
from tests.support.polling import eventually
from tests.support.tuning import SCRIPT_IMAGE

SHOW_TREE = """
import json, pathlib
tree = {str(p): p.read_text() for p in pathlib.Path("/opt/ml").rglob("*") if p.is_file()}
pathlib.Path("/opt/ml/output/data/tree.json").write_text(json.dumps(tree))
pathlib.Path("/opt/ml/model/sub").mkdir()
pathlib.Path("/opt/ml/model/sub/weights.txt").write_text("42")
"""


def archive(aws: LocalAws, uri: str) -> dict[str, str]:
    """The files of a .tar.gz on S3."""
    with tarfile.open(fileobj=io.BytesIO(aws.read(uri))) as tar:
        return {
            member.name: tar.extractfile(member).read().decode()  # type: ignore[union-attr]
            for member in tar.getmembers()
            if member.isfile()
        }


@pytest.mark.documented("your-algorithms-training-algo-running-container")
def test_a_training_job_finds_its_data_and_configuration_where_documented(aws: LocalAws) -> None:
    prefix = unique("data")
    aws.put(f"{prefix}/train/deep/a.csv", "1,2")
    aws.put(f"{prefix}/train/b.csv", "3,4")
    job = aws.trained(
        aws.train(
            SHOW_TREE,
            HyperParameters={"depth": "4", "quoted": '"text"'},
            InputDataConfig=[channel("train", f"s3://{BUCKET}/{prefix}/train", ContentType="text/csv")],
        )
    )
    assert job["TrainingJobStatus"] == "Completed"
    output = f"s3://{BUCKET}/models/{job['TrainingJobName']}/output"
    tree = json.loads(archive(aws, f"{output}/output.tar.gz")["tree.json"])
    assert tree["/opt/ml/input/data/train/deep/a.csv"] == "1,2"
    assert tree["/opt/ml/input/data/train/b.csv"] == "3,4"
    assert json.loads(tree["/opt/ml/input/config/hyperparameters.json"]) == {"depth": "4", "quoted": '"text"'}
    assert json.loads(tree["/opt/ml/input/config/inputdataconfig.json"])["train"] == {
        "ContentType": "text/csv",
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }
    resources = json.loads(tree["/opt/ml/input/config/resourceconfig.json"])
    assert (resources["current_host"], resources["hosts"]) == ("algo-1", ["algo-1"])


@pytest.mark.documented("your-algorithms-training-algo-output")
def test_the_model_is_uploaded_as_an_archive_rooted_at_its_content(aws: LocalAws) -> None:
    job = aws.trained(aws.train(SHOW_TREE))
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{BUCKET}/models/{job['TrainingJobName']}/output/model.tar.gz"
    assert archive(aws, uri) == {"sub/weights.txt": "42"}


@pytest.mark.local_only
def test_an_uncompressed_model_is_uploaded_file_by_file(aws: LocalAws) -> None:
    output = {"S3OutputPath": f"s3://{BUCKET}/models", "CompressionType": "NONE"}
    job = aws.trained(aws.train(SHOW_TREE, OutputDataConfig=output))
    assert aws.read(job["ModelArtifacts"]["S3ModelArtifacts"] + "sub/weights.txt") == b"42"


@pytest.mark.documented("your-algorithms-training-algo-running-container")
def test_the_environment_has_the_platforms_variables_and_the_requests(aws: LocalAws) -> None:
    script = "import json, os; json.dump(dict(os.environ), open('/opt/ml/model/environment.json', 'w'))"
    job = aws.trained(aws.train(script, Environment={"MINE": "yes"}))
    seen = json.loads(archive(aws, job["ModelArtifacts"]["S3ModelArtifacts"])["environment.json"])
    assert seen["MINE"] == "yes"
    assert seen["TRAINING_JOB_NAME"] == job["TrainingJobName"]
    assert seen["TRAINING_JOB_ARN"] == job["TrainingJobArn"]
    assert seen["AWS_REGION"] == "us-east-1"


@pytest.mark.documented("your-algorithms-training-algo-dockerfile: docker run image train")
def test_without_an_entry_point_the_images_own_program_train_is_run(aws: LocalAws) -> None:
    name = unique("training")
    code = aws.put(f"code/{name}/main.py", "import sys; print('here', *sys.argv[1:])")
    request = training_request(name, "", InputDataConfig=[channel("code", code)])
    request["AlgorithmSpecification"] = {"TrainingImage": SCRIPT_IMAGE, "TrainingInputMode": "File"}
    aws.sagemaker.create_training_job(**request)
    assert aws.trained(name)["TrainingJobStatus"] == "Completed"
    assert aws.log_lines("TrainingJobs", name) == ["here"]


@pytest.mark.local_only
def test_no_variable_of_the_server_reaches_a_job_and_aws_clients_in_it_end_at_the_server(aws: LocalAws) -> None:
    script = "import json, os; json.dump(dict(os.environ), open('/opt/ml/model/environment.json', 'w'))"
    job = aws.trained(aws.train(script))
    seen = json.loads(archive(aws, job["ModelArtifacts"]["S3ModelArtifacts"])["environment.json"])
    assert seen["AWS_ENDPOINT_URL"] == aws.endpoint
    assert not {"VIRTUAL_ENV", "PYENV_ROOT", "PYTEST_CURRENT_TEST", "HTTP_PROXY"} & seen.keys()


@pytest.mark.documented("your-algorithms-training-signal-success-failure")
def test_the_failure_file_becomes_the_failure_reason(aws: LocalAws) -> None:
    script = "open('/opt/ml/output/failure', 'w').write('column age is missing' + 'x' * 2000); raise SystemExit(3)"
    job = aws.trained(aws.train(script))
    assert job["TrainingJobStatus"] == "Failed"
    assert job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: column age is missing")
    assert len(job["FailureReason"]) <= 1024
    assert "ModelArtifacts" not in job


@pytest.mark.documented("your-algorithms-training-algo-output: /opt/ml/output/data")
def test_what_a_failed_program_left_beside_its_model_is_uploaded(aws: LocalAws) -> None:
    script = "open('/opt/ml/output/data/why.txt', 'w').write('no rows'); raise SystemExit(3)"
    job = aws.trained(aws.train(script))
    uri = f"{job['OutputDataConfig']['S3OutputPath']}/{job['TrainingJobName']}/output/output.tar.gz"
    assert archive(aws, uri) == {"why.txt": "no rows"}
    states = [transition["Status"] for transition in job["SecondaryStatusTransitions"]]
    assert states == ["Starting", "Downloading", "Training", "Uploading", "Failed"]


@pytest.mark.local_only
def test_a_failed_programs_reason_is_told_also_where_its_output_cannot_be_uploaded(aws: LocalAws) -> None:
    script = "open('/opt/ml/output/data/why.txt', 'w').close(); raise SystemExit(3)"
    job = aws.trained(aws.train(script, OutputDataConfig={"S3OutputPath": f"s3://{unique('no-bucket')}/x"}))
    assert job["FailureReason"] == "AlgorithmError: , exit code: 3"


@pytest.mark.documented("SecondaryStatusTransition: StatusMessage")
def test_each_secondary_state_tells_how_far_it_came(aws: LocalAws) -> None:
    job = aws.trained(aws.train(""))
    told = {transition["Status"]: transition["StatusMessage"] for transition in job["SecondaryStatusTransitions"]}
    assert told == {
        "Starting": "Preparing the instances for training",
        "Downloading": "Downloading the training image",
        "Training": "Training image download completed. Training in progress.",
        "Uploading": "Uploading generated training model",
        "Completed": "Training job completed",
    }


@pytest.mark.documented("DescribeTrainingJob: FailureReason")
def test_without_a_failure_file_the_reason_is_the_exit_code(aws: LocalAws) -> None:
    job = aws.trained(aws.train("raise SystemExit(7)"))
    assert job["FailureReason"] == "AlgorithmError: , exit code: 7"


@pytest.mark.local_only
def test_a_program_that_does_not_exist_fails_with_127_and_its_name(aws: LocalAws) -> None:
    job = aws.trained(aws.train("", algorithm={"ContainerEntrypoint": ["no-such-program"]}))
    assert "exit code: 127" in job["FailureReason"]
    assert "no-such-program" in job["FailureReason"]


@pytest.mark.local_only
def test_an_image_without_a_train_program_says_so(aws: LocalAws) -> None:
    request = {"TrainingImage": IMAGE, "TrainingInputMode": "File"}
    name = aws.train("", AlgorithmSpecification=request)
    reason = aws.trained(name)["FailureReason"]
    assert "exit code: 127" in reason
    assert "'train'" in reason


@pytest.mark.documented("SecondaryStatusTransition")
def test_a_job_passes_the_documented_secondary_states_with_distinct_messages(aws: LocalAws) -> None:
    job = aws.trained(aws.train("print('hi')"))
    transitions = job["SecondaryStatusTransitions"]
    states = [transition["Status"] for transition in transitions]
    assert states == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert len({transition["StatusMessage"] for transition in transitions}) == len(transitions)
    assert all(transition["EndTime"] >= transition["StartTime"] for transition in transitions)
    assert job["TrainingEndTime"] >= job["TrainingStartTime"] >= job["CreationTime"]
    assert job["BillableTimeInSeconds"] >= 1


@pytest.mark.documented("automatic-model-tuning-define-metrics-variables")
def test_metrics_in_the_log_become_final_metrics_and_cloudwatch_data(aws: LocalAws) -> None:
    definitions = [{"Name": "validation:mse", "Regex": "validation:mse=([0-9.eE+-]+)"}]
    script = "print('validation:mse=9.5'); print('validation:mse=nonsense'); print('validation:mse=4.25')"
    job = aws.trained(aws.train(script, algorithm={"MetricDefinitions": definitions}))
    (metric,) = job["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("validation:mse", 4.25)
    listed = aws.client("cloudwatch").list_metrics(
        Namespace="/aws/sagemaker/TrainingJobs",
        Dimensions=[{"Name": "TrainingJobName", "Value": job["TrainingJobName"]}],
    )["Metrics"]
    assert [item["MetricName"] for item in listed] == ["validation:mse"]


@pytest.mark.documented("API_StopTrainingJob: SIGTERM, then what is in /opt/ml/model is uploaded")
def test_a_stopped_job_gets_sigterm_and_keeps_its_model(aws: LocalAws) -> None:
    script = """
import pathlib, signal, sys, time
def stop(*_):
    pathlib.Path("/opt/ml/model/partial.txt").write_text("saved on SIGTERM")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("ready")
while True: time.sleep(0.01)
"""
    name = aws.train(script)
    eventually(lambda: started(aws, name), "the program's start")
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    job = aws.trained(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "FailureReason" not in job
    assert archive(aws, job["ModelArtifacts"]["S3ModelArtifacts"]) == {"partial.txt": "saved on SIGTERM"}


@pytest.mark.documented("API_StopTrainingJob: SIGKILL after the grace")
def test_a_job_that_ignores_sigterm_is_killed(aws: LocalAws) -> None:
    script = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready")
while True: time.sleep(0.01)
"""
    name = aws.train(script)
    eventually(lambda: started(aws, name), "the program's start")
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    assert aws.trained(name)["TrainingJobStatus"] == "Stopped"


def started(aws: LocalAws, name: str) -> bool:
    """Whether the program has printed ``ready``."""
    if aws.sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"] != "Training":
        return False
    try:
        return "ready" in aws.log_lines("TrainingJobs", name)
    except aws.client("logs").exceptions.ResourceNotFoundException:
        return False


@pytest.mark.documented("StoppingCondition: MaxRuntimeInSeconds")
def test_a_job_that_runs_too_long_is_stopped_with_max_runtime_exceeded(aws: LocalAws) -> None:
    script = "import pathlib, time; pathlib.Path('/opt/ml/model/m').write_text('x'); time.sleep(600)"
    job = aws.trained(aws.train(script, StoppingCondition={"MaxRuntimeInSeconds": 1}))
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert archive(aws, job["ModelArtifacts"]["S3ModelArtifacts"]) == {"m": "x"}


@pytest.mark.local_only
def test_a_bucket_that_does_not_exist_fails_the_upload_with_its_name(aws: LocalAws) -> None:
    job = aws.trained(aws.train("", OutputDataConfig={"S3OutputPath": "s3://no-such-bucket-here/models"}))
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Artifact upload failed:")
    assert "no-such-bucket-here" in job["FailureReason"]


@pytest.mark.documented("EnableNetworkIsolation")
def test_an_isolated_job_reaches_no_network_but_its_own_loopback(aws: LocalAws) -> None:
    script = f"""
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
try:
    socket.create_connection(("127.0.0.1", {aws.port}), timeout=5)
except OSError:
    raise SystemExit(0)
raise SystemExit("the server can be reached")
"""
    assert aws.trained(aws.train(script, EnableNetworkIsolation=True))["TrainingJobStatus"] == "Completed"


@pytest.mark.documented("AlgorithmSpecification: TrainingInputMode FastFile")
def test_a_mounted_channel_needs_a_whole_folder(aws: LocalAws) -> None:
    prefix = unique("fast")
    aws.put(f"{prefix}/rows/a", "1")
    script = "print(open('/opt/ml/input/data/train/a').read())"
    name = aws.train(script, InputDataConfig=[channel("train", f"s3://{BUCKET}/{prefix}/rows", InputMode="FastFile")])
    assert aws.trained(name)["TrainingJobStatus"] == "Completed"
    assert aws.log_lines("TrainingJobs", name) == ["1"]
    partial = channel("train", f"s3://{BUCKET}/{prefix}/ro", InputMode="FastFile")
    reason = aws.trained(aws.train(script, InputDataConfig=[partial]))["FailureReason"]
    assert reason.startswith("ClientError: Data download failed:Failed to download data. For FastFile mode, partial S3")
