"""SageMaker's resources in CloudFormation stacks, by a real client of CloudFormation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.hosting import SERVING, Hosting
from tests.support.local_aws import ACCOUNT, REGION, ROLE, ROOT, LocalAws, unique
from tests.support.polling import eventually

SETTLED = ("CREATE_COMPLETE", "ROLLBACK_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "DELETE_FAILED")
ENDPOINT = {
    "Type": "AWS::SageMaker::Endpoint",
    "Properties": {"EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}},
}


def model(uri: str, image: str = SERVING, **properties: Any) -> dict[str, Any]:
    container = {"Image": image, "ModelDataUrl": uri}
    return {
        "Type": "AWS::SageMaker::Model",
        "Properties": {"ExecutionRoleArn": ROLE, "PrimaryContainer": container, **properties},
    }


def config(**variant: Any) -> dict[str, Any]:
    plain = {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": {"Ref": "Count"},  # a parameter, and so a string
        "InitialVariantWeight": 1,
    }
    return {
        "Type": "AWS::SageMaker::EndpointConfig",
        "Properties": {"ProductionVariants": [{**plain, **variant}]},
    }


def hosted(uri: str, endpoint: dict[str, Any] = ENDPOINT, **variant: Any) -> dict[str, Any]:
    """Model, configuration and endpoint."""
    return {"Model": model(uri), "Config": config(**variant), "Endpoint": endpoint}


class Stack:
    """One stack, through its client."""

    def __init__(self, aws: LocalAws) -> None:
        self.client = aws.client("cloudformation")
        self.name = unique("stack")

    def create(self, resources: dict[str, Any], **outputs: Any) -> str:
        self.begin(resources, **outputs)
        return self.settled()

    def begin(self, resources: dict[str, Any], **outputs: Any) -> None:
        self.client.create_stack(StackName=self.name, **_request(resources, outputs))

    def update(self, resources: dict[str, Any]) -> str:
        self.begin_update(resources)
        return self.settled()

    def begin_update(self, resources: dict[str, Any]) -> None:
        self.client.update_stack(StackName=self.name, **_request(resources, {}))

    def delete(self) -> None:
        self.client.delete_stack(StackName=self.name)
        eventually(lambda: not self._described() or None, f"the end of {self.name}")

    def settled(self) -> str:
        """The stack's status once nothing is under way."""
        return eventually(lambda: status if (status := self.status()) in SETTLED else None, f"the end of {self.name}")

    def outputs(self) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self._described()[0].get("Outputs", [])}

    def ids(self) -> dict[str, str]:
        """The physical ids, by logical ones."""
        found = self.client.describe_stack_resources(StackName=self.name)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    def named(self, logical_id: str) -> str:
        """The name in the ARN of a resource."""
        return self.ids()[logical_id].rpartition("/")[2]

    def reasons(self, status: str) -> dict[str, str]:
        """Why resources have come to *status*."""
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        return {
            event["LogicalResourceId"]: event.get("ResourceStatusReason", "")
            for event in events
            if event["ResourceStatus"] == status
        }

    def status(self) -> str:
        found = self._described()
        return str(found[0]["StackStatus"]) if found else ""

    def _described(self) -> list[dict[str, Any]]:
        summaries = self.client.describe_stacks()["Stacks"]
        return [each for each in summaries if each["StackName"] == self.name]


def _request(resources: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
    template = {
        "Parameters": {"Count": {"Type": "Number", "Default": 1}},
        "Resources": resources,
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    return {"TemplateBody": json.dumps(template if outputs else {**template, "Outputs": {}})}


@pytest.fixture
def stack(aws: LocalAws) -> Iterator[Stack]:
    made = Stack(aws)
    yield made
    if made._described():
        made.delete()


@pytest.fixture
def uri(hosting: Hosting) -> str:
    return hosting.model_data("first")


def left_over(hosting: Hosting, stack: Stack) -> list[str]:
    """What of the stack's resources is there."""
    sagemaker = hosting.sagemaker
    names = [
        *(each["ModelName"] for each in sagemaker.list_models(MaxResults=100)["Models"]),
        *(each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs(MaxResults=100)["EndpointConfigs"]),
        *(each["EndpointName"] for each in sagemaker.list_endpoints(MaxResults=100)["Endpoints"]),
    ]
    return [name for name in names if name.startswith(stack.name)]


@pytest.mark.documented("aws-resource-sagemaker-endpoint, -endpointconfig, -model: return values")
def test_a_stack_brings_an_endpoint_into_service_and_takes_everything_down_again(
    hosting: Hosting, stack: Stack, uri: str
) -> None:
    names = {
        "Model": {"Fn::GetAtt": ["Model", "ModelName"]},
        "Endpoint": {"Fn::GetAtt": ["Endpoint", "EndpointName"]},
        "Arn": {"Ref": "Endpoint"},
    }
    assert stack.create(hosted(uri), **names) == "CREATE_COMPLETE"
    outputs = stack.outputs()
    assert outputs["Arn"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{outputs['Endpoint']}"
    assert stack.ids()["Model"].endswith(f":model/{outputs['Model']}")
    assert hosting.invoke(outputs["Endpoint"], what="model") == b"first"
    assert hosting.sagemaker.describe_endpoint(EndpointName=outputs["Endpoint"])["EndpointStatus"] == "InService"
    assert len(left_over(hosting, stack)) == 3
    stack.delete()
    assert left_over(hosting, stack) == []


@pytest.mark.documented("aws-resource-sagemaker-endpointconfig: update requires replacement; -endpoint: none")
def test_an_update_replaces_model_and_configuration_and_updates_the_endpoint(
    hosting: Hosting, stack: Stack, uri: str
) -> None:
    stack.create(hosted(uri))
    before = stack.ids()
    deployment = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": "50"},
                "WaitIntervalInSeconds": "1",
            }
        }
    }
    endpoint = {**ENDPOINT, "Properties": {**ENDPOINT["Properties"], "DeploymentConfig": deployment}}
    assert stack.update(hosted(hosting.model_data("second"), endpoint)) == "UPDATE_COMPLETE"
    after = stack.ids()
    assert after["Endpoint"] == before["Endpoint"]
    assert after["Model"] != before["Model"]
    assert after["Config"] != before["Config"]
    assert hosting.invoke(stack.named("Endpoint"), what="model") == b"second"
    shown = hosting.sagemaker.describe_endpoint(EndpointName=stack.named("Endpoint"))
    assert shown["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "CANARY"
    assert sorted(left_over(hosting, stack)) == sorted(stack.named(each) for each in after)


@pytest.mark.documented("aws-resource-sagemaker-endpoint: RetainAllVariantProperties")
def test_an_update_of_the_stack_keeps_the_variants_properties_where_it_is_told_to(
    hosting: Hosting, stack: Stack, uri: str
) -> None:
    endpoint = {**ENDPOINT, "Properties": {**ENDPOINT["Properties"], "RetainAllVariantProperties": "true"}}
    stack.create(hosted(uri, endpoint))
    name = stack.named("Endpoint")
    changes = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}]
    hosting.sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=changes)
    hosting.settled(name)
    stack.update(hosted(hosting.model_data("second"), endpoint))
    (variant,) = hosting.sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == 2


@pytest.mark.documented("stack-failure-options: the stack rolls back")
def test_an_endpoint_that_fails_rolls_the_stack_back_and_leaves_nothing(
    hosting: Hosting, stack: Stack, uri: str
) -> None:
    resources = hosted(uri, ContainerStartupHealthCheckTimeoutInSeconds=60)
    resources["Model"]["Properties"]["PrimaryContainer"]["Environment"] = {"UNHEALTHY": True}
    assert stack.create(resources) == "ROLLBACK_COMPLETE"
    assert "did not pass the ping health check" in stack.reasons("CREATE_FAILED")["Endpoint"]
    assert left_over(hosting, stack) == []


@pytest.mark.documented("stack-failure-options: the stack rolls back")
def test_an_update_whose_endpoint_rolls_back_brings_the_stack_back(hosting: Hosting, stack: Stack, uri: str) -> None:
    stack.create(hosted(uri))
    before = stack.ids()
    resources = hosted(hosting.model_data("second"), ContainerStartupHealthCheckTimeoutInSeconds=60)
    resources["Model"]["Properties"]["PrimaryContainer"]["Environment"] = {"UNHEALTHY": True}
    assert stack.update(resources) == "UPDATE_ROLLBACK_COMPLETE"
    assert "did not pass the ping health check" in stack.reasons("UPDATE_FAILED")["Endpoint"]
    assert stack.ids() == before
    assert hosting.invoke(stack.named("Endpoint"), what="model") == b"first"
    assert sorted(left_over(hosting, stack)) == sorted(stack.named(each) for each in before)


@pytest.mark.documented("stack-failure-options: the stack rolls back")
def test_what_comes_after_an_updated_endpoint_and_fails_brings_the_old_configuration_back(
    hosting: Hosting, stack: Stack, uri: str
) -> None:
    stack.create(hosted(uri))
    resources = hosted(hosting.model_data("second"))
    resources["Wrong"] = {**model(uri, image="nobody/knows:1"), "DependsOn": "Endpoint"}
    assert stack.update(resources) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Invalid image URI" in stack.reasons("UPDATE_FAILED")["Wrong"]
    assert hosting.invoke(stack.named("Endpoint"), what="model") == b"first"
    assert len(left_over(hosting, stack)) == 3


@pytest.mark.documented("aws-properties-name: a custom-named resource that requires replacing")
def test_a_resource_with_a_name_of_its_own_is_not_replaced_under_that_name(stack: Stack, uri: str) -> None:
    name = unique("model")
    stack.create({"Model": model(uri, ModelName=name)})
    assert stack.named("Model") == name
    assert (
        stack.update({"Model": model(uri, ModelName=name, EnableNetworkIsolation=True)}) == "UPDATE_ROLLBACK_COMPLETE"
    )
    assert "custom-named resource requires replacing" in stack.reasons("UPDATE_FAILED")["Model"]


@pytest.mark.documented("aws-resource-sagemaker-model: a property that there is not")
def test_an_unknown_property_fails_the_resource(stack: Stack, uri: str) -> None:
    assert stack.create({"Model": model(uri, Colour="red")}) == "ROLLBACK_COMPLETE"
    assert "Colour" in stack.reasons("CREATE_FAILED")["Model"]


@pytest.mark.documented("aws-properties-resource-tags")
def test_resources_have_the_tags_of_the_template_and_those_of_the_stack(
    hosting: Hosting, stack: Stack, uri: str
) -> None:
    def tags() -> dict[str, str]:
        listed = hosting.sagemaker.list_tags(ResourceArn=stack.ids()["Model"])["Tags"]
        return {tag["Key"]: tag["Value"] for tag in listed}

    stack.create({"Model": model(uri, Tags=[{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "x"}])})
    arn = stack.ids()["Model"]
    assert tags()["team"] == "a"
    assert (tags()["aws:cloudformation:stack-name"], tags()["aws:cloudformation:logical-id"]) == (stack.name, "Model")
    stack.update({"Model": model(uri, Tags=[{"Key": "team", "Value": "b"}])})
    assert stack.ids()["Model"] == arn
    assert (tags()["team"], "old" in tags(), "aws:cloudformation:stack-name" in tags()) == ("b", False, True)


@pytest.mark.documented("aws-resource-sagemaker-endpoint: deleted outside the stack")
def test_a_stack_is_deleted_whose_resources_are_gone_already(hosting: Hosting, stack: Stack, uri: str) -> None:
    stack.create(hosted(uri))
    hosting.delete(stack.named("Endpoint"))
    hosting.sagemaker.delete_model(ModelName=stack.named("Model"))
    stack.delete()
    assert left_over(hosting, stack) == []


def group(name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": {"ModelPackageGroupName": name, **properties}}


@pytest.mark.documented("aws-resource-sagemaker-modelpackagegroup: return values; ModelPackageGroupPolicy")
def test_a_group_of_model_packages_and_its_policy(hosting: Hosting, stack: Stack) -> None:
    name, policy = unique("group"), {"Version": "2012-10-17", "Statement": []}
    outputs = {
        "Status": {"Fn::GetAtt": ["Group", "ModelPackageGroupStatus"]},
        "Arn": {"Fn::GetAtt": ["Group", "ModelPackageGroupArn"]},
        "Made": {"Fn::GetAtt": ["Group", "CreationTime"]},
    }
    assert stack.create({"Group": group(name, ModelPackageGroupPolicy=policy)}, **outputs) == "CREATE_COMPLETE"
    assert stack.outputs()["Status"] == "Completed"
    assert stack.outputs()["Arn"] == stack.ids()["Group"]
    kept = hosting.sagemaker.get_model_package_group_policy(ModelPackageGroupName=name)["ResourcePolicy"]
    assert json.loads(kept) == policy
    assert stack.update({"Group": group(name)}) == "UPDATE_COMPLETE"
    assert hosting.sagemaker.describe_model_package_group(ModelPackageGroupName=name)["ModelPackageGroupName"] == name
    with pytest.raises(hosting.sagemaker.exceptions.ClientError):
        hosting.sagemaker.get_model_package_group_policy(ModelPackageGroupName=name)


@pytest.mark.documented("API_DeleteModelPackageGroup: ConflictException")
def test_a_group_with_versions_stays_when_its_stack_is_deleted(hosting: Hosting, stack: Stack) -> None:
    name = unique("group")
    stack.create({"Group": group(name)})
    package = hosting.sagemaker.create_model_package(ModelPackageGroupName=name)
    stack.client.delete_stack(StackName=stack.name)
    assert stack.settled() == "DELETE_FAILED"
    assert "ConflictException" in stack.reasons("DELETE_FAILED")["Group"]
    hosting.sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])


def scaled(**target: Any) -> dict[str, Any]:
    """A target and its policy, beside the endpoint."""
    resource = {"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/AllTraffic"}
    dimension = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
    tracking = {
        "TargetValue": 100,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    }
    return {
        "Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {"ResourceId": resource, **dimension, "MinCapacity": 1, "MaxCapacity": "2", **target},
        },
        "Policy": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": "follow",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": tracking,
            },
        },
    }


@pytest.mark.documented("aws-resource-applicationautoscaling-scalabletarget, -scalingpolicy")
def test_a_variant_is_registered_with_a_policy_changed_and_taken_down(hosting: Hosting, stack: Stack, uri: str) -> None:
    scaling, first = hosting.aws.client("application-autoscaling"), hosted(uri)
    suspended = {"DynamicScalingInSuspended": True}
    outputs = {"Arn": {"Fn::GetAtt": ["Policy", "Arn"]}, "Id": {"Ref": "Target"}}
    assert stack.create({**first, **scaled(SuspendedState=suspended)}, **outputs) == "CREATE_COMPLETE"
    resource = f"endpoint/{stack.named('Endpoint')}/variant/AllTraffic"

    def described(kind: str) -> list[dict[str, Any]]:
        describe = getattr(scaling, f"describe_{kind}")
        found = describe(ServiceNamespace="sagemaker")["ScalableTargets" if "targets" in kind else "ScalingPolicies"]
        return [each for each in found if each["ResourceId"] == resource]

    (target,), (policy,) = described("scalable_targets"), described("scaling_policies")
    assert stack.outputs() == {
        "Arn": policy["PolicyARN"],
        "Id": f"{resource}|sagemaker:variant:DesiredInstanceCount|sagemaker",
    }
    assert (target["MaxCapacity"], target["SuspendedState"]["DynamicScalingInSuspended"]) == (2, True)
    assert stack.update({**first, **scaled(MaxCapacity=3)}) == "UPDATE_COMPLETE"
    (target,) = described("scalable_targets")
    assert (target["MaxCapacity"], target["SuspendedState"]["DynamicScalingInSuspended"]) == (3, False)
    assert [each["PolicyARN"] for each in described("scaling_policies")] == [policy["PolicyARN"]]
    assert stack.update({**first, **scaled(MaxCapacity=0)}) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Maximum capacity cannot be less" in stack.reasons("UPDATE_FAILED")["Target"]
    assert stack.update(first) == "UPDATE_COMPLETE"
    assert described("scalable_targets") == described("scaling_policies") == []
    assert stack.update({**first, **scaled()}) == "UPDATE_COMPLETE"
    scaling.deregister_scalable_target(
        ServiceNamespace="sagemaker", ResourceId=resource, ScalableDimension=target["ScalableDimension"]
    )
    stack.delete()
    assert described("scalable_targets") == []


@pytest.mark.local_only
@pytest.mark.parametrize("stage", ["staging", "production"])
def test_the_projects_own_template_serves_a_model_in_either_stage(
    hosting: Hosting, stack: Stack, uri: str, stage: str
) -> None:
    use_case = unique("case")
    given = {
        "UseCase": use_case, "Stage": stage, "Image": SERVING, "ModelData": uri, "EndpointsRoleArn": ROLE,
        "JobsSecurityGroup": "sg-1", "Subnets": "subnet-1,subnet-2", "DataBucket": uri.split("/")[2], "KeyArn": "key",
    }  # fmt: skip
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    body = (ROOT / "deploy" / "cloudformation" / "endpoint.yaml").read_text()
    stack.client.create_stack(StackName=stack.name, TemplateBody=body, Parameters=parameters)
    assert stack.settled() == "CREATE_COMPLETE", stack.reasons("CREATE_FAILED")
    assert stack.outputs()["EndpointName"] == f"{use_case}-{stage}-stack"
    assert hosting.invoke(f"{use_case}-{stage}-stack", what="model") == b"first"
    config = hosting.sagemaker.describe_endpoint_config(EndpointConfigName=stack.named("Config"))
    assert config["KmsKeyId"] == "key"
    assert ("DataCaptureConfig" in config) is (stage == "production")
    model = hosting.sagemaker.describe_model(ModelName=stack.named("Model"))
    assert model["VpcConfig"] == {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    found = hosting.aws.client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=f"endpoint/{use_case}-{stage}-stack/variant/AllTraffic"
    )["ScalingPolicies"]
    tracked = [each["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for each in found]
    assert tracked == ([6000.0] if stage == "production" else [])
