"""Containers that fail, one way at a time: the status, the error and the log, and how the endpoint recovers."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.executor.test_isolation import processes_with
from tests.support.hosting import SERVING, Hosting, archive, variant
from tests.support.local_aws import IMAGE
from tests.support.polling import eventually
from tests.support.traffic import Load

CONTAINER = "your-algorithms-inference-code"
# The shortest that the API allows; on the tests' server three seconds.
SOON = {"ContainerStartupHealthCheckTimeoutInSeconds": 60}
NOT_HEALTHY = (
    "The primary container for production variant AllTraffic did not pass the ping health check. Please check "
    "CloudWatch logs for this endpoint."
)


def failed(hosting: Hosting, model: str, **settings: Any) -> str:
    """Why an endpoint of *model* failed."""
    name = hosting.endpoint(hosting.config(variant(model, **settings)))
    endpoint = hosting.settled(name)
    assert endpoint["EndpointStatus"] == "Failed"
    with pytest.raises(ClientError, match=f"Endpoint {name} of account"):
        hosting.invoke(name)
    return str(endpoint["FailureReason"])


@pytest.mark.documented(f"{CONTAINER}: health check")
def test_a_container_that_dies_at_its_start_fails_the_endpoint_and_its_last_words_are_in_the_log(
    hosting: Hosting,
) -> None:
    name = hosting.endpoint(hosting.config(variant(hosting.model(Environment={"EXIT": "3"}), **SOON)))
    endpoint = hosting.settled(name)
    assert (endpoint["EndpointStatus"], endpoint["FailureReason"]) == ("Failed", NOT_HEALTHY)
    lines = hosting.log(name)
    assert set(lines) == {"I cannot go on"}
    assert len(lines) > 1, "it was not started again"


@pytest.mark.documented(f"{CONTAINER}: /ping must answer 200")
def test_a_container_that_is_never_healthy_fails_the_endpoint(hosting: Hosting) -> None:
    assert failed(hosting, hosting.model(Environment={"UNHEALTHY": "1"}), **SOON) == NOT_HEALTHY


@pytest.mark.local_only
def test_an_image_without_the_program_serve_fails_the_endpoint_at_once(hosting: Hosting) -> None:
    assert failed(hosting, hosting.model(IMAGE)) == (
        "CannotStartContainerError. Please ensure the model container for variant AllTraffic starts correctly when "
        "invoked with 'docker run <image> serve'. (exec: 'serve': no such file or directory)"
    )


@pytest.mark.local_only
def test_model_data_that_is_no_archive_fails_the_endpoint(hosting: Hosting) -> None:
    uri = hosting.aws.put("models/broken.tar.gz", archive({"name": b"1" * 5000})[:50])
    reason = failed(hosting, hosting.model(ModelDataUrl=uri))
    assert reason.startswith(f'Failed to extract model data archive from URL "{uri}".')


@pytest.mark.local_only
def test_model_data_that_has_gone_fails_the_endpoint(hosting: Hosting) -> None:
    model = hosting.model()
    hosting.aws.s3.delete_object(Bucket="test-bucket", Key=f"models/{model}.tar.gz")
    assert failed(hosting, model).startswith("Failed to download model data from URL")


@pytest.mark.documented("API_CreateEndpoint: a failed endpoint can only be deleted")
def test_a_failed_endpoint_can_be_deleted_and_nothing_else(hosting: Hosting) -> None:
    config = hosting.config(variant(hosting.model(IMAGE)))
    name = hosting.endpoint(config)
    hosting.settled(name)
    with pytest.raises(ClientError, match="it can only be deleted"):
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
    hosting.delete(name)
    assert hosting.endpoint(config, name) == name


@pytest.mark.documented(f"{CONTAINER}: a slow start is waited for")
def test_a_container_that_starts_slowly_is_waited_for(hosting: Hosting) -> None:
    name = hosting.endpoint(hosting.config(variant(hosting.model(Environment={"SLOW_START": "1.5"}))))
    assert hosting.settled(name)["EndpointStatus"] == "InService"


@pytest.mark.documented("API_runtime_InvokeEndpoint: ModelError")
@pytest.mark.parametrize(
    ("what", "status", "message"),
    [
        ("status=418", 418, 'Received client error (418) from primary with message "in"'),
        ("status=500", 500, 'Received server error (500) from primary with message "in"'),
        ("close", 0, "could not get a response from the"),
        ("half", 0, "could not get a response from the"),
        ("garbage", 0, "could not get a response from the"),
    ],
)
def test_a_container_that_answers_badly_is_a_model_error_and_stays_in_service(
    hosting: Hosting, what: str, status: int, message: str
) -> None:
    name = hosting.serving()
    with pytest.raises(ClientError) as caught:
        hosting.invoke(name, b"in", what=what)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("ModelError", 424)
    assert answer["OriginalStatusCode"] == status
    assert answer["LogStreamArn"].endswith(f":log-group:/aws/sagemaker/Endpoints/{name}")
    assert message in answer["Error"]["Message"]
    assert hosting.invoke(name, b"next") == b"next"


@pytest.mark.local_only
@pytest.mark.parametrize("what", ["exit=1", "kill"])
def test_a_container_that_dies_under_a_request_is_a_model_error_and_started_again(hosting: Hosting, what: str) -> None:
    name = hosting.serving()
    with pytest.raises(ClientError, match="could not get a response") as caught:
        hosting.invoke(name, what=what)
    assert caught.value.response["Error"]["Code"] == "ModelError"
    eventually(lambda: answers(hosting, name), "the container's return")
    eventually(lambda: hosting.log(name) == ["serving", "serving"], "the log of both")
    assert hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"


def answers(hosting: Hosting, name: str) -> bool:
    """Whether the endpoint answers; if not, it must be unavailable and nothing else."""
    try:
        return hosting.invoke(name, b"x") == b"x"
    except hosting.runtime.exceptions.ServiceUnavailable:
        return False


@pytest.mark.local_only
def test_of_several_instances_one_that_dies_costs_its_own_requests_only(hosting: Hosting) -> None:
    name = hosting.endpoint(hosting.config(variant(hosting.model(), InitialInstanceCount=2)))
    hosting.settled(name)
    with Load(hosting, name).running() as load:
        with pytest.raises(ClientError, match="could not get a response"):
            hosting.invoke(name, what="exit")
        before = len(load.answers)
        eventually(lambda: len(load.answers) > before + 100, "a hundred more answers")
    # Those that the dying container had taken, and no more than two clients can have had under way.
    assert len(load.errors) <= 2
    assert all("could not get a response" in error for error in load.errors)


@pytest.mark.local_only
def test_a_container_that_hangs_is_started_again_when_its_pings_fail(hosting: Hosting) -> None:
    name = hosting.serving()
    hosting.invoke(name, what="hang")
    eventually(lambda: hosting.log(name) == ["serving", "serving"], "the next container")
    eventually(lambda: answers(hosting, name), "its answer")


@pytest.mark.documented(f"{CONTAINER}: /ping must answer 200, also while the endpoint is in service")
def test_a_container_that_falls_sick_is_started_again(hosting: Hosting) -> None:
    name = hosting.serving()
    hosting.invoke(name, what="sick")
    eventually(lambda: hosting.log(name) == ["serving", "serving"], "the next container")
    eventually(lambda: answers(hosting, name), "its answer")
    assert hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"


@pytest.mark.local_only
def test_a_container_that_dies_under_load_costs_what_it_was_answering_and_comes_back(hosting: Hosting) -> None:
    name = hosting.serving(content="m")
    with Load(hosting, name).running() as load:
        eventually(lambda: load.answers, "the first answer")
        with pytest.raises(ClientError, match="could not get a response"):
            hosting.invoke(name, what="kill")
        before = len(load.answers)
        eventually(lambda: len(load.answers) > before + 100, "a hundred more answers")
    told = {"could not get a response": "ModelError", "is in service": "ServiceUnavailable"}
    for error in load.errors:
        assert [code for text, code in told.items() if text in error and code in error], error


@pytest.mark.documented(f"{CONTAINER}: SIGKILL comes 30 seconds after SIGTERM")
def test_a_container_that_does_not_hear_sigterm_is_killed(hosting: Hosting) -> None:
    folder = hosting.aws.data_dir / "hosting"
    others = set(folder.iterdir()) if folder.is_dir() else set()
    name = hosting.serving(Environment={"DEAF": "1"})
    (fleet,) = set(folder.iterdir()) - others
    assert processes_with(str(fleet))
    hosting.delete(name)
    eventually(lambda: not processes_with(str(fleet)), "the end of its processes")


@pytest.mark.documented("API_UpdateEndpoint: if the update fails, the endpoint serves the old configuration")
@pytest.mark.parametrize(
    ("container", "told"),
    [({"Image": IMAGE}, "CannotStartContainerError"), ({"Image": SERVING, "Environment": {"EXIT": "1"}}, NOT_HEALTHY)],
)
def test_an_update_that_fails_leaves_the_old_one_in_service_and_loses_no_request(
    hosting: Hosting, container: dict[str, Any], told: str
) -> None:
    name = hosting.serving(content="old")
    before = hosting.sagemaker.describe_endpoint(EndpointName=name)
    image = container.pop("Image")
    bad = hosting.config(variant(hosting.model(image, content="new", **container), **SOON))
    with Load(hosting, name).running() as load:
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=bad)
        after = hosting.settled(name)
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", before["EndpointConfigName"])
    assert told in after["FailureReason"]
    assert after["ProductionVariants"] == before["ProductionVariants"]
    assert load.errors == []
    assert set(load.answers) == {"old"}


@pytest.mark.documented("API_UpdateEndpointWeightsAndCapacities: ResourceLimitExceeded")
def test_more_instances_than_there_are_cannot_be_had(hosting: Hosting) -> None:
    name = hosting.serving(content="m")
    many = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 101}]
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        hosting.sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=many)
    endpoint = hosting.sagemaker.describe_endpoint(EndpointName=name)
    assert (endpoint["EndpointStatus"], endpoint["ProductionVariants"][0]["DesiredInstanceCount"]) == ("InService", 1)
