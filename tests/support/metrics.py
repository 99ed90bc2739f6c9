"""What CloudWatch has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.local_aws import LocalAws


def metric(aws: LocalAws, namespace: str, name: str, statistic: str, **dimensions: str) -> float | None:
    """A metric over the last minutes; ``None`` if it was not published."""
    now = datetime.now(UTC)
    points = aws.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=10),
        Period=3600,
        Statistics=[statistic],
    )["Datapoints"]
    return max((point[statistic] for point in points), default=None)
