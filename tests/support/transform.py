"""Transform jobs of the tests: what serves is the image ``serving``, which answers with what it was sent."""

from __future__ import annotations

from typing import Any

from tests.support.hosting import Hosting
from tests.support.local_aws import BUCKET, unique
from tests.support.polling import eventually

ENDED = ("Completed", "Failed", "Stopped")


def transform_request(name: str, model: str, data: str, output: str, **more: Any) -> dict[str, Any]:
    """A request of CreateTransformJob for everything below *data*."""
    return {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": data}}},
        "TransformOutput": {"S3OutputPath": output},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **more,
    }


class Transforms:
    """What tests ask of a server's transform jobs."""

    def __init__(self, hosting: Hosting) -> None:
        self.hosting, self.aws, self.sagemaker = hosting, hosting.aws, hosting.sagemaker

    def start(
        self,
        objects: dict[str, str | bytes],
        source: dict[str, Any] | None = None,
        target: dict[str, Any] | None = None,
        model: str = "",
        **more: Any,
    ) -> str:
        """A job over *objects* (content by key); returns its name, under which its output lies too."""
        name = unique("transform")
        for key, content in objects.items():
            self.aws.put(f"{name}/in/{key}", content)
        request = transform_request(name, model or self.hosting.model(), self.input(name), self.output(name), **more)
        request["TransformInput"].update(source or {})
        request["TransformOutput"].update(target or {})
        self.sagemaker.create_transform_job(**request)
        return name

    def input(self, name: str) -> str:
        """Where the job's objects are."""
        return f"s3://{BUCKET}/{name}/in/"

    def output(self, name: str) -> str:
        """Where its predictions go."""
        return f"s3://{BUCKET}/{name}/out"

    def ended(self, name: str) -> dict[str, Any]:
        """The job once it has ended."""

        def probe() -> dict[str, Any] | None:
            job = self.sagemaker.describe_transform_job(TransformJobName=name)
            return dict(job) if job["TransformJobStatus"] in ENDED else None

        return eventually(probe, f"the end of transform job {name} (log: {self.aws.log})")

    def run(self, *arguments: Any, **more: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
        """A job that has ended, and its output by key."""
        name = self.start(*arguments, **more)
        job = self.ended(name)
        prefix = f"{name}/out/"
        return job, {
            key.lstrip("/"): self.aws.read(f"s3://{BUCKET}/{prefix}{key.lstrip('/')}") for key in self.aws.keys(prefix)
        }

    def log(self, name: str, data: bool = False) -> list[str]:
        """The lines of the containers, or of the data log."""
        logs = self.aws.client("logs")
        group = "/aws/sagemaker/TransformJobs"
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
        chosen = [each["logStreamName"] for each in streams if each["logStreamName"].endswith("/data-log") is data]
        return [
            event["message"]
            for stream in chosen
            for event in logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
        ]
