"""Application Auto Scaling, for the instances of variants: targets, policies, activities."""

from __future__ import annotations

import uuid
from typing import Any

from sagemaker_local import clock
from sagemaker_local.domain import endpoints, scaling
from sagemaker_local.errors import ServiceError, validation_error
from sagemaker_local.operations import scalable_targets as stored
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.listing import Query, page
from sagemaker_local.operations.registry import Context, Request, autoscaling_operation
from sagemaker_local.operations.resources import ENDPOINT
from sagemaker_local.store import NameTaken, Record

# Of CloudWatch's alarms none has a shorter period.
_SHORTEST_PERIOD_SECONDS = 10
_ROLE = (
    "arn:aws:iam::{}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
_IDENTITY = ("Id", "PolicyARN", "CreationTime")
_SUSPENDED = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


@autoscaling_operation("RegisterScalableTarget")
def register_scalable_target(context: Context, request: Request) -> Request:
    """Registers a variant, or changes its registration; a count out of its range is brought into it at once."""
    refuse_unsupported("RegisterScalableTarget", request)
    _check_kind(request)
    asynchronous = _check_variant(context, request["ResourceId"])
    with context.store.transaction():
        old = context.store.get(stored.TARGET, context.scope, request["ResourceId"])
        target = _registered(context, request, old or _new_target(context, request))
        _check_range(target, asynchronous)
        facets = stored.target_facets(target)
        if old is None:
            context.store.insert(stored.TARGET, context.scope, target, facets)
        else:
            context.store.update(stored.TARGET, context.scope, target, facets)
    return {"ScalableTargetARN": target["ScalableTargetARN"]}


def _check_kind(request: Request) -> None:
    """What is scaled is the number of a variant's instances."""
    given = (request["ServiceNamespace"], request.get("ScalableDimension", scaling.DIMENSION))
    if given != (scaling.NAMESPACE, scaling.DIMENSION):
        raise validation_error(
            f"The local SageMaker scales {scaling.DIMENSION} of namespace {scaling.NAMESPACE} only, and not {given[1]} "
            f"of {given[0]}"
        )


def _check_variant(context: Context, resource_id: str) -> bool:
    """There is such a variant, with instances; whether its endpoint is asynchronous."""
    named = scaling.variant_of(resource_id)
    if named is None:
        raise validation_error(f"ResourceId must be endpoint/<name>/variant/<name>, and is {resource_id}")
    endpoint = context.store.get(ENDPOINT, context.scope, named[0])
    variants = {} if endpoint is None else {each["VariantName"]: each for each in endpoints.all_variants(endpoint)}
    if endpoint is None or named[1] not in variants:
        raise validation_error(f"There is no variant {named[1]} of an endpoint {named[0]} in service: {resource_id}")
    if "CurrentServerlessConfig" in variants[named[1]]:
        raise validation_error(f"Variant {named[1]} is serverless and has no instances to scale")
    return "AsyncInferenceConfig" in endpoint["Live"]["EndpointConfig"]


def _new_target(context: Context, request: Request) -> Record:
    if not {"MinCapacity", "MaxCapacity"} <= request.keys():
        raise validation_error("MinCapacity and MaxCapacity must be given to register a new scalable target")
    scope, now = context.scope, clock.now()
    return {
        "ServiceNamespace": scaling.NAMESPACE,
        "ResourceId": request["ResourceId"],
        "ScalableDimension": scaling.DIMENSION,
        "RoleARN": _ROLE.format(scope.account),
        "CreationTime": now,
        "SuspendedState": dict.fromkeys(_SUSPENDED, False),
        "ScalableTargetARN": f"arn:aws:application-autoscaling:{scope.region}:{scope.account}:scalable-target/"
        f"{uuid.uuid4().hex}",
    }


def _registered(context: Context, request: Request, target: Record) -> Record:
    changed: Record = {name: request[name] for name in ("MinCapacity", "MaxCapacity", "RoleARN") if name in request}
    suspended = {**target["SuspendedState"], **request.get("SuspendedState", {})}
    return {**target, **changed, "SuspendedState": suspended, "Adjust": True}


def _check_range(target: Record, asynchronous: bool) -> None:
    if target["MaxCapacity"] < target["MinCapacity"]:
        raise validation_error("Maximum capacity cannot be less than minimum capacity")
    if target["MinCapacity"] < (0 if asynchronous else 1):
        raise validation_error("MinCapacity must be at least 1; 0 is for asynchronous endpoints only")


@autoscaling_operation("DeregisterScalableTarget")
def deregister_scalable_target(context: Context, request: Request) -> Request:
    """The variant keeps the instances that it has; its policies and their alarms go."""
    stored.forget(context.store, context.services.aws, context.scope, _target(context, request))
    return {}


def _target(context: Context, request: Request) -> Record:
    _check_kind(request)
    target = context.store.get(stored.TARGET, context.scope, request["ResourceId"])
    if target is None:
        raise _not_found(f"No scalable target registered for {_named(request)}")
    return target


def _named(request: Request) -> str:
    return (
        f"service namespace: {request['ServiceNamespace']}, resource ID: {request['ResourceId']}, scalable dimension: "
        f"{request['ScalableDimension']}"
    )


def _not_found(message: str) -> ServiceError:
    return ServiceError("ObjectNotFoundException", message)


@autoscaling_operation("DescribeScalableTargets")
def describe_scalable_targets(context: Context, request: Request) -> Request:
    """The targets, oldest first."""
    query = _query(context, stored.TARGET, request)
    ids = request.get("ResourceIds")
    if ids:
        marks = ", ".join("?" * len(ids))
        query.conditions.append(f"key IN ({marks})")
        query.values += [each.lower() for each in ids]
    return _page(context, query, request, "ScalableTargets")


def _query(context: Context, kind: str, request: Request) -> Query:
    query = Query(kind, context.scope)
    # There is nothing of other services and dimensions.
    query.where(f"? = '{scaling.NAMESPACE}'", request["ServiceNamespace"])
    query.where(f"? = '{scaling.DIMENSION}'", request.get("ScalableDimension"))
    if "ResourceId" in request:
        query.where("parent = ?", request["ResourceId"].lower())
    return query


def _page(context: Context, query: Query, request: Request, member: str) -> Request:
    try:
        found, token = page(context.store, query, request)
    except ServiceError as error:
        raise ServiceError("InvalidNextTokenException", error.message) from error
    return {member: found, "NextToken": token}


@autoscaling_operation("PutScalingPolicy")
def put_scaling_policy(context: Context, request: Request) -> Request:
    """Gives a target a policy, or another one of that name; a target tracking policy brings its alarms."""
    refuse_unsupported("PutScalingPolicy", request)
    _target(context, request)
    policy = {"PolicyType": scaling.STEP, **request}
    fault = scaling.fault(policy)
    if fault is not None:
        raise validation_error(fault)
    old = _policy(context, request)
    policy |= _identity(context, request) if old is None else {name: old[name] for name in _IDENTITY}
    if old is not None:
        stored.delete_alarms(context.services.aws, context.scope, old)
    if policy["PolicyType"] == scaling.TARGET_TRACKING:
        policy["Alarms"] = _with_alarms(context, policy)
    _store(context, policy)
    return {"PolicyARN": policy["PolicyARN"], "Alarms": policy.get("Alarms", [])}


def _store(context: Context, policy: Record) -> None:
    facets = stored.policy_facets(policy)
    try:
        context.store.insert(stored.POLICY, context.scope, policy, facets)
    except NameTaken:
        context.store.update(stored.POLICY, context.scope, policy, facets)


def _policy(context: Context, request: Request) -> Record | None:
    key = stored.policy_key(request["ResourceId"], request["PolicyName"])
    return context.store.get(stored.POLICY, context.scope, key)


def _identity(context: Context, request: Request) -> Record:
    number, scope = str(uuid.uuid4()), context.scope
    return {
        "Id": number,
        "CreationTime": clock.now(),
        "PolicyARN": f"arn:aws:autoscaling:{scope.region}:{scope.account}:scalingPolicy:{number}:resource/"
        f"{scaling.NAMESPACE}/{request['ResourceId']}:policyName/{request['PolicyName']}",
    }


def _with_alarms(context: Context, policy: Record) -> list[dict[str, Any]]:
    cloudwatch = context.services.aws.client("cloudwatch", context.scope)
    period = max(_SHORTEST_PERIOD_SECONDS, round(context.services.hosting.waits.seconds(60)))
    made = []
    for alarm in scaling.alarms(policy, period):
        cloudwatch.put_metric_alarm(**alarm, AlarmActions=[policy["PolicyARN"]])
        arn = f"arn:aws:cloudwatch:{context.scope.region}:{context.scope.account}:alarm:{alarm['AlarmName']}"
        made.append({"AlarmName": alarm["AlarmName"], "AlarmARN": arn})
    return made


@autoscaling_operation("DescribeScalingPolicies")
def describe_scaling_policies(context: Context, request: Request) -> Request:
    """The policies, oldest first."""
    query = _query(context, stored.POLICY, request)
    names = request.get("PolicyNames")
    if names:
        query.conditions.append(f"json_extract(record, '$.PolicyName') IN ({', '.join('?' * len(names))})")
        query.values += names
    return _page(context, query, request, "ScalingPolicies")


@autoscaling_operation("DeleteScalingPolicy")
def delete_scaling_policy(context: Context, request: Request) -> Request:
    """The policy goes, and so do its alarms; the variant keeps its instances."""
    _check_kind(request)
    policy = _policy(context, request)
    if policy is None:
        raise _not_found(f"No scaling policy found for {_named(request)}, policy name: {request['PolicyName']}")
    stored.forget_policy(context.store, context.services.aws, context.scope, policy)
    return {}


@autoscaling_operation("DescribeScalingActivities")
def describe_scaling_activities(context: Context, request: Request) -> Request:
    """What was done, the newest first."""
    query = _query(context, stored.ACTIVITY, request)
    return _page(context, query, {**request, "SortOrder": "Descending"}, "ScalingActivities")
