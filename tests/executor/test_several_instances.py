"""Jobs of several instances: processes with names, addresses, folders and shares of the data of their own."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest

from tests.support.local_aws import BUCKET, LocalAws, channel, processing_input, processing_output, unique
from tests.support.polling import eventually

WHO = """
import json, pathlib, socket, sys, time
me = json.loads(pathlib.Path("/opt/ml/input/config/resourceconfig.json").read_text())
host, hosts = me["current_host"], me["hosts"]
"""


def machines(count: int) -> dict[str, Any]:
    return {"InstanceCount": count, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}


def lines_by_host(aws: LocalAws, job: str) -> dict[str, list[str]]:
    """The log lines of a training job, by the host in the stream's name."""
    logs, group = aws.client("logs"), "/aws/sagemaker/TrainingJobs"
    found = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"]
    names = [stream["logStreamName"] for stream in found]
    events = {name: logs.get_log_events(logGroupName=group, logStreamName=name)["events"] for name in names}
    return {
        name.split("/")[1].rpartition("-")[0]: [event["message"] for event in events[name]] for name in sorted(names)
    }


@pytest.mark.documented("your-algorithms-training-algo-running-container: distributed training")
@pytest.mark.parametrize("isolated", [False, True], ids=["hosts-network", "isolated"])
def test_instances_know_each_other_by_name_and_talk(aws: LocalAws, isolated: bool) -> None:
    script = f"""{WHO}
try: socket.create_connection(("127.0.0.1", {aws.port}), timeout=5)
except OSError: assert {isolated}
else: assert not {isolated}
assert socket.gethostname() == host
address = socket.gethostbyname(host)
server = socket.create_server((address, 7777))  # the same port on every instance
heard = set()
def send(to):
    while True:
        try: return socket.create_connection((to, 7777), timeout=5)
        except OSError: time.sleep(0.05)
for other in hosts:
    with send(other) as out: out.sendall(host.encode())
while len(heard) < len(hosts):
    heard.add(server.accept()[0].recv(99).decode())
print(json.dumps([address, sorted(heard)]))
"""
    name = aws.train(script, ResourceConfig=machines(3), EnableNetworkIsolation=isolated)
    assert aws.trained(name)["TrainingJobStatus"] == "Completed", lines_by_host(aws, name)
    told = {host: json.loads(lines[-1]) for host, lines in lines_by_host(aws, name).items()}
    assert list(told) == ["algo-1", "algo-2", "algo-3"]
    assert len({address for address, _ in told.values()}) == 3
    assert all(heard == ["algo-1", "algo-2", "algo-3"] for _, heard in told.values())


@pytest.mark.documented("S3DataSource: S3DataDistributionType")
def test_sharded_data_is_dealt_out_and_replicated_data_is_everywhere(aws: LocalAws) -> None:
    prefix = unique("shards")
    for number in range(5):
        aws.put(f"{prefix}/{number}.csv", "x")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}"}
    sharded = {**source, "S3DataDistributionType": "ShardedByS3Key"}
    script = """
import os
for name in ("sharded", "whole"): print(name, sorted(os.listdir(f"/opt/ml/input/data/{name}")))
"""
    channels = [
        {"ChannelName": "sharded", "DataSource": {"S3DataSource": sharded}},
        channel("whole", source["S3Uri"]),
    ]
    name = aws.train(script, ResourceConfig=machines(2), InputDataConfig=channels)
    assert aws.trained(name)["TrainingJobStatus"] == "Completed"
    seen = lines_by_host(aws, name)
    everything = "whole ['0.csv', '1.csv', '2.csv', '3.csv', '4.csv']"
    assert seen["algo-1"] == ["sharded ['0.csv', '2.csv', '4.csv']", everything]
    assert seen["algo-2"] == ["sharded ['1.csv', '3.csv']", everything]


@pytest.mark.documented("train-heterogeneous-cluster: instance groups, and channels for some of them")
def test_instance_groups_are_known_to_each_instance_and_get_their_channels(aws: LocalAws) -> None:
    prefix = unique("groups")
    for number in range(4):
        aws.put(f"{prefix}/{number}", "x")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}", "S3DataDistributionType": "ShardedByS3Key"}
    raw = {"ChannelName": "raw", "DataSource": {"S3DataSource": {**source, "InstanceGroupNames": ["data"]}}}
    groups = [
        {"InstanceGroupName": "train", "InstanceType": "ml.p3.2xlarge", "InstanceCount": 1},
        {"InstanceGroupName": "data", "InstanceType": "ml.c5.xlarge", "InstanceCount": 2},
    ]
    script = f"""{WHO}
import os
print(me["current_group_name"], me["current_instance_type"], [group["hosts"] for group in me["instance_groups"]])
print(sorted(os.listdir("/opt/ml/input/data")))
if host != "algo-1": print(sorted(os.listdir("/opt/ml/input/data/raw")))
"""
    resources = {"VolumeSizeInGB": 1, "InstanceGroups": groups}
    name = aws.train(script, ResourceConfig=resources, InputDataConfig=[raw])
    job = aws.trained(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["ResourceConfig"]["InstanceGroups"] == groups
    hosts = "[['algo-1'], ['algo-2', 'algo-3']]"
    assert lines_by_host(aws, name) == {
        "algo-1": [f"train ml.p3.2xlarge {hosts}", "['code']"],
        "algo-2": [f"data ml.c5.xlarge {hosts}", "['code', 'raw']", "['0', '2']"],
        "algo-3": [f"data ml.c5.xlarge {hosts}", "['code', 'raw']", "['1', '3']"],
    }


@pytest.mark.documented("your-algorithms-training-algo-output: the output of all hosts")
def test_the_models_of_all_instances_are_one_archive(aws: LocalAws) -> None:
    script = f"{WHO}\npathlib.Path('/opt/ml/model', host).write_text(host)"
    job = aws.trained(aws.train(script, ResourceConfig=machines(2)))
    with tarfile.open(fileobj=io.BytesIO(aws.read(job["ModelArtifacts"]["S3ModelArtifacts"]))) as archive:
        assert sorted(archive.getnames()) == ["algo-1", "algo-2"]


@pytest.mark.local_only
def test_the_first_instance_to_fail_fails_the_job_and_ends_the_others(aws: LocalAws) -> None:
    script = f"""{WHO}
if host == "algo-2":
    pathlib.Path("/opt/ml/output/failure").write_text("no memory on " + host)
    sys.exit(5)
time.sleep(600)
"""
    job = aws.trained(aws.train(script, ResourceConfig=machines(3)))
    assert job["FailureReason"] == "AlgorithmError: no memory on algo-2, exit code: 5"


@pytest.mark.local_only
def test_stopping_reaches_every_instance(aws: LocalAws) -> None:
    script = f"""{WHO}
import signal
def stop(*_):
    pathlib.Path("/opt/ml/model", host).touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
while True: time.sleep(0.01)
"""
    name = aws.train(script, ResourceConfig=machines(2))

    def ready() -> bool:
        if aws.sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"] != "Training":
            return False
        return [lines[-1:] for lines in lines_by_host(aws, name).values()] == [["ready"], ["ready"]]

    eventually(ready, "the start of both")
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    job = aws.trained(name)
    assert job["TrainingJobStatus"] == "Stopped"
    with tarfile.open(fileobj=io.BytesIO(aws.read(job["ModelArtifacts"]["S3ModelArtifacts"]))) as archive:
        assert sorted(archive.getnames()) == ["algo-1", "algo-2"]


@pytest.mark.documented("build-your-own-processing-container: several instances")
def test_a_processing_jobs_instances_share_inputs_outputs_and_exit_message(aws: LocalAws) -> None:
    prefix, target = unique("in"), unique("out")
    for number in range(4):
        aws.put(f"{prefix}/{number}", "x")
    source = processing_input("data", f"s3://{BUCKET}/{prefix}")
    source["S3Input"]["S3DataDistributionType"] = "ShardedByS3Key"
    script = """
import json, os, pathlib
me = json.loads(pathlib.Path("/opt/ml/config/resourceconfig.json").read_text())
for name in os.listdir("/opt/ml/processing/input/data"):
    pathlib.Path("/opt/ml/processing/out", name).write_text(me["current_host"])
pathlib.Path("/opt/ml/output/message").write_text(me["current_host"] + " is done. ")
"""
    name = aws.process(
        script,
        ProcessingResources={"ClusterConfig": machines(2)},
        ProcessingInputs=[source],
        ProcessingOutputConfig={"Outputs": [processing_output("out", f"s3://{BUCKET}/{target}")]},
    )
    job = aws.processed(name)
    assert job["ExitMessage"] == "algo-1 is done. algo-2 is done. "
    by = [aws.read(f"s3://{BUCKET}/{target}/{number}").decode() for number in range(4)]
    assert by == ["algo-1", "algo-2", "algo-1", "algo-2"]
