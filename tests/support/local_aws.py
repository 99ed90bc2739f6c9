"""A real local AWS endpoint in a process of its own, and what tests ask of it through boto3."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
import uuid
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.support.polling import eventually

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, REGION = "000000000000", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/nightshift/bare:1"
BUCKET = "test-bucket"
TERMINAL = ("Completed", "Failed", "Stopped")
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def unique(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


class LocalAws:
    """The server on one data folder; it can be killed and started again on the same port."""

    def __init__(self, data_dir: Path, environments: Path, *options: str, wrapper: tuple[str, ...] = ()) -> None:
        self.data_dir, self.environments = data_dir, environments
        self.options, self.wrapper = options, wrapper
        self.port = free_port()
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def command(self) -> list[str]:
        """The command line of the server, in its own environment: the test may run in another."""
        python = ROOT / ".venv" / "sagemaker_local" / "bin" / "python"
        return [
            *self.wrapper, str(python), "-m", "sagemaker_local", "start", "--foreground", "--port", str(self.port),
            "--state-dir", str(self.data_dir), "--containers", str(ROOT / "tests" / "fixtures" / "images"),
            "--environments", str(self.environments), *self.options,
        ]  # fmt: skip

    def start(self) -> LocalAws:
        """Start the server and wait until it answers."""
        self.launch()
        eventually(self.health, f"an answer of the server (log: {self.log.read_text()})")
        return self

    def launch(self) -> None:
        """Start the server and do not wait."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)

    def health(self) -> dict[str, Any] | None:
        """The server's account of itself, or ``None`` while it does not answer."""
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the server ended with {self._process.returncode}:\n{self.log.read_text()}")
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_local/health", timeout=5) as answer:
                return dict(json.load(answer))
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def faults(self, method: str = "GET", plan: dict[str, Any] | str = "") -> dict[str, Any]:
        """The fault plan in force, after *plan* was put (``PUT``) or ended (``DELETE``)."""
        body = plan if isinstance(plan, str) else json.dumps(plan)
        request = urllib.request.Request(f"{self.endpoint}/_local/faults", body.encode(), method=method)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return dict(json.load(answer))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """``kill -9``."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """SIGTERM; returns the exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        assert self._process is not None
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)
        return self._process.wait(timeout=60)

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client with dummy credentials and no retries that would hide an error."""
        retries = {"total_max_attempts": options.pop("attempts", 1)}
        config = Config(retries=retries, parameter_validation=options.pop("validate", True))
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=options.pop("region", REGION),
            aws_access_key_id=options.pop("access_key", "local"),
            aws_secret_access_key="local",
            config=config,
        )

    @cached_property
    def sagemaker(self) -> Any:
        return self.client("sagemaker")

    @cached_property
    def s3(self) -> Any:
        return self.client("s3")

    def prepare(self) -> LocalAws:
        """The role and the bucket that tests use."""
        self.create_role()
        self.s3.create_bucket(Bucket=BUCKET)
        return self

    def create_role(self) -> None:
        """The role that jobs run as."""
        self.client("iam").create_role(RoleName="jobs", AssumeRolePolicyDocument=json.dumps(_TRUST))

    def put(self, key: str, body: bytes | str) -> str:
        """Store an object; returns its URI."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def read(self, uri: str) -> bytes:
        """An object's content."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def keys(self, prefix: str) -> list[str]:
        """The keys below *prefix*, relative to it."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return [item["Key"].removeprefix(prefix) for item in found]

    def log_lines(self, kind: str, job: str) -> list[str]:
        """A job's log; *kind* is ``TrainingJobs`` or ``ProcessingJobs``."""
        group = f"/aws/sagemaker/{kind}"
        with closing(self.client("logs")) as logs:  # its connection, too, is something that a server keeps
            streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"]
            return [
                event["message"]
                for stream in streams
                for event in _events(logs, group, stream["logStreamName"])
            ]  # fmt: skip

    def process(self, script: str, **request: Any) -> str:
        """Start a processing job that runs *script* (Python source); returns its name."""
        name = request.pop("ProcessingJobName", unique("processing"))
        # From S3, as an entry point's words are at most 256 characters long.
        code = processing_input("code", self.put(f"code/{name}/main.py", script))
        entrypoint = ["python3", "/opt/ml/processing/input/code/main.py"]
        arguments = {
            "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": entrypoint},
            **request,
            "ProcessingInputs": [code, *request.get("ProcessingInputs", [])],
        }
        self.sagemaker.create_processing_job(**processing_request(name, script, **arguments))
        return str(name)

    def train(self, script: str, **request: Any) -> str:
        """Start a training job that runs *script* (Python source); returns its name."""
        name = request.pop("TrainingJobName", unique("training"))
        code = channel("code", self.put(f"code/{name}/main.py", script))
        algorithm = {"ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/main.py"]}
        arguments = {
            **request,
            "algorithm": {**algorithm, **request.get("algorithm", {})},
            "InputDataConfig": [code, *request.get("InputDataConfig", [])],
        }
        self.sagemaker.create_training_job(**training_request(name, script, **arguments))
        return str(name)

    def processed(self, name: str) -> dict[str, Any]:
        """The processing job once it has ended."""
        return self._ended(self.sagemaker.describe_processing_job, "ProcessingJob", name)

    def trained(self, name: str) -> dict[str, Any]:
        """The training job once it has ended."""
        return self._ended(self.sagemaker.describe_training_job, "TrainingJob", name)

    def _ended(self, describe: Any, prefix: str, name: str) -> dict[str, Any]:
        def probe() -> dict[str, Any] | None:
            job = describe(**{f"{prefix}Name": name})
            return dict(job) if job[f"{prefix}Status"] in TERMINAL else None

        return eventually(probe, f"the end of {name} (log: {self.log})")


def _events(logs: Any, group: str, stream: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **token)
        found += page["events"]
        if not page["events"] or token.get("nextToken") == page["nextForwardToken"]:
            return found
        token = {"nextToken": page["nextForwardToken"]}


def processing_request(name: str, script: str, **overrides: Any) -> dict[str, Any]:
    """A CreateProcessingJob request whose program is *script*."""
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-c", script]},
        "ProcessingResources": {"ClusterConfig": cluster},
        **overrides,
    }


def training_request(name: str, script: str, **overrides: Any) -> dict[str, Any]:
    """A CreateTrainingJob request whose program is *script*."""
    algorithm = {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python3", "-c", script],
        **overrides.pop("algorithm", {}),
    }
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": algorithm,
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **overrides,
    }


def processing_input(name: str, uri: str, data_type: str = "S3Prefix") -> dict[str, Any]:
    """An input at /opt/ml/processing/input/<name>."""
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"/opt/ml/processing/input/{name}",
            "S3DataType": data_type,
            "S3InputMode": "File",
        },
    }


def processing_output(name: str, uri: str) -> dict[str, Any]:
    """An output of /opt/ml/processing/<name>."""
    return {
        "OutputName": name,
        "S3Output": {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/{name}", "S3UploadMode": "EndOfJob"},
    }


def channel(name: str, uri: str, **overrides: Any) -> dict[str, Any]:
    """A training channel."""
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
        **overrides,
    }
