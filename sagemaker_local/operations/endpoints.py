"""Create, Describe, List, Update and Delete of endpoints."""

from __future__ import annotations

import uuid
from typing import Any

from sagemaker_local import clock
from sagemaker_local.domain import endpoints as states
from sagemaker_local.domain import rollouts
from sagemaker_local.errors import limit_exceeded, validation_error
from sagemaker_local.hosting import records
from sagemaker_local.operations import checks, scalable_targets
from sagemaker_local.operations.endpoint_configs import check_concurrency, check_weights, existing_config
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.listing import Query, common_filters, page
from sagemaker_local.operations.models import existing_model
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.operations.resources import ENDPOINT
from sagemaker_local.store import NameTaken, Record

_DEFAULT_PAGE = 10
# Every instance is a process of this machine.
_INSTANCES = 100


@operation("CreateEndpoint")
def create_endpoint(context: Context, request: Request) -> Request:
    """Starts the fleet of a configuration; the endpoint is ``InService`` when every instance is."""
    refuse_unsupported("CreateEndpoint", request)
    tags = checks.tags_of(request)
    _check_deployment(context, request)
    name = request["EndpointName"]
    arn = context.scope.arn(ENDPOINT, name)
    pending = _configuration(context, request["EndpointConfigName"])
    record = states.new_record(name, arn, pending, request.get("DeploymentConfig"), clock.now())
    try:
        with context.store.transaction():
            _check_quota(context, record)
            records.add(context.store, context.scope, record, tags)
    except NameTaken as error:
        raise validation_error(f'Cannot create already existing endpoint "{arn}".') from error
    context.services.hosting.attend(context.scope, name)
    return {"EndpointArn": arn}


def _configuration(context: Context, name: str) -> Record:
    """A copy of the configuration and its models, to be deployed as a fleet of its own."""
    config = existing_config(context, name)
    variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
    models = {variant["ModelName"]: existing_model(context, variant["ModelName"]) for variant in variants}
    for model in models.values():
        model["EnableNetworkIsolation"] |= config["EnableNetworkIsolation"]
        checks.check_servable(context, model["Resolved"]["Image"])
    return {**states.configuration(config, models), "Fleet": uuid.uuid4().hex}


def _check_quota(context: Context, changed: Record) -> None:
    """All endpoints of the account and region together do not want more instances than there are."""
    found = context.store.in_states(ENDPOINT, states.ALL)
    others = [
        record
        for scope, record in found
        if scope == context.scope and record["EndpointArn"].lower() != changed["EndpointArn"].lower()
    ]
    used, wanted = sum(map(states.instances_wanted, others)), states.instances_wanted(changed)
    if used + wanted > _INSTANCES:
        raise limit_exceeded(
            f"The account-level service limit 'instances for endpoint usage' is {_INSTANCES} Instances, with current "
            f"utilization of {used} Instances and a request delta of {wanted} Instances."
        )


def _check_deployment(context: Context, request: Request) -> None:
    """The deployment's settings fit together, and its alarms are there."""
    deployment = request.get("DeploymentConfig", {})
    fault = rollouts.fault(deployment)
    if fault is not None:
        raise validation_error(fault)
    names = rollouts.alarms(deployment)
    if not names:
        return
    found = context.services.aws.client("cloudwatch", context.scope).describe_alarms(AlarmNames=names)
    there = {alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in found.get(kind, [])}
    missing = [name for name in names if name not in there]
    if missing:
        raise validation_error(f"AutoRollbackConfiguration.Alarms: CloudWatch has no alarm {', '.join(missing)}")


@operation("DescribeEndpoint")
def describe_endpoint(context: Context, request: Request) -> Request:
    """The endpoint as it stands."""
    return _existing(context, request["EndpointName"])


@operation("ListEndpoints")
def list_endpoints(context: Context, request: Request) -> Request:
    """Summaries, the newest first."""
    query = Query(ENDPOINT, context.scope)
    common_filters(query, request, from_that_time=True)
    found, token = page(context.store, query, {"SortOrder": "Descending", "MaxResults": _DEFAULT_PAGE, **request})
    return {"Endpoints": found, "NextToken": token}


@operation("UpdateEndpoint")
def update_endpoint(context: Context, request: Request) -> Request:
    """Deploys another configuration beside the live one, which serves until the other can."""
    refuse_unsupported("UpdateEndpoint", request)
    _check_deployment(context, request)

    def begin(record: Record) -> None:
        _check_idle(record)
        pending = _configuration(context, request["EndpointConfigName"])
        scalable_targets.check_update(context.store, context.scope, record, pending)
        deployment = request.get("DeploymentConfig")
        if deployment is None and not request.get("RetainDeploymentConfig", False):
            record.pop("LastDeploymentConfig", None)
        states.begin_update(record, pending, deployment, clock.now())
        if request.get("RetainAllVariantProperties", False):
            excluded = request.get("ExcludeRetainedVariantProperties", [])
            states.retain(record, {item["VariantPropertyType"] for item in excluded})
        _check_quota(context, record)

    return _begun(context, request["EndpointName"], begin)


@operation("UpdateEndpointWeightsAndCapacities")
def update_endpoint_weights_and_capacities(context: Context, request: Request) -> Request:
    """Other weights, numbers of instances or concurrency for the live variants; no new deployment."""
    given = request["DesiredWeightsAndCapacities"]
    checks.check_unique("VariantName", [item["VariantName"] for item in given])

    def begin(record: Record) -> None:
        _check_idle(record)
        _check_not_mixed(record)
        shown = {variant["VariantName"]: variant for variant in states.all_variants(record)}
        least = 0 if "AsyncInferenceConfig" in record else 1
        desired = {item["VariantName"]: _desired(shown, item, least) for item in given}
        production = [{**each, **desired.get(each["VariantName"], {})} for each in record["ProductionVariants"]]
        check_weights([variant["DesiredWeight"] for variant in production])
        states.begin_change(record, desired, clock.now())
        _check_quota(context, record)

    return _begun(context, request["EndpointName"], begin)


def _desired(shown: dict[str, Record], item: dict[str, Any], least: int) -> Record:
    """The members of a variant's summary that *item* changes; *least* is how many instances it must have."""
    variant = shown.get(item["VariantName"])
    if variant is None:
        raise validation_error(f"The endpoint has no variant {item['VariantName']}.")
    desired: Record = {name: item[name] for name in ("DesiredWeight", "DesiredInstanceCount") if name in item}
    serverless = variant.get("CurrentServerlessConfig")
    if "DesiredInstanceCount" in item and (serverless is not None or item["DesiredInstanceCount"] < least):
        raise validation_error(f"Variant {item['VariantName']} cannot have DesiredInstanceCount {desired}.")
    if "ServerlessUpdateConfig" in item:
        if serverless is None:
            raise validation_error(f"Variant {item['VariantName']} is not serverless.")
        desired["DesiredServerlessConfig"] = {**serverless, **item["ServerlessUpdateConfig"]}
        check_concurrency(desired["DesiredServerlessConfig"])
    return desired


@operation("DeleteEndpoint")
def delete_endpoint(context: Context, request: Request) -> None:
    """Ends its instances; its configuration and models stay, its variants are no targets of scaling any more."""

    def begin(record: Record) -> None:
        if record["EndpointStatus"] in states.UNDER_WAY:
            raise _in_progress(record)
        states.advance(record, states.DELETING, clock.now())

    targets = scalable_targets.of_endpoint(context.store, context.scope, _existing(context, request["EndpointName"]))
    _begun(context, request["EndpointName"], begin)
    for _, target in targets:
        scalable_targets.forget(context.store, context.services.aws, context.scope, target)


def _begun(context: Context, name: str, begin: Any) -> Request:
    """Let *begin* change the record, have what it says carried out, answer the ARN."""
    try:
        record = records.change(context.store, context.scope, name, begin)
    except records.Gone as error:
        raise _missing(context, name) from error
    context.services.hosting.attend(context.scope, record["EndpointName"])
    return {"EndpointArn": record["EndpointArn"]}


def _check_idle(record: Record) -> None:
    """The endpoint serves, and nothing is under way."""
    if record["EndpointStatus"] in states.UNDER_WAY:
        raise _in_progress(record)
    if record["EndpointStatus"] == states.FAILED:
        raise validation_error(f'Cannot update failed endpoint "{record["EndpointArn"]}": it can only be deleted.')


def _check_not_mixed(record: Record) -> None:
    """One configuration serves, whose variants can be changed."""
    if record["EndpointStatus"] == states.UPDATE_ROLLBACK_FAILED:
        raise validation_error(
            f'Cannot change the variants of endpoint "{record["EndpointArn"]}", which serves with a mix of two '
            "configurations: use UpdateEndpoint."
        )


def _in_progress(record: Record) -> Exception:
    return validation_error(f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')


def _existing(context: Context, name: str) -> Record:
    record = context.store.get(ENDPOINT, context.scope, name)
    if record is None:
        raise _missing(context, name)
    return record


def _missing(context: Context, name: str) -> Exception:
    return validation_error(f'Could not find endpoint "{context.scope.arn(ENDPOINT, name)}".')
