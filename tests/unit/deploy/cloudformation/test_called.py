"""The actions of a full local run, as they were written down, beside what Airflow's role allows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local.environment import AIRFLOWS_KEY
from tests.support.calls import Asked, asked, lines, of_role
from tests.support.least_privilege import refused, wanted
from tests.support.permissions import BESIDES, on_record, refusals, statements

AT_THE_END = "ends with its task, which nobody ends in a full run"
CARDS = "an operator for use cases that keep a card beside the registry's; those here have theirs in the registry"
# Why a full run had no occasion for what is allowed. The tests of operators and hook call all but what AWS asks for.
NEVER_CALLED = {
    **BESIDES,
    "cloudwatch:DeleteAlarms": "an old version's, which the first three champions have not",
    "s3:AbortMultipartUpload": "where moving a file of more than a gigabyte fails",
    "sagemaker:CreateModelCard": CARDS,
    "sagemaker:DeleteModel": "an old version's, which the first three champions have not",
    "sagemaker:DescribeModelCard": CARDS,
    "sagemaker:StopHyperParameterTuningJob": AT_THE_END,
    "sagemaker:StopProcessingJob": AT_THE_END,
    "sagemaker:StopTrainingJob": AT_THE_END,
    "sagemaker:StopTransformJob": AT_THE_END,
    "sagemaker:UpdateEndpointWeightsAndCapacities": "moves traffic between variants: an operator's",
    "sagemaker:UpdateModelCard": CARDS,
}


def allowed() -> set[str]:
    """What the DAGs' policy allows."""
    mine = [each for each in statements("Airflow") if each.name.startswith("Airflow/lifecycle/")]
    return {action for each in mine for action in each.actions}


def test_everything_that_was_called_is_allowed() -> None:
    assert on_record() - allowed() == set()
    assert len(on_record()) > 30


def test_what_is_allowed_and_was_never_called_has_its_reason() -> None:
    assert allowed() - on_record() == NEVER_CALLED.keys()


def line(service: str, body: Any = None, **said: Any) -> dict[str, Any]:
    given = {"access_key": "airflow", "service": service, "method": "POST", "path": "/", "headers": {}, "status": 200}
    return {**given, "body": body if body is None or isinstance(body, str) else json.dumps(body), **said}


def sagemaker(operation: str, **members: Any) -> dict[str, Any]:
    return line("sagemaker", members, headers={"x-amz-target": f"SageMaker.{operation}"})


def read(tmp_path: Path, *said: dict[str, Any]) -> list[Any]:
    (tmp_path / "calls").write_text("".join(json.dumps(each) + "\n" for each in said))
    return list(lines(tmp_path / "calls", "airflow"))


ARN = "arn:aws:sagemaker:us-east-1:000000000000"
S3 = "arn:aws:s3:::b"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            sagemaker("CreateTrainingJob", TrainingJobName="j"),
            [("sagemaker:CreateTrainingJob", f"{ARN}:training-job/j")],
        ),
        (sagemaker("ListModels"), [("sagemaker:ListModels", "*")]),
        (
            sagemaker("UpdateEndpointWeightsAndCapacities", EndpointName="e"),
            [("sagemaker:UpdateEndpointWeightsAndCapacities", f"{ARN}:endpoint/e")],
        ),
        (
            sagemaker("CreateModelPackage", ModelPackageGroupName="g"),
            [("sagemaker:CreateModelPackage", f"{ARN}:model-package/g/1")],
        ),
        (
            sagemaker("DescribeModelPackage", ModelPackageName=f"{ARN}:model-package/g/7"),
            [("sagemaker:DescribeModelPackage", f"{ARN}:model-package/g/7")],
        ),
        (line("sagemaker", path="/endpoints/e/invocations"), [("sagemaker:InvokeEndpoint", f"{ARN}:endpoint/e")]),
        (line("s3", method="GET", path="/b/a%20key"), [("s3:GetObject", f"{S3}/a key")]),
        (line("s3", method="GET", path="/b?list-type=2&prefix=a"), [("s3:ListBucket", S3)]),
        (
            line("s3", method="PUT", path="/b/k", headers={"x-amz-copy-source": "b/from"}),
            [("s3:PutObject", f"{S3}/k"), ("s3:GetObject", f"{S3}/from")],
        ),
        (line("s3", method="PUT", path="/b?acl"), [("s3:PUT acl", S3)]),
        (line("s3", path="/b/k?uploads"), [("s3:PutObject", f"{S3}/k")]),
        (
            line("sns", "Action=Publish&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3At"),
            [("sns:Publish", "arn:aws:sns:us-east-1:000000000000:t")],
        ),
        (
            line("monitoring", path="/service/GraniteServiceVersion20100801/operation/PutMetricData"),
            [("cloudwatch:PutMetricData", "*")],
        ),
        (
            sagemaker("DescribeModel", ModelName="gone") | {"status": 400},
            [("sagemaker:DescribeModel", f"{ARN}:model/gone")],
        ),
        (line("s3", method="GET", path="/b/gone", status=404), [("s3:GetObject", f"{S3}/gone")]),
        (sagemaker("CreateTrainingJob", TrainingJobName="j") | {"status": 403}, []),
        (sagemaker("CreateTrainingJob", TrainingJobName="j") | {"access_key": "local"}, []),
    ],
)
def test_a_request_is_the_action_that_iam_knows(
    tmp_path: Path, said: dict[str, Any], meant: list[tuple[str, str]]
) -> None:
    assert [tuple(each) for found in read(tmp_path, said) for each in asked(found)] == meant


def test_the_file_before_is_read_too(tmp_path: Path) -> None:
    read(tmp_path, line("s3", method="GET", path="/b/first"))
    (tmp_path / "calls").rename(tmp_path / "calls.1")
    assert [each.path for each in read(tmp_path, line("s3", method="GET", path="/b/second"))] == [
        "/b/first",
        "/b/second",
    ]


def test_what_a_job_reads_and_writes_is_asked_in_the_name_of_its_role(tmp_path: Path) -> None:
    said = sagemaker(
        "CreateTransformJob",
        TransformInput={"DataSource": {"S3DataSource": {"S3Uri": "s3://b/in"}}},
        TransformOutput={"S3OutputPath": "s3://b/out"},
    )
    (found,) = read(tmp_path, said)
    assert of_role(found) == ("Endpoints", [Asked("s3:GetObject", f"{S3}/in"), Asked("s3:PutObject", f"{S3}/out/one")])


def test_what_an_asynchronous_endpoint_answers_is_written(tmp_path: Path) -> None:
    paths = {"S3OutputPath": "s3://b/out", "S3FailurePath": "s3://b/bad"}
    said = sagemaker("CreateEndpointConfig", AsyncInferenceConfig={"OutputConfig": paths})
    (found,) = read(tmp_path, said)
    written = [Asked("s3:PutObject", f"{S3}/{name}/one") for name in ("out", "bad")]
    assert of_role(found) == ("Endpoints", written)


def test_what_is_asked_is_held_to_the_roles_in_whose_name_it_happens(tmp_path: Path) -> None:
    def transform(prefix: str) -> dict[str, Any]:
        output = {"S3OutputPath": f"s3://nightshift-local/abalone/{prefix}"}
        return sagemaker("CreateTransformJob", TransformJobName="t", TransformOutput=output)

    read(tmp_path, *({**transform(each), "access_key": AIRFLOWS_KEY} for each in ("runs/1/transform", "elsewhere")))
    assert wanted(tmp_path / "calls").keys() == {"Airflow", "Endpoints"}
    (reason,) = refused(tmp_path / "calls")
    assert reason.startswith("Endpoints may not s3:PutObject on arn:aws:s3:::nightshift-local/abalone/elsewhere/one")


@pytest.mark.parametrize(
    ("role", "action", "key", "told"),
    [
        (
            "Airflow",
            "s3:DeleteObject",
            "abalone/data/1.csv",
            "its template lacks {Effect: Allow, Action: 's3:DeleteObject'",
        ),
        ("Jobs", "s3:PutObject", "abalone/champion.json", "Jobs/data/NothingThatDecides takes it back"),
        ("Endpoints", "s3:PutObject", "abalone/runs/1/model.tar.gz", "Endpoints may not s3:PutObject on"),
        ("Airflow", "s3:PutObject", "abalone/champion.json", ""),
        ("Airflow", "s3:PutObject", "abalone/runs/1/code/x.json", ""),
        ("Airflow", "s3:PutObject", "code/1/train.py", "NoProgramsOfOnesOwn takes it back"),
        ("Airflow", "s3:PutObject", "images/training/1.zip", "NoProgramsOfOnesOwn takes it back"),
        ("Airflow", "s3:PutObject", "releases/current.json", "NoProgramsOfOnesOwn takes it back"),
        ("MlopsEngineer", "s3:PutObject", "code/incoming/train.py", "NoProgramsOfOnesOwn takes it back"),
        ("MlopsEngineer", "s3:PutObject", "abalone/incoming/rows.csv", ""),
        ("Airflow", "s3:DeleteObject", "abalone/incoming/rows.csv", ""),
        ("Airflow", "s3:DeleteObject", "abalone/runs/1/files/0.csv", "Airflow may not s3:DeleteObject on"),
        ("MlopsEngineer", "s3:DeleteObject", "abalone/incoming/rows.csv", ""),
        ("MlopsEngineer", "s3:DeleteObject", "abalone/runs/1/files/0.csv", ""),
        ("MlopsEngineer", "s3:DeleteObject", "abalone/data/day=2026-01-01/1.csv", "MlopsEngineer may not"),
        ("Deployment", "s3:PutObject", "releases/current.json", ""),
        ("ReadOnly", "s3:PutObject", "abalone/incoming/rows.csv", "ReadOnly may not s3:PutObject"),
        ("Endpoints", "s3:PutObject", "abalone/runs/1/transform/1.csv.out", ""),
        ("Endpoints", "s3:PutObject", "abalone/capture/1.jsonl", ""),
    ],
)
def test_what_a_role_may_not_is_told_with_what_would_let_it(role: str, action: str, key: str, told: str) -> None:
    found = list(refusals(role, {Asked(action, f"arn:aws:s3:::nightshift-local/{key}")}))
    assert bool(found) == bool(told)
    assert told in "".join(found)
