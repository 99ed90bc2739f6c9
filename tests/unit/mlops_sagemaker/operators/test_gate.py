import json
from hashlib import sha256
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from mlops_sagemaker.errors import ApiError
from mlops_sagemaker.gates import Policy
from mlops_sagemaker.operators.gate import MetricGateOperator
from mlops_sagemaker.rules import MinRows, Threshold
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws
from tests.unit.mlops_sagemaker.reports import report

REPORT, RECORD = "s3://bucket/run/evaluate/evaluation.json", "s3://bucket/run/gate/gate.json"


def gate(threshold: float | str = "5.0", champion: str = "") -> MetricGateOperator:
    policy = Policy(metric="mse", rules=(MinRows(rows=300), Threshold(metric="mse", bound=4.0)))
    return MetricGateOperator(
        task_id="gate", policy=policy, threshold=threshold, champion=champion, report=REPORT, record=RECORD
    )


def put_report(aws: FakeAws, content: bytes | None = None) -> None:
    good = json.dumps(report(mse=4.5, champion=None)).encode()
    aws.objects[REPORT.removeprefix("s3://")] = good if content is None else content


def recorded(aws: FakeAws) -> Any:
    return json.loads(aws.objects[RECORD.removeprefix("s3://")])


def test_a_good_report_passes_and_the_record_is_returned_and_written(aws: FakeAws) -> None:
    put_report(aws)
    operator = gate()
    record = operator.execute(context_for(operator))
    assert record["passed"] is True
    assert record == {**recorded(aws), "record": RECORD}
    assert (record["report"], record["record"], record["candidate"]) == (REPORT, RECORD, "xgboost")
    assert record["metrics"]["mse"] == 4.5
    assert record["report_sha256"] == sha256(aws.objects[REPORT.removeprefix("s3://")]).hexdigest()


def test_the_runs_threshold_comes_before_the_policys(aws: FakeAws) -> None:
    put_report(aws)
    operator = gate(threshold="4.4")
    record = operator.execute(context_for(operator))
    assert not record["passed"]
    assert "mse 4.5 misses the threshold <= 4.4" in record["reason"]


def test_a_champion_that_the_report_does_not_know_refuses(aws: FakeAws) -> None:
    put_report(aws)
    operator = gate(champion="s3://bucket/champion.tar.gz")
    record = operator.execute(context_for(operator))
    assert not record["passed"]
    assert "the state of the champion is none in the report, not scored" in record["reason"]


@pytest.mark.parametrize(
    "content", [b"", b"NaN", b"not json", b"[]", b"\xff\xfe", b'{"rows": 600}', b"[" * 100_000, b"1" * 5000]
)
def test_a_report_of_garbage_refuses_without_failing(aws: FakeAws, content: bytes) -> None:
    put_report(aws, content)
    operator = gate()
    record = operator.execute(context_for(operator))
    assert record["passed"] is False
    assert record["reason"]
    assert record == {**recorded(aws), "record": RECORD}


def test_a_missing_report_refuses_with_its_place(aws: FakeAws) -> None:
    operator = gate()
    record = operator.execute(context_for(operator))
    assert record["passed"] is False
    assert f"there is no report at {REPORT}" in record["reason"]
    assert record["report_sha256"] is None


def test_without_one_of_the_run_the_policys_own_threshold_holds(aws: FakeAws) -> None:
    put_report(aws)
    operator = gate(threshold="")
    assert "mse 4.5 misses the threshold <= 4" in operator.execute(context_for(operator))["reason"]


@pytest.mark.parametrize("threshold", [" ", "five"])
def test_a_threshold_that_is_no_number_is_the_users_error(aws: FakeAws, threshold: str) -> None:
    operator = gate(threshold=threshold)
    with pytest.raises(AirflowFailException, match="the gate's threshold is"):
        operator.execute(context_for(operator))


def test_a_report_that_cannot_be_read_now_is_tried_again(aws: FakeAws) -> None:
    aws.fail("GetObject", "SlowDown")
    operator = gate()
    with pytest.raises(ApiError, match="SlowDown"):
        operator.execute(context_for(operator))
    assert RECORD.removeprefix("s3://") not in aws.objects
