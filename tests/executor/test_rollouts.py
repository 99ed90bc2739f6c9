"""Updates of endpoints under load: how the traffic moves, and what an alarm does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.hosting import SETTLED, Hosting, variant
from tests.support.local_aws import unique
from tests.support.polling import eventually
from tests.support.traffic import Load

# Of a container's time to become healthy, so that one which never does is soon given up.
BUDGET = {"ContainerStartupHealthCheckTimeoutInSeconds": 60}


def deployment(
    kind: str, wait: int = 0, termination: int = 0, alarms: tuple[str, ...] = (), **size: Any
) -> dict[str, Any]:
    policy = {
        "TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": wait, **size},
        "TerminationWaitInSeconds": termination,
    }
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}} if alarms else {}
    return {"BlueGreenUpdatePolicy": policy, **rollback}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def pair(hosting: Hosting, instances: int = 1) -> tuple[str, str, str]:
    """An endpoint that serves model ``old``, its configuration, and one with model ``new``."""
    old, new = (
        hosting.config(variant(hosting.model(content=content), InitialInstanceCount=instances))
        for content in ("old", "new")
    )
    endpoint = hosting.endpoint(old)
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
    return endpoint, old, new


def update(hosting: Hosting, endpoint: str, config: str, how: dict[str, Any]) -> None:
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, DeploymentConfig=how)


def variant_status(hosting: Hosting, endpoint: str) -> str:
    shown = hosting.sagemaker.describe_endpoint(EndpointName=endpoint).get("PendingDeploymentSummary", {})
    statuses = [status for each in shown.get("ProductionVariants", []) for status in each.get("VariantStatus", [])]
    return str(statuses[0]["Status"]) if statuses else ""


@pytest.mark.documented("deployment-guardrails-blue-green-canary")
def test_a_good_canary_loses_no_request_and_gives_the_new_one_its_share_first(hosting: Hosting) -> None:
    endpoint, _, new = pair(hosting)
    with Load(hosting, endpoint).running() as load:
        update(hosting, endpoint, new, deployment("CANARY", wait=60, CanarySize=percent(20)))
        eventually(lambda: variant_status(hosting, endpoint) == "Baking" or None, "the canary's baking")
        start = len(load.answers)
        eventually(lambda: variant_status(hosting, endpoint) != "Baking" or None, "the end of the baking")
        canary = load.since(start)
        done = hosting.settled(endpoint)
        start = len(load.answers)
        eventually(lambda: len(load.answers) > start + 20 or None, "more answers")
    assert load.errors == []
    assert done["EndpointConfigName"] == new
    assert 0 < canary["new"] < canary["old"]
    assert set(load.since(start + 2)) == {"new"}


@pytest.mark.documented("deployment-guardrails-blue-green-linear")
def test_a_linear_shift_passes_all_its_steps(hosting: Hosting) -> None:
    endpoint, _, new = pair(hosting)
    seen: list[str] = []
    update(hosting, endpoint, new, deployment("LINEAR", wait=10, LinearStepSize=percent(50)))
    with Load(hosting, endpoint).running() as load:
        while hosting.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"] == "Updating":
            seen.append(variant_status(hosting, endpoint))
            time.sleep(0.02)
    assert load.errors == []
    assert "Baking" in seen
    assert hosting.settled(endpoint)["EndpointConfigName"] == new


@pytest.mark.documented("deployment-guardrails-rolling")
def test_a_rolling_update_takes_one_instance_after_the_other_and_loses_no_request(hosting: Hosting) -> None:
    endpoint, _, new = pair(hosting, instances=2)
    size = {"Type": "INSTANCE_COUNT", "Value": 1}
    with Load(hosting, endpoint).running() as load:
        how = {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 20}}
        update(hosting, endpoint, new, how)
        done = hosting.settled(endpoint)
    assert load.errors == []
    assert {"old", "new"} == set(load.answers)
    assert (done["EndpointConfigName"], done["ProductionVariants"][0]["CurrentInstanceCount"]) == (new, 2)


def alarm(hosting: Hosting, endpoint: str, missing: str = "notBreaching") -> str:
    name = unique("alarm")
    hosting.aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "AllTraffic"}],
        Statistic="Sum",
        Period=10,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData=missing,
    )
    return name


@pytest.mark.documented("deployment-guardrails: an alarm during the baking rolls the update back")
def test_an_alarm_brings_the_old_configuration_back(hosting: Hosting) -> None:
    endpoint, old, new = pair(hosting)
    name = alarm(hosting, endpoint)
    update(hosting, endpoint, new, deployment("CANARY", wait=3600, alarms=(name,), CanarySize=percent(50)))
    eventually(lambda: variant_status(hosting, endpoint) == "Baking" or None, "the canary's baking")

    def failing() -> dict[str, Any] | None:
        # A state that is only set lasts until CloudWatch evaluates the alarm again, which may be at once.
        with suppress(hosting.runtime.exceptions.ModelError):
            hosting.invoke(endpoint, what="status=500")
        shown = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
        return dict(shown) if shown["EndpointStatus"] in SETTLED else None

    done = eventually(failing, "the rollback")
    assert (done["EndpointStatus"], done["EndpointConfigName"]) == ("InService", old)
    assert name in done["FailureReason"]
    assert hosting.invoke(endpoint, what="model") == b"old"


@pytest.mark.documented("cloudwatch_concepts: a metric is its name and its dimensions")
def test_errors_of_one_endpoint_raise_no_alarm_of_another(hosting: Hosting) -> None:
    failing, other = hosting.serving(), hosting.serving()
    own, others = alarm(hosting, failing), alarm(hosting, other)
    cloudwatch = hosting.aws.client("cloudwatch")

    def raised() -> list[str]:
        for endpoint, what in ((failing, "status=500"), (other, "status=200")):
            with suppress(hosting.runtime.exceptions.ModelError):
                hosting.invoke(endpoint, what=what)
        found = cloudwatch.describe_alarms(AlarmNames=[own, others], StateValue="ALARM")["MetricAlarms"]
        return [each["AlarmName"] for each in found]

    assert eventually(raised, "the alarm") == [own]


@pytest.mark.documented("deployment-guardrails: an alarm that is raised already ends the deployment")
def test_an_alarm_that_is_raised_already_lets_no_update_begin(hosting: Hosting) -> None:
    endpoint, old, new = pair(hosting)
    name = alarm(hosting, endpoint, missing="ignore")  # so that it stays as it is set
    hosting.aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    update(hosting, endpoint, new, deployment("ALL_AT_ONCE", alarms=(name,)))
    assert hosting.settled(endpoint)["EndpointConfigName"] == old


@pytest.mark.documented("monitoring-cloudwatch: Invocations, Invocation5XXErrors, ModelLatency and the rest")
def test_invocations_are_counted_and_alarms_see_them(hosting: Hosting) -> None:
    endpoint = hosting.serving()
    name = alarm(hosting, endpoint)
    for status in (200, 200, 400, 500):
        with suppress(hosting.runtime.exceptions.ModelError):
            hosting.invoke(endpoint, what=f"status={status}")
    cloudwatch = hosting.aws.client("cloudwatch")

    def total(metric: str) -> float:
        now = time.time()
        dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "AllTraffic"}]
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=now - 600,
            EndTime=now + 60,
            Period=3600,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        return sum(point["Sum"] for point in found)

    eventually(lambda: total("Invocations") == 4 or None, "the count of the invocations")
    assert [total(f"Invocation{kind}") for kind in ("4XXErrors", "5XXErrors", "ModelErrors")] == [1, 1, 2]
    assert total("ModelLatency") > 0
    state = lambda: cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]  # noqa: E731
    eventually(lambda: state() == "ALARM" or None, "the alarm")


@pytest.mark.local_only
def test_an_alarm_that_is_not_there_is_named(hosting: Hosting) -> None:
    endpoint, _, new = pair(hosting)
    with pytest.raises(hosting.sagemaker.exceptions.ClientError, match="CloudWatch has no alarm nowhere"):
        update(hosting, endpoint, new, deployment("ALL_AT_ONCE", alarms=("nowhere",)))


class _Answering(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def needed() -> Iterator[str]:
    """A URL that answers meanwhile."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def mixed(hosting: Hosting) -> tuple[str, str]:
    """An endpoint whose rollback from ``new`` to ``old`` has failed, and the name of the old configuration."""
    with needed() as url:
        old, new = (
            hosting.config(
                variant(hosting.model(content=content, Environment={"NEEDS": url}), InitialInstanceCount=2, **BUDGET)
            )
            for content in ("old", "new")
        )
        endpoint = hosting.endpoint(old)
        assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
        size = {"Type": "INSTANCE_COUNT", "Value": 1}
        how = {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 40}}
        update(hosting, endpoint, new, how)
        eventually(lambda: variant_status(hosting, endpoint) == "Baking" or None, "the first batch's baking")
    # From here on no container starts, neither the next batch's nor one that would bring the old configuration back.
    assert hosting.settled(endpoint)["EndpointStatus"] == "UpdateRollbackFailed"
    return endpoint, old


@pytest.mark.documented("deployment-guardrails-rolling; API_DescribeEndpoint: UpdateRollbackFailed")
def test_a_rollback_that_fails_leaves_a_mix_that_serves_until_the_next_update(hosting: Hosting) -> None:
    endpoint, old = mixed(hosting)
    shown = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert (shown["EndpointConfigName"], "PendingDeploymentSummary" in shown) == (old, False)
    assert "The rollback failed too: " in shown["FailureReason"]
    assert shown["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert {hosting.invoke(endpoint, what="model") for _ in range(40)} == {b"old", b"new"}
    more = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}]
    change = hosting.sagemaker.update_endpoint_weights_and_capacities
    with pytest.raises(hosting.sagemaker.exceptions.ClientError, match="mix of two configurations: use UpdateEndpoint"):
        change(EndpointName=endpoint, DesiredWeightsAndCapacities=more)
    newest = hosting.config(variant(hosting.model(content="newest")))
    with Load(hosting, endpoint).running() as load:
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=newest)
        done = hosting.settled(endpoint)
    assert load.errors == []
    assert (done["EndpointStatus"], done["EndpointConfigName"], "FailureReason" in done) == ("InService", newest, False)
    assert {hosting.invoke(endpoint, what="model") for _ in range(5)} == {b"newest"}
