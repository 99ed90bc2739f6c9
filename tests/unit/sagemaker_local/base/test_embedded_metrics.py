"""The private names of ministack's Logs and CloudWatch that make metrics of lines."""

from __future__ import annotations

from pathlib import Path

from tests.unit.sagemaker_local.base.test_ministack import in_a_process


def test_a_line_in_the_embedded_format_is_a_metric_of_its_account_and_region_once(tmp_path: Path) -> None:
    status, seen = in_a_process(
        tmp_path,
        """
        import time
        base = ministack.Ministack()
        cloudwatch = importlib.import_module("ministack.services.cloudwatch")
        def logs(operation, **request):
            target = f"Logs_20140328.{operation}"
            return asyncio.run(ask(base.app, target, {"logGroupName": "g", **request}, service="logs"))
        logs("CreateLogGroup"), logs("CreateLogStream", logStreamName="s")
        directive = {"Namespace": "N", "Dimensions": [["Model"]], "Metrics": [{"Name": "Drift"}]}
        metadata = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
        metric = json.dumps({"_aws": metadata, "Model": "a/1", "Drift": 0.25})
        events = [{"timestamp": 1, "message": text} for text in ("a line", metric)]
        status, _ = logs("PutLogEvents", logStreamName="s", logEvents=events)
        refused, _ = logs("PutLogEvents", logStreamName="another", logEvents=events)
        found = {key: [point["Value"] for point in points] for key, points in cloudwatch._metrics._data.items()}
        result = [[status, refused], [[str(key), values] for key, values in found.items()]]
        """,
    )
    assert status == [200, 400]
    ((key, values),) = seen
    assert values == [0.25]
    assert all(part in key for part in ("111111111111", "eu-west-1", "'N'", "'Drift'", "a/1"))
