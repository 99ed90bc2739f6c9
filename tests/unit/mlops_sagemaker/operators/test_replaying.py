from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from mlops_sagemaker.errors import ApiError
from mlops_sagemaker.hook import LifecycleHook
from mlops_sagemaker.operators.replaying import ShadowReplayOperator
from mlops_sagemaker.probes import Answer
from mlops_sagemaker.replays import Replay
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws
from tests.unit.mlops_sagemaker.test_replays import record

ARN = "arn:aws:sagemaker:eu-north-1:000000000000:model-package/rings/1"
FIRST, SECOND = "\n".join(["1", "2"] * 60), "\n".join(["11", "12"] * 60)


@pytest.fixture
def answers(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each endpoint says; production was asked one request, and a canary gave the second kind of answer."""
    said: dict[str, Any] = {"staging": FIRST, "production": FIRST}

    def ask(_: LifecycleHook, endpoint: str, *request: str) -> Answer:
        if isinstance(said[endpoint], Exception):
            raise said[endpoint]
        return Answer(200, said[endpoint], 0.01)

    monkeypatch.setattr(LifecycleHook, "ask", ask)
    aws.groups["rings"] = ""
    aws.call("CreateModelPackage", {"ModelPackageGroupName": "rings", "CustomerMetadataProperties": {}})
    capture(aws, record(said=SECOND))
    return said


def capture(aws: FakeAws, line: str) -> None:
    hour = f"{datetime.now(UTC):%Y/%m/%d/%H}"
    aws.objects[f"bucket/rings/capture/production/AllTraffic/{hour}/1.jsonl"] = line.encode()


def replayed() -> dict[str, Any]:
    operator = ShadowReplayOperator(
        task_id="replay",
        endpoint_name="staging",
        production="production",
        use_case="rings",
        run={"bucket": "bucket", "model_package_arn": ARN},
        rules=Replay(),
        budget=timedelta(seconds=1),
    )
    return operator.execute(context_for(operator))


def test_a_good_version_passes_after_the_captures_of_a_bad_canary(aws: FakeAws, answers: dict[str, Any]) -> None:
    assert replayed()["stability_index"] == 0
    assert not aws.packages[0]["CustomerMetadataProperties"], "which would make its approval newer"


def test_a_version_as_wrong_as_a_captured_canary_is_refused_and_names_its_report(
    aws: FakeAws, answers: dict[str, Any]
) -> None:
    answers["staging"] = SECOND
    with pytest.raises(AirflowFailException, match="shift: the population stability index is"):
        replayed()
    assert aws.packages[0]["CustomerMetadataProperties"]["replay"].endswith("/replay.json")


def test_where_production_cannot_be_asked_the_captured_answers_count(answers: dict[str, Any]) -> None:
    answers |= {"production": ApiError("invoke_endpoint", "ModelNotReadyException", "no"), "staging": SECOND}
    assert replayed()["stability_index"] == 0


def test_requests_that_cannot_be_replayed_are_counted_and_nothing_else_than_them_is_refused(
    aws: FakeAws, answers: dict[str, Any]
) -> None:
    capture(aws, "\n".join([record(said=FIRST), record(accept="application/x-parquet")]))
    assert (replayed()["requests"], replayed()["unread"]) == (1, 1)
    capture(aws, record(accept="application/x-parquet"))
    with pytest.raises(AirflowFailException, match="schema: 1 requests were captured"):
        replayed()
