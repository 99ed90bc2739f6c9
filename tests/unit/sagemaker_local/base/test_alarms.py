"""The private names of ministack's CloudWatch: alarms are evaluated here, each on its own metric."""

from __future__ import annotations

from pathlib import Path

from tests.unit.sagemaker_local.base.test_ministack import in_a_process

PRELUDE = """
        import time
        cloudwatch = importlib.import_module("ministack.services.cloudwatch")
        responses = importlib.import_module("ministack.core.responses")
        base = ministack.Ministack()
        def alarm(name, endpoint, **more):
            plain = {
                "AlarmName": name, "Namespace": "N", "MetricName": "Errors", "Statistic": "Sum", "Period": 60,
                "EvaluationPeriods": 1, "Threshold": 2, "ComparisonOperator": "GreaterThanThreshold",
                "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
            }
            cloudwatch._put_metric_alarm({}, {**plain, **more}, False, True)
        def put(endpoint, *values, age=0, unit="None"):
            dimensions = [{"Name": "EndpointName", "Value": endpoint}]
            datum = {"MetricName": "Errors", "Dimensions": dimensions, "Values": values, "Unit": unit}
            data = {"Namespace": "N", "MetricData": [{**datum, "Timestamp": time.time() - age}]}
            cloudwatch._put_metric_data({}, data, False, True)
        def states():
            return {name: alarm["StateValue"] for name, alarm in cloudwatch._alarms.items()}
"""


def test_an_alarm_sees_the_values_of_its_own_dimensions_and_periods_alone(tmp_path: Path) -> None:
    states = in_a_process(
        tmp_path,
        f"""{PRELUDE}
        alarm("a", "a"), alarm("b", "b"), alarm("average", "a", Statistic="Average"), alarm("unit", "a", Unit="Count")
        alarm("of three", "a", EvaluationPeriods=3, DatapointsToAlarm=3)
        put("a", 2.0, 1.0), put("b", 1.0), put("b", 9.0, age=90), put("a", 0.0, age=70), put("a", 9.0, age=130)
        result = states()
        """,
    )
    assert states == {"a": "ALARM", "b": "OK", "average": "OK", "unit": "INSUFFICIENT_DATA", "of three": "OK"}


def test_missing_values_are_noticed_in_every_account_and_region_and_changes_are_in_the_history(tmp_path: Path) -> None:
    before, after, history = in_a_process(
        tmp_path,
        f"""{PRELUDE}
        with responses.request_scope("111111111111", "eu-west-1"):
            alarm("a", "a", TreatMissingData="notBreaching")
            put("a", 3.0)
            before = states()
        now, time.time = time.time, lambda: now() + 3600
        base.evaluate_alarms()
        with responses.request_scope("111111111111", "eu-west-1"):
            result = [before, states(), [entry["HistorySummary"] for entry in cloudwatch._history_entries()]]
        """,
    )
    assert (before, after) == ({"a": "ALARM"}, {"a": "OK"})
    assert history[-2:] == ["Alarm updated from OK to ALARM", "Alarm updated from ALARM to OK"]
