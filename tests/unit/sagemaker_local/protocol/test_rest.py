"""The REST protocol of SageMaker's runtime: routes, members in headers, limits."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.errors import ServiceError
from sagemaker_local.protocol import model, rest
from sagemaker_local.protocol.rest import Route, bind, route

BINDING = pytest.mark.documented("botocore: sagemaker-runtime's model")


@BINDING
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/endpoints/e/invocations", Route("InvokeEndpoint", "e")),
        ("/endpoints/e/async-invocations", Route("InvokeEndpointAsync", "e")),
        ("/endpoints/e/invocations-response-stream", Route("InvokeEndpointWithResponseStream", "e")),
        ("/endpoints/a%2Fb/invocations", Route("InvokeEndpoint", "a/b")),
        ("/endpoints/e", None),
        ("/endpoints/e/invocations/", None),
        ("/other/endpoints/e/invocations", None),
        ("/", None),
    ],
)
def test_a_path_is_an_operation_and_an_endpoint(path: str, expected: Route | None) -> None:
    assert route("POST", path) == expected
    assert route("GET", path) is None


@BINDING
def test_every_operation_of_the_runtime_has_its_route() -> None:
    found = {
        route(model.operation(name).http["method"], model.operation(name).http["requestUri"].format(EndpointName="e"))
        for name in model.runtime_operation_names()
    }
    assert found == {Route(name, "e") for name in model.runtime_operation_names()}


@BINDING
def test_headers_become_members_and_others_are_passed_over() -> None:
    headers = {
        b"content-type": b"text/csv",
        b"x-amzn-sagemaker-inference-id": b"row-17",
        b"x-amzn-sagemaker-custom-attributes": b"k=\xe9"[:2],
        b"user-agent": b"Boto3",
    }
    assert bind("InvokeEndpoint", "e", headers, b"") == {
        "EndpointName": "e",
        "ContentType": "text/csv",
        "InferenceId": "row-17",
        "CustomAttributes": "k=",
    }


@BINDING
def test_a_number_in_a_header_is_one() -> None:
    headers = {b"x-amzn-sagemaker-invocationtimeoutseconds": b"90"}
    assert bind("InvokeEndpointAsync", "e", headers, b"")["InvocationTimeoutSeconds"] == 90


def refusal(headers: dict[bytes, bytes], name: str = "e", body: bytes = b"", operation: str = "InvokeEndpoint") -> str:
    with pytest.raises(ServiceError) as caught:
        bind(operation, name, headers, body)
    assert (caught.value.code, caught.value.status) == ("ValidationError", 400)
    return caught.value.message


@BINDING
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"headers": {b"accept": b"x" * 1025}}, "'accept' failed to satisfy constraint: Member must have length less"),
        ({"headers": {b"content-type": b"caf\xe9"}}, "'contentType' failed to satisfy constraint: Member must satisfy"),
        ({"headers": {b"x-amzn-sagemaker-inference-id": b" x"}}, "'inferenceId' failed to satisfy constraint"),
        ({"headers": {b"x-amzn-sagemaker-target-variant": b"-"}}, "'targetVariant' failed to satisfy constraint"),
        ({"headers": {}, "name": "no name"}, "Value 'no name' at 'endpointName' failed to satisfy constraint"),
    ],
)
def test_what_the_model_forbids_is_refused_by_its_name(arguments: dict[str, Any], told: str) -> None:
    for _ in range(2):  # what is remembered of the first time is the same
        assert told in refusal(**arguments)


@BINDING
def test_every_fault_is_told() -> None:
    message = refusal({b"accept": b"x" * 1025, b"x-amzn-sagemaker-target-variant": b"-"})
    assert message.startswith("2 validation errors detected: ")


@BINDING
def test_a_body_that_is_too_long_is_refused_and_not_shown() -> None:
    limit = 6_291_456
    assert rest.longest_body("InvokeEndpoint") == limit
    assert bind("InvokeEndpoint", "e", {}, bytes(limit))
    assert refusal({}, body=bytes(limit + 1)) == (
        "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than "
        f"or equal to {limit}"
    )


@BINDING
def test_no_number_where_one_should_be_is_refused() -> None:
    headers = {b"x-amzn-sagemaker-invocationtimeoutseconds": b"soon"}
    assert "InvocationTimeoutSeconds is not an integer" in refusal(headers, operation="InvokeEndpointAsync")


@BINDING
@pytest.mark.parametrize(("operation", "status"), [("InvokeEndpoint", 200), ("InvokeEndpointAsync", 202)])
def test_the_status_of_success_is_the_models(operation: str, status: int) -> None:
    assert rest.success_status(operation) == status
