"""``kill -9`` under endpoints: they come back as they were, and what was under way is finished, never left half."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.test_cloudformation import Stack, hosted, left_over
from tests.contract.test_events import Subscription
from tests.executor.test_isolation import processes_with
from tests.executor.test_rollouts import mixed
from tests.support.asynchronous import Topic, asynchronous, result
from tests.support.hosting import Hosting, variant
from tests.support.local_aws import BUCKET, IMAGE, LocalAws
from tests.support.polling import eventually

pytestmark = pytest.mark.local_only
# Long enough that a kill comes before the end of a start, short enough to be waited for.
SLOW = {"SLOW_START": "1.5"}


@pytest.fixture
def own(tmp_path: Path, environments: Path) -> Iterator[LocalAws]:
    """A server of the test's own, to be killed."""
    server = LocalAws(tmp_path / "data", environments, "--speed-up", "20")
    server.start().prepare()
    yield server
    server.terminate()


def restarted(own: LocalAws) -> None:
    """Kill the server, see that nothing of it is left, and start it again."""
    own.kill()
    eventually(lambda: not processes_with(str(own.data_dir / "hosting")), "the end of the containers")
    own.start()


def answer(hosting: Hosting, endpoint: str, **request: str) -> str:
    """Which model answers, once one does."""

    def probe() -> str | None:
        try:
            return hosting.invoke(endpoint, what="model", **request).decode()
        except hosting.runtime.exceptions.ServiceUnavailable:
            return None

    return eventually(probe, f"an answer of {endpoint}")


def test_an_endpoint_comes_back_as_it_was_also_without_what_it_was_made_of(own: LocalAws) -> None:
    hosting = Hosting(own)
    models = {content: hosting.model(content=content) for content in "ab"}
    config = hosting.config(variant(models["a"], "A"), variant(models["b"], "B"))
    name = hosting.endpoint(config)
    hosting.settled(name)
    own.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[
            {"VariantName": "A", "DesiredWeight": 0},
            {"VariantName": "B", "DesiredInstanceCount": 2},
        ],
    )
    before = hosting.settled(name)
    for model in models.values():
        own.sagemaker.delete_model(ModelName=model)
        own.s3.delete_object(Bucket=BUCKET, Key=f"models/{model}.tar.gz")
    own.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    restarted(own)
    after = own.sagemaker.describe_endpoint(EndpointName=name)
    shown = ("EndpointStatus", "EndpointConfigName", "ProductionVariants", "CreationTime", "LastModifiedTime")
    assert {key: after[key] for key in shown} == {key: before[key] for key in shown}
    assert answer(hosting, name) == "b"
    assert answer(hosting, name, TargetVariant="A") == "a"
    eventually(lambda: len(processes_with(str(own.data_dir / "hosting"))) >= 3, "all three instances")
    hosting.delete(name)


def test_whatever_was_under_way_is_finished_or_rolled_back(own: LocalAws) -> None:
    hosting, sagemaker = Hosting(own), own.sagemaker
    slow, bad = variant(hosting.model(content="slow", Environment=SLOW)), variant(hosting.model(IMAGE))
    old = hosting.config(variant(hosting.model(content="old")))
    names = [hosting.endpoint(config) for config in (old, old, old, hosting.config(slow))]
    updated, failing, deleted, changed = names
    for name in names:
        assert hosting.settled(name)["EndpointStatus"] == "InService"

    new = hosting.config(slow)
    created = hosting.endpoint(new)
    sagemaker.update_endpoint(EndpointName=updated, EndpointConfigName=new)
    sagemaker.update_endpoint(EndpointName=failing, EndpointConfigName=hosting.config(bad))
    sagemaker.delete_endpoint(EndpointName=deleted)
    more = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=changed, DesiredWeightsAndCapacities=more)
    restarted(own)

    after = {name: hosting.settled(name) for name in (created, updated, failing, changed)}
    assert {name: endpoint["EndpointStatus"] for name, endpoint in after.items()} == dict.fromkeys(after, "InService")
    assert {name: answer(hosting, name) for name in after} == {
        created: "slow",
        updated: "slow",
        failing: "old",
        changed: "slow",
    }
    assert (after[updated]["EndpointConfigName"], after[failing]["EndpointConfigName"]) == (new, old)
    assert after[changed]["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    with pytest.raises(ClientError, match="Could not find endpoint"):
        eventually(lambda: not sagemaker.describe_endpoint(EndpointName=deleted), "its end")
    # One folder a fleet that serves: the old ones' model data is gone.
    eventually(lambda: len(list((own.data_dir / "hosting").iterdir())) == len(after), "the end of the old fleets")


def baking(hosting: Hosting, endpoint: str) -> bool:
    shown = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    (each,) = shown["PendingDeploymentSummary"]["ProductionVariants"]
    return any(status["Status"] == "Baking" for status in each.get("VariantStatus", []))


def blue_green(kind: str, **size: dict[str, Any]) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": 60, **size}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 60}}


def test_a_rollout_of_any_kind_that_was_baking_is_begun_again_and_finished(own: LocalAws) -> None:
    hosting, half = Hosting(own), {"Type": "CAPACITY_PERCENT", "Value": 50}
    rollouts = {
        "all at once": blue_green("ALL_AT_ONCE"),
        "canary": blue_green("CANARY", CanarySize=half),
        "linear": blue_green("LINEAR", LinearStepSize=half),
        "rolling": {"RollingUpdatePolicy": {"MaximumBatchSize": half, "WaitIntervalInSeconds": 60}},
    }
    old, new = (
        hosting.config(variant(hosting.model(content=content), InitialInstanceCount=2)) for content in ("old", "new")
    )
    names = {kind: hosting.endpoint(old) for kind in rollouts}
    for kind, name in names.items():
        assert hosting.settled(name)["EndpointStatus"] == "InService"
        own.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new, DeploymentConfig=rollouts[kind])
        eventually(lambda name=name: baking(hosting, name), f"the baking of {kind}")
    restarted(own)
    for kind, name in names.items():
        after = hosting.settled(name)
        assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", new), kind
        assert after["ProductionVariants"][0]["CurrentInstanceCount"] == 2
        assert answer(hosting, name) == "new"
    eventually(lambda: len(list((own.data_dir / "hosting").iterdir())) == len(names), "the end of the old fleets")


def test_a_rollback_that_was_under_way_is_finished(own: LocalAws) -> None:
    hosting = Hosting(own)
    old = hosting.config(variant(hosting.model(content="old", Environment=SLOW), InitialInstanceCount=2))
    budget = {"ContainerStartupHealthCheckTimeoutInSeconds": 60}
    name = hosting.endpoint(old)
    hosting.settled(name)
    alarm = {"AlarmName": "bad", "TreatMissingData": "ignore", "Threshold": 0.0, "Period": 60, "EvaluationPeriods": 1}
    metric = {"Namespace": "n", "MetricName": "m", "Statistic": "Sum", "ComparisonOperator": "GreaterThanThreshold"}
    cloudwatch = own.client("cloudwatch")
    cloudwatch.put_metric_alarm(**alarm, **metric)
    new = hosting.config(variant(hosting.model(content="new"), InitialInstanceCount=2, **budget))
    rolling = {"MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50}, "WaitIntervalInSeconds": 60}
    how = {"RollingUpdatePolicy": rolling, "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "bad"}]}}
    own.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new, DeploymentConfig=how)

    def status() -> str:
        return str(own.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"])

    # When one old instance has given way to a new one: the rollback has to start one.
    eventually(lambda: baking(hosting, name), "the baking of the first batch")
    eventually(lambda: not baking(hosting, name), "the second batch")
    cloudwatch.set_alarm_state(AlarmName="bad", StateValue="ALARM", StateReason="test")
    eventually(lambda: status() == "RollingBack", "the rollback")
    restarted(own)
    after = hosting.settled(name)
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", old)
    assert answer(hosting, name) == "old"
    eventually(lambda: len(list((own.data_dir / "hosting").iterdir())) == 1, "the end of the new fleet")


def test_a_mix_of_two_configurations_comes_back_and_can_be_updated_or_deleted(own: LocalAws) -> None:
    hosting = Hosting(own)
    name, old = mixed(hosting)
    restarted(own)
    # What every container needs at its start is still gone: of neither configuration one comes back.
    shown = own.sagemaker.describe_endpoint(EndpointName=name)
    assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("UpdateRollbackFailed", old)
    newest = hosting.config(variant(hosting.model(content="newest")))
    own.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=newest)
    assert hosting.settled(name)["EndpointStatus"] == "InService"
    assert answer(hosting, name) == "newest"
    eventually(lambda: len(list((own.data_dir / "hosting").iterdir())) == 1, "the end of both old fleets")
    hosting.delete(name)
    assert list((own.data_dir / "hosting").iterdir()) == []


def test_a_stack_that_was_being_made_is_rolled_back_and_nothing_is_left_of_it(own: LocalAws) -> None:
    hosting, stack = Hosting(own), Stack(own)
    resources = hosted(hosting.model_data("first"))
    resources["Model"]["Properties"]["PrimaryContainer"]["Environment"] = {"SLOW_START": "5"}
    stack.begin(resources)
    eventually(lambda: len(left_over(hosting, stack)) == 3, "the endpoint's creation")
    restarted(own)
    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert left_over(hosting, stack) == []
    stack.delete()


def test_a_stacks_update_that_was_under_way_is_rolled_back_and_can_be_made_again(own: LocalAws) -> None:
    hosting, stack = Hosting(own), Stack(own)
    assert stack.create(hosted(hosting.model_data("first"))) == "CREATE_COMPLETE"
    before, endpoint = stack.ids(), stack.named("Endpoint")
    second = hosted(hosting.model_data("second"))
    second["Model"]["Properties"]["PrimaryContainer"]["Environment"] = SLOW
    stack.begin_update(second)
    status = lambda: own.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"]  # noqa: E731
    eventually(lambda: status() == "Updating" or None, "the endpoint's update")
    restarted(own)
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert answer(hosting, endpoint) == "first"
    assert (stack.ids(), len(left_over(hosting, stack))) == (before, 3)
    assert stack.update(second) == "UPDATE_COMPLETE"
    assert answer(hosting, endpoint) == "second"
    stack.delete()
    assert left_over(hosting, stack) == []


def test_every_acknowledged_asynchronous_request_is_answered_also_across_a_kill(own: LocalAws) -> None:
    hosting = Hosting(own)
    name = asynchronous(hosting, {"MaxConcurrentInvocationsPerInstance": 2})
    answers = [
        hosting.runtime.invoke_endpoint_async(EndpointName=name, Body=b"%d" % number, CustomAttributes="sleep=0.2")
        for number in range(12)
    ]
    restarted(own)
    for number, acknowledged in enumerate(answers):
        assert result(own, acknowledged["OutputLocation"]) == b"%d" % number
    hosting.delete(name)
    assert "Traceback" not in own.log.read_text()


def test_every_end_of_an_asynchronous_request_reaches_its_topic_also_across_a_kill(own: LocalAws) -> None:
    hosting, topic = Hosting(own), Topic(own)
    saved = own.data_dir / "base" / "state" / "sns.json"
    eventually(lambda: saved.exists() and topic.queue_arn in saved.read_text(), "the save of the subscription")
    name = asynchronous(hosting, NotificationConfig={"SuccessTopic": topic.arn})
    answers = [hosting.runtime.invoke_endpoint_async(EndpointName=name, Body=b"1") for _ in range(5)]
    result(own, answers[-1]["OutputLocation"])
    restarted(own)
    wanted = {answer["InferenceId"] for answer in answers}
    while wanted:
        wanted.discard(topic.next()["inferenceId"])


def test_every_change_of_status_reaches_its_queue_also_across_a_kill(own: LocalAws) -> None:
    hosting = Hosting(own)
    events = Subscription(own, "SageMaker Endpoint State Change", {"EndpointName": [{"exists": True}]})
    saved = own.data_dir / "base" / "state" / "eventbridge.json"
    eventually(lambda: saved.exists() and "Endpoint State Change" in saved.read_text(), "the save of the rule")
    name = hosting.endpoint(hosting.config(variant(hosting.model(Environment=SLOW))))
    restarted(own)
    hosting.settled(name)
    seen = events.until(lambda events: "IN_SERVICE" in statuses(events))
    assert statuses(seen)[0] == "CREATING"


def statuses(events: list[dict[str, dict[str, str]]]) -> list[str]:
    return [event["detail"]["EndpointStatus"] for event in events]


def test_sigterm_ends_the_server_soon_and_its_containers_with_it(own: LocalAws) -> None:
    hosting = Hosting(own)
    hosting.serving()
    hosting.endpoint(hosting.config(variant(hosting.model(Environment=SLOW))))
    assert own.terminate() == 0
    assert not processes_with(str(own.data_dir / "hosting"))
    assert "Traceback" not in own.log.read_text()
