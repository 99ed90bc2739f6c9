"""Endpoints as their callers and their containers see them."""

from __future__ import annotations

import json
import threading
from collections import Counter

import pytest
from botocore.exceptions import ClientError

from tests.executor.test_isolation import processes_with
from tests.support.hosting import FIXED_PORT, SERVING, Hosting, variant
from tests.support.local_aws import ROLE, unique
from tests.support.polling import eventually
from tests.support.traffic import Load

CONTAINER = "your-algorithms-inference-code"


def change(hosting: Hosting, endpoint: str, **desired: float) -> None:
    """Give variant AllTraffic other numbers, and wait until it has them."""
    wanted = [{"VariantName": "AllTraffic", **desired}]
    hosting.sagemaker.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=wanted)
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"


@pytest.mark.documented(f"{CONTAINER}: port 8080, /opt/ml/model")
def test_containers_that_all_serve_on_port_8080_serve_at_once_and_each_its_own_model(hosting: Hosting) -> None:
    names = [hosting.endpoint(hosting.config(variant(hosting.model(FIXED_PORT, content=content)))) for content in "ab"]
    for name in names:
        assert hosting.settled(name)["EndpointStatus"] == "InService"
    assert [hosting.invoke(name) for name in names] == [b"a", b"b"]


@pytest.mark.local_only
def test_a_container_in_a_network_of_its_own_finds_the_local_aws_at_its_address(hosting: Hosting) -> None:
    name = hosting.endpoint(hosting.config(variant(hosting.model(FIXED_PORT))))
    hosting.settled(name)
    assert b'"isolation": "namespaces"' in hosting.invoke(name, f"{hosting.aws.endpoint}/_local/health")


@pytest.mark.documented("API_CreateModel: EnableNetworkIsolation")
@pytest.mark.parametrize("image", [SERVING, FIXED_PORT])
def test_a_model_in_isolation_answers_and_reaches_nothing(hosting: Hosting, image: str) -> None:
    name = unique("model")
    hosting.sagemaker.create_model(
        ModelName=name, PrimaryContainer={"Image": image}, ExecutionRoleArn=ROLE, EnableNetworkIsolation=True
    )
    endpoint = hosting.endpoint(hosting.config(variant(name)))
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
    address = f"{hosting.aws.endpoint}/_local/health"
    if image == SERVING:
        assert b"Connection refused" in hosting.invoke(endpoint, what=f"fetch={address}")
    else:
        with pytest.raises(ClientError, match="Connection refused"):
            hosting.invoke(endpoint, address)


@pytest.mark.documented(f"{CONTAINER}: read-only access to the model")
def test_the_model_cannot_be_written(hosting: Hosting) -> None:
    name = hosting.serving()
    assert b"Read-only file system" in hosting.invoke(name, what="write=/opt/ml/model/x")
    assert hosting.invoke(name, what="write=/tmp/x") == b"done"


@pytest.mark.documented("API_ContainerDefinition: Environment")
def test_a_container_sees_its_variables_the_request_and_nothing_of_the_servers(hosting: Hosting) -> None:
    name = hosting.serving(Environment={"MINE": "1"})
    seen = json.loads(hosting.invoke(name, what="environment", Accept="text/csv", InferenceId="row-1"))
    assert (seen["MINE"], seen["AWS_ENDPOINT_URL"]) == ("1", hosting.aws.endpoint)
    headers = {key.lower(): value for key, value in seen["headers"].items()}
    assert (headers["accept"], headers["x-amzn-sagemaker-inference-id"]) == ("text/csv", "row-1")
    assert "authorization" not in headers
    first, last = map(int, seen["SAGEMAKER_SAFE_PORT_RANGE"].split("-"))
    assert int(seen["SAGEMAKER_BIND_TO_PORT"]) not in range(first, last + 1)


@pytest.mark.documented(
    "logging-cloudwatch: /aws/sagemaker/Endpoints/[EndpointName], [production-variant-name]/[instance-id]"
)
def test_what_a_container_prints_is_in_the_endpoints_log(hosting: Hosting) -> None:
    name = hosting.serving()
    hosting.invoke(name, what="log=a line")
    eventually(lambda: hosting.log(name) == ["serving", "a line"], "the log")
    logs, group = hosting.aws.client("logs"), f"/aws/sagemaker/Endpoints/{name}"
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream["logStreamName"].startswith("AllTraffic/i-")


@pytest.mark.documented("model-ab-testing")
def test_traffic_goes_by_weight_and_a_target_variant_overrides_it(hosting: Hosting) -> None:
    models = {content: hosting.model(content=content) for content in ("a", "b")}
    variants = [
        variant(models["a"], "A", InitialVariantWeight=1, InstanceType="ml.m5.large"),
        variant(models["b"], "B", InitialVariantWeight=3),
    ]
    name = hosting.endpoint(hosting.config(*variants))
    hosting.settled(name)
    answers = Counter(hosting.invoke(name, what="model") for _ in range(200))
    assert 20 <= answers[b"a"] <= 80, answers
    assert {hosting.invoke(name, what="model", TargetVariant="A") for _ in range(10)} == {b"a"}
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": "A", "DesiredWeight": 0}]
    )
    assert hosting.settled(name)["ProductionVariants"][0]["CurrentWeight"] == 0
    assert {hosting.invoke(name, what="model") for _ in range(20)} == {b"b"}


@pytest.mark.documented("API_UpdateEndpointWeightsAndCapacities: DesiredInstanceCount")
def test_instances_come_and_go_under_load_and_no_request_is_lost(hosting: Hosting) -> None:
    name = hosting.serving(content="m")
    with Load(hosting, name).running() as load:
        change(hosting, name, DesiredInstanceCount=3)
        assert len(instances(hosting, name)) == 3
        before = len(load.answers)
        eventually(lambda: len(load.answers) > before + 50, "answers of all three")
        change(hosting, name, DesiredInstanceCount=1)
    assert load.errors == []


def instances(hosting: Hosting, endpoint: str) -> set[str]:
    """The log streams of an endpoint: one an instance."""
    logs = hosting.aws.client("logs")
    found = logs.describe_log_streams(logGroupName=f"/aws/sagemaker/Endpoints/{endpoint}")["logStreams"]
    return {stream["logStreamName"] for stream in found}


@pytest.mark.documented("API_ProductionVariantRoutingConfig: LEAST_OUTSTANDING_REQUESTS")
def test_the_instance_with_the_fewest_requests_gets_the_next(hosting: Hosting) -> None:
    routing = {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}
    name = hosting.endpoint(hosting.config(variant(hosting.model(), InitialInstanceCount=2, RoutingConfig=routing)))
    hosting.settled(name)
    slow = threading.Thread(target=lambda: hosting.invoke(name, what="sleep=1.5"))
    slow.start()
    asked: set[str] = set()

    def one_is_busy() -> bool:
        seen = json.loads(hosting.invoke(name, what="environment"))["SAGEMAKER_BIND_TO_PORT"]
        asked.add(seen)
        return slow.is_alive()

    eventually(one_is_busy, "the slow request")
    # While one instance is busy with it, all others go to the other.
    ports = {json.loads(hosting.invoke(name, what="environment"))["SAGEMAKER_BIND_TO_PORT"] for _ in range(20)}
    still_busy = slow.is_alive()
    slow.join()
    assert not still_busy or len(ports) == 1


@pytest.mark.documented("model-shadow-deployment")
def test_a_shadow_sees_the_requests_and_nobody_its_answers(hosting: Hosting) -> None:
    live, shadow = (hosting.model(content=content) for content in ("live", "shadow"))
    shadows = [variant(shadow, "Shadow", InitialVariantWeight=1.0)]
    name = hosting.endpoint(hosting.config(variant(live, "Live"), ShadowProductionVariants=shadows))
    described = hosting.settled(name)
    assert [each["VariantName"] for each in described["ShadowProductionVariants"]] == ["Shadow"]
    for number in range(5):
        assert hosting.invoke(name, b"x", what=f"log=request {number}") == b"x"
    expected = {"serving", *(f"request {number}" for number in range(5))}
    eventually(lambda: set(hosting.log(name, "Shadow")) == expected, "the shadow's log")
    with pytest.raises(ClientError, match="Variant Shadow not found"):
        hosting.invoke(name, TargetVariant="Shadow")


@pytest.mark.documented("serverless-endpoints")
def test_a_serverless_endpoint_answers_as_many_at_a_time_as_it_may(hosting: Hosting) -> None:
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
    config = hosting.config({"VariantName": "v", "ModelName": hosting.model(), "ServerlessConfig": serverless})
    name = hosting.endpoint(config)
    shown = hosting.settled(name)["ProductionVariants"][0]
    assert shown["CurrentServerlessConfig"] == serverless
    codes: list[str] = []

    def ask() -> None:
        try:
            hosting.invoke(name, what="sleep=0.5")
            codes.append("answered")
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) == {"answered", "ThrottlingException"}
    assert hosting.invoke(name, b"again") == b"again"


@pytest.mark.documented("API_DeleteEndpoint: frees all of the resources")
def test_a_deleted_endpoint_leaves_no_process_and_no_folder(hosting: Hosting) -> None:
    folder = hosting.aws.data_dir / "hosting"
    others = set(folder.iterdir()) if folder.is_dir() else set()
    name = hosting.serving()
    (fleet,) = set(folder.iterdir()) - others
    assert processes_with(str(fleet))
    hosting.delete(name)
    eventually(lambda: not fleet.exists() and not processes_with(str(fleet)), "the end of its folder and processes")


@pytest.mark.documented("model-registry-deploy: a model from a model package")
def test_an_approved_model_package_is_served_with_its_variables(hosting: Hosting) -> None:
    group = unique("group")
    hosting.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    data = hosting.model_data("packaged")
    specification = {
        "Containers": [{"Image": SERVING, "ModelDataUrl": data, "Environment": {"A": "package", "B": "package"}}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    package = hosting.sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=specification, ModelApprovalStatus="Approved"
    )["ModelPackageArn"]
    name = unique("model")
    container = {"ModelPackageName": package, "Environment": {"B": "own"}}
    hosting.sagemaker.create_model(ModelName=name, Containers=[container], ExecutionRoleArn=ROLE)
    endpoint = hosting.endpoint(hosting.config(variant(name)))
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
    assert hosting.invoke(endpoint, what="model") == b"packaged"
    seen = json.loads(hosting.invoke(endpoint, what="environment"))
    assert (seen["A"], seen["B"]) == ("package", "own")
    assert hosting.sagemaker.describe_model(ModelName=name)["Containers"] == [container]
