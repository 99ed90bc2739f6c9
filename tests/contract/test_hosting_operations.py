"""Models, endpoint configurations, endpoints: for every operation a documented success and a documented error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.proof import ERROR, SUCCESS, proves
from tests.contract.refusals import invalid, refused
from tests.support.asynchronous import asynchronous
from tests.support.hosting import SERVING, Hosting, variant
from tests.support.local_aws import ACCOUNT, BUCKET, REGION, ROLE, unique


def arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


@proves("CreateModel", SUCCESS, "API_CreateModel")
def test_creating_a_model_answers_its_arn(sm: Any) -> None:
    name = unique("model")
    answer = sm.create_model(ModelName=name, PrimaryContainer={"Image": SERVING}, ExecutionRoleArn=ROLE)
    assert answer["ModelArn"] == arn("model", name)


@proves("CreateModel", ERROR, "API_CreateModel: ModelName")
def test_a_models_name_is_given_once(hosting: Hosting, sm: Any) -> None:
    name = hosting.model()
    message = invalid(sm.create_model, ModelName=name, PrimaryContainer={"Image": SERVING})
    assert message == f'Cannot create already existing model "{arn("model", name)}".'


@proves("DescribeModel", SUCCESS, "API_DescribeModel")
def test_a_model_is_described_as_it_was_created(hosting: Hosting, sm: Any) -> None:
    name = hosting.model(Environment={"A": "b"})
    model = sm.describe_model(ModelName=name)
    uri = f"s3://{BUCKET}/models/{name}.tar.gz"
    assert model["PrimaryContainer"] == {"Image": SERVING, "ModelDataUrl": uri, "Environment": {"A": "b"}}
    assert (model["ModelName"], model["ModelArn"]) == (name, arn("model", name))
    assert (model["ExecutionRoleArn"], model["EnableNetworkIsolation"]) == (ROLE, False)


@proves("DescribeModel", ERROR, "API_DescribeModel")
def test_describing_an_unknown_model_is_refused(sm: Any) -> None:
    assert invalid(sm.describe_model, ModelName="none") == f'Could not find model "{arn("model", "none")}".'


@proves("ListModels", SUCCESS, "API_ListModels: the default is CreationTime, Descending")
def test_models_are_listed_newest_first(hosting: Hosting, sm: Any) -> None:
    names = [hosting.model() for _ in range(3)]
    listed = [model["ModelName"] for model in sm.list_models(MaxResults=100)["Models"]]
    assert [name for name in listed if name in names] == names[::-1]


@proves("ListModels", ERROR, "API_ListModels: MaxResults is at most 100")
def test_a_page_of_models_has_at_most_a_hundred(sm: Any) -> None:
    assert "less than or equal to 100" in invalid(sm.list_models, MaxResults=101)


@proves("DeleteModel", SUCCESS, "API_DeleteModel")
def test_a_deleted_model_is_gone_and_its_name_is_free(hosting: Hosting, sm: Any) -> None:
    name = hosting.model()
    sm.delete_model(ModelName=name)
    assert "Could not find model" in invalid(sm.describe_model, ModelName=name)
    sm.create_model(ModelName=name, PrimaryContainer={"Image": SERVING})


@proves("DeleteModel", ERROR, "API_DeleteModel")
def test_deleting_an_unknown_model_is_refused(sm: Any) -> None:
    assert "Could not find model" in invalid(sm.delete_model, ModelName="none")


@proves("CreateEndpointConfig", SUCCESS, "API_CreateEndpointConfig")
def test_creating_an_endpoint_configuration_answers_its_arn(hosting: Hosting, sm: Any) -> None:
    name = unique("config")
    variants = [variant(hosting.model())]
    answer = sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    assert answer["EndpointConfigArn"] == arn("endpoint-config", name)


@proves("CreateEndpointConfig", ERROR, "API_CreateEndpointConfig")
def test_a_configurations_name_is_given_once(hosting: Hosting, sm: Any) -> None:
    model = hosting.model()
    name = hosting.config(variant(model))
    message = invalid(sm.create_endpoint_config, EndpointConfigName=name, ProductionVariants=[variant(model)])
    assert message == f'Cannot create already existing endpoint configuration "{arn("endpoint-config", name)}".'


@proves("DescribeEndpointConfig", SUCCESS, "API_DescribeEndpointConfig")
def test_an_endpoint_configuration_is_described_with_its_defaults(hosting: Hosting, sm: Any) -> None:
    plain = variant(hosting.model())
    name = hosting.config(plain)
    config = sm.describe_endpoint_config(EndpointConfigName=name)
    assert config["ProductionVariants"] == [{**plain, "InitialVariantWeight": 1.0}]
    assert config["EndpointConfigArn"] == arn("endpoint-config", name)


@proves("DescribeEndpointConfig", ERROR, "API_DescribeEndpointConfig")
def test_describing_an_unknown_configuration_is_refused(sm: Any) -> None:
    message = invalid(sm.describe_endpoint_config, EndpointConfigName="none")
    assert message == f'Could not find endpoint configuration "{arn("endpoint-config", "none")}".'


@proves("ListEndpointConfigs", SUCCESS, "API_ListEndpointConfigs")
def test_endpoint_configurations_are_listed_by_a_part_of_their_name(hosting: Hosting, sm: Any) -> None:
    name = hosting.config(variant(hosting.model()))
    (listed,) = sm.list_endpoint_configs(NameContains=name)["EndpointConfigs"]
    assert (listed["EndpointConfigName"], listed["EndpointConfigArn"]) == (name, arn("endpoint-config", name))


@proves("ListEndpointConfigs", ERROR, "API_ListEndpointConfigs: MaxResults is at least 1")
def test_a_page_of_configurations_has_at_least_one(sm: Any) -> None:
    assert "greater than or equal to 1" in invalid(sm.list_endpoint_configs, MaxResults=0)


@proves("DeleteEndpointConfig", SUCCESS, "API_DeleteEndpointConfig")
def test_a_deleted_configuration_is_gone(hosting: Hosting, sm: Any) -> None:
    name = hosting.config(variant(hosting.model()))
    sm.delete_endpoint_config(EndpointConfigName=name)
    assert "Could not find" in invalid(sm.describe_endpoint_config, EndpointConfigName=name)


@proves("DeleteEndpointConfig", ERROR, "API_DeleteEndpointConfig")
def test_deleting_an_unknown_configuration_is_refused(sm: Any) -> None:
    assert "Could not find endpoint configuration" in invalid(sm.delete_endpoint_config, EndpointConfigName="none")


@proves("CreateEndpoint", SUCCESS, "API_CreateEndpoint: the endpoint is Creating, and then InService")
def test_a_new_endpoint_is_creating_and_then_in_service(hosting: Hosting, sm: Any) -> None:
    name, config = unique("endpoint"), hosting.config(variant(hosting.model()))
    answer = sm.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert answer["EndpointArn"] == arn("endpoint", name)
    begun = sm.describe_endpoint(EndpointName=name)
    assert begun["EndpointStatus"] == "Creating"
    assert begun["PendingDeploymentSummary"]["EndpointConfigName"] == config
    assert hosting.settled(name)["EndpointStatus"] == "InService"


@proves("CreateEndpoint", ERROR, "API_CreateEndpoint: EndpointConfigName")
def test_an_endpoint_needs_a_configuration_that_is_there(sm: Any) -> None:
    message = invalid(sm.create_endpoint, EndpointName=unique("e"), EndpointConfigName="none")
    assert message == f'Could not find endpoint configuration "{arn("endpoint-config", "none")}".'


@proves("DescribeEndpoint", SUCCESS, "API_DescribeEndpoint")
def test_an_endpoint_in_service_is_described_with_its_variants(hosting: Hosting, sm: Any) -> None:
    name = hosting.serving()
    endpoint = sm.describe_endpoint(EndpointName=name)
    assert endpoint["EndpointArn"] == arn("endpoint", name)
    assert "PendingDeploymentSummary" not in endpoint
    (shown,) = endpoint["ProductionVariants"]
    assert shown["VariantName"] == "AllTraffic"
    assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"]) == (1, 1)
    assert (shown["CurrentWeight"], shown["DesiredWeight"]) == (1.0, 1.0)
    assert [image["SpecifiedImage"] for image in shown["DeployedImages"]] == [SERVING]
    assert endpoint["LastModifiedTime"] > endpoint["CreationTime"]


@proves("DescribeEndpoint", ERROR, "botocore waiter EndpointDeleted: ValidationException")
def test_describing_an_unknown_endpoint_is_refused(sm: Any) -> None:
    message = invalid(sm.describe_endpoint, EndpointName="none")
    assert message == f'Could not find endpoint "{arn("endpoint", "none")}".'


@proves("ListEndpoints", SUCCESS, "API_ListEndpoints")
def test_endpoints_are_listed_by_their_status(hosting: Hosting, sm: Any) -> None:
    name = hosting.serving()
    (listed,) = sm.list_endpoints(NameContains=name, StatusEquals="InService")["Endpoints"]
    assert (listed["EndpointName"], listed["EndpointStatus"]) == (name, "InService")
    assert sm.list_endpoints(NameContains=name, StatusEquals="Failed")["Endpoints"] == []


@proves("ListEndpoints", ERROR, "API_ListEndpoints: SortBy")
def test_endpoints_are_sorted_by_what_is_documented(sm: Any) -> None:
    assert "Member must satisfy enum value set: [Name, CreationTime, Status]" in invalid(sm.list_endpoints, SortBy="x")


@proves("UpdateEndpoint", SUCCESS, "API_UpdateEndpoint")
def test_an_updated_endpoint_serves_the_new_configuration(hosting: Hosting, sm: Any) -> None:
    name = hosting.serving(content="old")
    old = sm.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    new = hosting.config(variant(hosting.model(content="new")))
    assert sm.update_endpoint(EndpointName=name, EndpointConfigName=new)["EndpointArn"] == arn("endpoint", name)
    updating = sm.describe_endpoint(EndpointName=name)
    assert updating["EndpointStatus"] == "Updating"
    assert updating["EndpointConfigName"] == old
    assert hosting.settled(name)["EndpointConfigName"] == new
    assert hosting.invoke(name, what="model") == b"new"


@proves("UpdateEndpoint", ERROR, "API_UpdateEndpoint")
def test_an_endpoint_that_is_being_created_cannot_be_updated(hosting: Hosting, sm: Any) -> None:
    config = hosting.config(variant(hosting.model()))
    name = hosting.endpoint(config)
    message = invalid(sm.update_endpoint, EndpointName=name, EndpointConfigName=config)
    assert message == f'Cannot update in-progress endpoint "{arn("endpoint", name)}".'


@proves("UpdateEndpointWeightsAndCapacities", SUCCESS, "API_UpdateEndpointWeightsAndCapacities")
def test_a_variant_gets_more_instances_without_a_new_configuration(hosting: Hosting, sm: Any) -> None:
    name = hosting.serving()
    before = sm.describe_endpoint(EndpointName=name)
    desired = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}]
    sm.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=desired)
    (shown,) = sm.describe_endpoint(EndpointName=name)["ProductionVariants"]
    assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"]) == (1, 2)
    after = hosting.settled(name)
    assert after["EndpointConfigName"] == before["EndpointConfigName"]
    assert after["ProductionVariants"][0]["CurrentInstanceCount"] == 2


@proves("UpdateEndpointWeightsAndCapacities", ERROR, "API_UpdateEndpointWeightsAndCapacities")
def test_a_variant_that_the_endpoint_does_not_have_has_no_weight(hosting: Hosting, sm: Any) -> None:
    desired = [{"VariantName": "Other", "DesiredWeight": 2}]
    call = sm.update_endpoint_weights_and_capacities
    assert "Other" in invalid(call, EndpointName=hosting.serving(), DesiredWeightsAndCapacities=desired)


@proves("DeleteEndpoint", SUCCESS, "API_DeleteEndpoint")
def test_a_deleted_endpoint_is_gone_and_its_configuration_is_not(hosting: Hosting, sm: Any) -> None:
    name = hosting.serving()
    config = sm.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    sm.delete_endpoint(EndpointName=name)
    sm.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 1})
    sm.describe_endpoint_config(EndpointConfigName=config)


@proves("DeleteEndpoint", ERROR, "API_DeleteEndpoint")
def test_an_endpoint_that_is_being_created_cannot_be_deleted(hosting: Hosting, sm: Any) -> None:
    name = hosting.endpoint(hosting.config(variant(hosting.model())))
    assert invalid(sm.delete_endpoint, EndpointName=name) == (
        f'Cannot update in-progress endpoint "{arn("endpoint", name)}".'
    )


@proves("InvokeEndpoint", SUCCESS, "API_runtime_InvokeEndpoint")
def test_an_invocation_is_answered_by_the_container(hosting: Hosting, rt: Any) -> None:
    name = hosting.serving()
    answer = rt.invoke_endpoint(EndpointName=name, Body=b"1,2\n", ContentType="text/csv", CustomAttributes="note")
    assert answer["Body"].read() == b"1,2\n"
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/csv", "AllTraffic")
    assert answer["CustomAttributes"] == "note"


@proves("InvokeEndpoint", ERROR, "API_runtime_InvokeEndpoint: ValidationError")
def test_an_endpoint_that_is_not_there_cannot_be_invoked(rt: Any) -> None:
    code, message = refused(rt.invoke_endpoint, EndpointName="none", Body=b"")
    assert (code, message) == ("ValidationError", f"Endpoint none of account {ACCOUNT} not found.")


@proves("InvokeEndpointAsync", SUCCESS, "API_runtime_InvokeEndpointAsync")
def test_an_asynchronous_invocation_is_acknowledged_with_the_place_of_its_result(hosting: Hosting, rt: Any) -> None:
    name = asynchronous(hosting)
    answer = rt.invoke_endpoint_async(EndpointName=name, InputLocation=f"s3://{BUCKET}/in")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["OutputLocation"] == f"s3://{BUCKET}/{name}/out/{answer['InferenceId']}.out"


@proves("InvokeEndpointAsync", ERROR, "API_runtime_InvokeEndpointAsync: Body and InputLocation are mutually exclusive")
def test_an_asynchronous_invocation_has_one_payload(rt: Any) -> None:
    location = f"s3://{BUCKET}/in"
    for payload in ({}, {"InputLocation": location, "Body": b"1"}):
        code, message = refused(rt.invoke_endpoint_async, EndpointName="none", **payload)
        assert (code, message) == ("ValidationError", "Give exactly one of InputLocation and Body.")
    code, message = refused(rt.invoke_endpoint_async, EndpointName="none", InputLocation=location)
    assert (code, message) == ("ValidationError", f"Endpoint none of account {ACCOUNT} not found.")


@pytest.mark.documented("async-inference: such an endpoint can only receive asynchronous invocations")
def test_each_kind_of_endpoint_is_invoked_in_its_own_way(hosting: Hosting) -> None:
    name = asynchronous(hosting)
    code, message = refused(hosting.runtime.invoke_endpoint, EndpointName=name, Body=b"1")
    assert (code, "invoke it with InvokeEndpointAsync" in message) == ("ValidationError", True)
    name = hosting.serving()
    code, message = refused(hosting.runtime.invoke_endpoint_async, EndpointName=name, Body=b"1")
    assert (code, "invoke it with InvokeEndpoint." in message) == ("ValidationError", True)


@proves("InvokeEndpointWithResponseStream", SUCCESS, "API_runtime_InvokeEndpointWithResponseStream")
def test_an_answer_comes_as_a_stream_of_payload_parts(hosting: Hosting, rt: Any) -> None:
    answer = rt.invoke_endpoint_with_response_stream(
        EndpointName=hosting.serving(), Body=b"1,2", ContentType="text/csv"
    )
    assert b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"]) == b"1,2"
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/csv", "AllTraffic")


@proves("InvokeEndpointWithResponseStream", ERROR, "API_runtime_InvokeEndpointWithResponseStream: ValidationError")
def test_an_endpoint_that_is_not_there_gives_no_stream(rt: Any) -> None:
    code, message = refused(rt.invoke_endpoint_with_response_stream, EndpointName="none", Body=b"")
    assert (code, message) == ("ValidationError", f"Endpoint none of account {ACCOUNT} not found.")
