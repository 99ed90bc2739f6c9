import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker.operators.tally import RecordDriftOperator, TallyOperator
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

PROMOTED = datetime(2026, 3, 1, 12, tzinfo=UTC)
ARN = "arn:aws:sagemaker:eu-north-1:000000000000:model-package/rings/1"


def registered(aws: FakeAws) -> None:
    aws.groups["rings"] = ""
    aws.call("CreateModelPackage", {"ModelPackageGroupName": "rings", "CustomerMetadataProperties": {}})


def tallied(aws: FakeAws, restored: str) -> dict[str, Any]:
    """What is counted of a canary that took two minutes."""
    registered(aws)
    operator = TallyOperator(
        task_id="tally",
        run={"model_package_arn": ARN},
        endpoint_name="rings-production",
        watched={"config_name": "new", "since": 1200.0},
        restored={"restored": restored, "since": 1310.0},
        settle=timedelta(0),
    )
    return operator.execute(context_for(operator))


def test_what_a_version_has_cost_is_written_down_with_it(aws: FakeAws) -> None:
    toll = tallied(aws, "the champion")
    assert (toll["requests"], toll["met"], toll["failed"], toll["seconds"]) == (2, 2, 2, 110)
    assert aws.packages[0]["CustomerMetadataProperties"]["canary"].startswith("2 of 2 requests met the version")


def test_of_a_version_that_had_become_the_champion_nothing_is_counted(aws: FakeAws) -> None:
    with pytest.raises(AirflowSkipException, match="nothing was brought back"):
        tallied(aws, ARN)
    assert not aws.packages[0]["CustomerMetadataProperties"]


def recorded(aws: FakeAws, minutes: int) -> dict[str, Any]:
    """What is written down of the drift in the minutes of a shift, in each of which the metric has a value."""
    registered(aws)
    operator = RecordDriftOperator(
        task_id="drift",
        run={"model_package_arn": ARN, "metrics_name": "rings/1", "baseline": json.dumps({"counts": [150, 150]})},
        watched={"since": PROMOTED.timestamp() - 60 * minutes},
        pointer={"champion": {"since": PROMOTED.isoformat()}},
    )
    return operator.execute(context_for(operator))


def test_how_far_predictions_drifted_is_written_down_with_the_version(aws: FakeAws) -> None:
    drift = recorded(aws, minutes=3)
    assert drift["judged"]
    assert drift["windows"] == 4  # the three minutes, and that in which it was promoted, however long ago
    assert aws.packages[0]["CustomerMetadataProperties"]["drift"].startswith("judged: 1.000 at most by ")
    asked = aws.asked("GetMetricStatistics")[-1]
    assert (asked["Namespace"], asked["MetricName"]) == ("Nightshift/Serving", "PredictionDrift")


def test_that_drift_could_not_be_judged_is_written_down_too(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "_get_metric_statistics", lambda _: {"Datapoints": []})
    assert recorded(aws, minutes=3)["judged"] is False
    assert aws.packages[0]["CustomerMetadataProperties"]["drift"].startswith("not judged: no process of the server")
