"""What production says: `python -m deploy.local.production mark ARN | approve ARN | predict USE_CASE [ROW]`.

Runs in the airflow environment, which has boto3, with the local endpoint in its environment.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import Any

import boto3
from botocore.exceptions import ClientError

from deploy.local.settings import BUCKET


def mark(arn: str) -> str:
    """What came of a version's deployment, empty if it waits for one."""
    package = boto3.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return str(package.get("CustomerMetadataProperties", {}).get("deployment", ""))


def approve(arn: str) -> str:
    """Approve a version in the registry, as a person would, and say so."""
    words = "Approved by whoever runs the demonstration"
    boto3.client("sagemaker").update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription=words
    )
    return words


def champion_of(use_case: str) -> Any:
    """Who serves, as `mlops_sagemaker.deployments` writes it down; None if nothing was ever deployed."""
    try:
        return document(f"s3://{BUCKET}/{use_case}/champion.json")["champion"]
    except boto3.client("s3").exceptions.NoSuchKey:
        return None


def endpoint_of(use_case: str) -> str:
    """The name of production's endpoint."""
    return f"{use_case.replace('_', '-')}-production"


def predict(use_case: str, row: str) -> list[str]:
    """What production's endpoint predicts for a row, by default for one that the champion's evaluation knows."""
    champion, endpoint = champion_of(use_case), endpoint_of(use_case)
    if champion is None:
        return ["Production     nothing has been deployed yet"]
    row = row or _known_row(champion["smoke"])
    runtime = boto3.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=row, ContentType="text/csv", Accept="text/csv")
    return [
        f"Production     endpoint {endpoint} serves version {champion['version']}, config {champion['config_name']}",
        f"Row            {row}",
        f"Prediction     {answer['Body'].read().decode().strip()}",
    ]


def _known_row(smoke: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow(document(smoke)["rows"][0])
    return stream.getvalue()


def document(uri: str) -> Any:
    """A JSON object of S3."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return json.load(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"])


def main(arguments: list[str]) -> int:
    """Print it; 1 and AWS's own words where it refuses."""
    command, what, *more = arguments
    try:
        told = {"mark": mark, "approve": approve}.get(command)
        lines = [told(what)] if told else predict(what, *(more or [""]))
    except ClientError as error:
        lines = [str(error.response.get("OriginalMessage") or error)]
        print("\n".join(lines))
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
