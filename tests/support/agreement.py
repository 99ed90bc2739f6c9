"""What evaluation, endpoint and batch transform predict for the same held-out rows, on a whole stack."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.support.local_aws import LocalAws, unique
from tests.support.polling import eventually
from tests.support.stack import BUCKET, LocalStack


class Version:
    """A registered version, by its properties: its held-out rows as a request, and what its evaluation predicted for
    them."""

    def __init__(self, aws: LocalAws, facts: Mapping[str, str]) -> None:
        self._aws = aws
        self.model_data = facts["model_data"]
        self._quality = facts["smoke"].rpartition("/")[0]
        self._run = facts["data_manifest"].rpartition("/")[0]

    @property
    def evaluated(self) -> list[float]:
        """By the evaluation."""
        return _numbers(self._aws.read(f"{self._quality}/predictions.csv"))

    @property
    def rows(self) -> bytes:
        """The raw rows in the order of the model's columns, as CSV without a header."""
        columns = json.loads(self._aws.read(f"{self._quality}/smoke.json"))["columns"]
        held_out = csv.DictReader(io.StringIO(self._aws.read(f"{self._run}/preprocess/test/test.csv").decode()))
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n").writerows([row[name] for name in columns] for row in held_out)
        return stream.getvalue().encode()


def first_version(stack: LocalStack, use_case: str) -> Version:
    """That of the first run of a use case."""
    return Version(stack.aws, stack.package(stack.versions(use_case)[0])["CustomerMetadataProperties"])


def by_endpoint(stack: LocalStack, endpoint: str, rows: bytes) -> list[float]:
    """What an endpoint predicts."""
    runtime = stack.aws.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=rows, ContentType="text/csv", Accept="text/csv")
    return _numbers(answer["Body"].read())


def by_batch(stack: LocalStack, model: str, rows: bytes) -> list[float]:
    """What a batch transform predicts, a few rows a request."""
    name = unique("agreement")
    stack.aws.s3.put_object(Bucket=BUCKET, Key=f"{name}/in/rows.csv", Body=rows)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{name}/in/"}}
    sagemaker = stack.aws.sagemaker
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=model,
        BatchStrategy="MultiRecord",
        Environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
        TransformInput={"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/{name}/out", "Accept": "text/csv", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    ended = ("Completed", "Failed", "Stopped")

    def probe() -> Any:
        job = sagemaker.describe_transform_job(TransformJobName=name)
        return job if job["TransformJobStatus"] in ended else None

    job = eventually(probe, f"the end of transform job {name}", 120)
    assert job["TransformJobStatus"] == "Completed", job
    return _numbers(stack.aws.read(f"s3://{BUCKET}/{name}/out/rows.csv.out"))


@contextmanager
def served(stack: LocalStack, model_data: str) -> Iterator[str]:
    """The name of a model, and of an endpoint that serves it, in the image of the release."""
    release = json.loads(stack.aws.read(f"s3://{BUCKET}/releases/current.json"))
    name, sagemaker = unique("agreement"), stack.aws.sagemaker
    container = {"Image": release["images"]["inference"]["uri"], "ModelDataUrl": model_data}
    sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=release["role_arn"])
    variant = {
        "VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1,
    }  # fmt: skip
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)

    def probe() -> bool:
        status = sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"]
        assert status != "Failed"
        return bool(status == "InService")

    eventually(probe, f"endpoint {name} in service", 120)
    yield name
    sagemaker.delete_endpoint(EndpointName=name)


def _numbers(content: bytes) -> list[float]:
    return [float(line) for line in content.split()]
