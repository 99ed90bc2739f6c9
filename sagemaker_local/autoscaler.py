"""Automatic scaling at work: variants get the instances that their targets and policies want."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local import clock
from sagemaker_local.base.aws import Aws
from sagemaker_local.domain import endpoints, scaling
from sagemaker_local.domain.arns import Scope
from sagemaker_local.operations import scalable_targets as stored
from sagemaker_local.operations.resources import ENDPOINT
from sagemaker_local.store import Record, Store

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
_IN_PROGRESS, _SUCCESSFUL, _FAILED = "InProgress", "Successful", "Failed"
_SET = "Successfully set desired instance count to {}. Change successfully fulfilled by sagemaker."
_NOT_SET = "Failed to set desired instance count to {}. Reason: {}"


class _Wish(NamedTuple):
    """What a target or a policy wants, and why."""

    wanted: int
    cause: str
    outward: bool
    policy: Record | None = None


class Autoscaler:
    """Looks at all targets, again and again."""

    def __init__(self, store: Store, aws: Aws, waits: clock.Waits) -> None:
        self._store, self._aws, self._waits = store, aws, waits

    async def look(self) -> None:
        """Look once; what cannot be done now is tried at the next look."""
        await asyncio.to_thread(self._look)

    def _look(self) -> None:
        for scope, activity in self._store.in_states(stored.ACTIVITY, (_IN_PROGRESS,)):
            self._tried(self._finish, scope, activity)
        for scope, target in self._store.in_states(stored.TARGET, (stored.ACTIVE,)):
            self._tried(self._attend, scope, target)

    def _tried(self, work: Callable[[Scope, Record], None], scope: Scope, record: Record) -> None:
        """What goes wrong with one target does not keep the others waiting."""
        try:
            work(scope, record)
        except (ClientError, BotoCoreError) as error:
            log.warning("%s cannot be scaled now: %s", record["ResourceId"], error)
        except Exception:
            log.exception("%s cannot be scaled", record["ResourceId"])

    def _attend(self, scope: Scope, target: Record) -> None:
        endpoint, variant = scaling.variant_of(target["ResourceId"]) or ("", "")
        record = self._store.get(ENDPOINT, scope, endpoint)
        shown = None if record is None else _shown(record, variant)
        if record is None or shown is None:
            stored.forget(self._store, self._aws, scope, target)
            return
        if record["EndpointStatus"] != endpoints.IN_SERVICE:
            return
        current = int(shown["CurrentInstanceCount"])
        wish = self._range_wish(scope, target, current) or self._policy_wish(scope, target, current)
        if wish is not None:
            self._scale(scope, target, (endpoint, variant), wish)

    def _finish(self, scope: Scope, activity: Record) -> None:
        """Once nothing is under way at the endpoint, what was in progress has ended."""
        endpoint, variant = scaling.variant_of(activity["ResourceId"]) or ("", "")
        record = self._store.get(ENDPOINT, scope, endpoint) or {}
        if record.get("EndpointStatus") in endpoints.UNDER_WAY:
            return
        wanted, shown = activity["Wanted"], _shown(record, variant)
        if shown is not None and shown["CurrentInstanceCount"] == wanted:
            status, message = _SUCCESSFUL, _SET.format(wanted)
        else:
            status, message = _FAILED, _NOT_SET.format(wanted, record.get("FailureReason", "the endpoint has changed"))
        ended = {**activity, "StatusCode": status, "StatusMessage": message, "EndTime": clock.now()}
        self._store.update(stored.ACTIVITY, scope, ended, stored.activity_facets(ended))

    def _range_wish(self, scope: Scope, target: Record, current: int) -> _Wish | None:
        """A registration brings the count into its range, once."""
        if not target["Adjust"]:
            return None
        count = scaling.within(target, current)
        if count == current:
            self._adjusted(scope, target)
            return None
        bound = "minimum" if count > current else "maximum"
        return _Wish(count, f"{bound} capacity was set to {count}", count > current)

    def _adjusted(self, scope: Scope, target: Record) -> None:
        with self._store.transaction():
            now = self._store.get(stored.TARGET, scope, target["ResourceId"])
            if now == target:  # or it has been registered anew meanwhile
                self._store.update(stored.TARGET, scope, {**now, "Adjust": False}, stored.target_facets(now))

    def _policy_wish(self, scope: Scope, target: Record, current: int) -> _Wish | None:
        """The largest of what the policies want; none scales in while another scales out."""
        policies = {
            each["PolicyARN"]: each for each in self._store.children(stored.POLICY, scope, target["ResourceId"])
        }
        if not policies:
            return None
        pages = self._aws.client("cloudwatch", scope).get_paginator("describe_alarms").paginate(StateValue="ALARM")
        raised = [alarm for page in pages for alarm in page["MetricAlarms"]]
        wishes = [
            self._wish(scope, target, policies[arn], alarm, current)
            for alarm in raised
            for arn in policies.keys() & set(alarm["AlarmActions"])
        ]
        return max(filter(None, wishes), key=lambda wish: wish.wanted, default=None)

    def _wish(self, scope: Scope, target: Record, policy: Record, alarm: Record, current: int) -> _Wish | None:
        value = self._value(scope, alarm)
        if value is None:
            return None
        count = scaling.within(target, scaling.wanted(policy, alarm, value, current))
        outward = count > current
        if count == current or scaling.is_suspended(target, outward) or self._cools_down(policy, outward):
            return None
        cause = f"monitor alarm {alarm['AlarmName']} in state ALARM triggered policy {policy['PolicyName']}"
        return _Wish(count, cause, outward, policy)

    def _cools_down(self, policy: Record, outward: bool) -> bool:
        last = policy.get("LastOut" if outward else "LastIn")
        cooldown = self._waits.seconds(scaling.cooldown_seconds(policy, outward))
        return last is not None and clock.now() < last + cooldown

    def _value(self, scope: Scope, alarm: Record) -> float | None:
        """The metric in the last whole period that has a value, or in the one that is going on."""
        now, period = time.time(), alarm["Period"]
        statistic = alarm["Statistic"]
        found = self._aws.client("cloudwatch", scope).get_metric_statistics(
            Namespace=alarm["Namespace"],
            MetricName=alarm["MetricName"],
            Dimensions=alarm["Dimensions"],
            StartTime=now - 3 * period,
            EndTime=now + 1,
            Period=period,
            Statistics=[statistic],
        )["Datapoints"]
        points = sorted((point["Timestamp"].timestamp(), float(point[statistic])) for point in found)
        whole = [value for start, value in points if start + period <= now]
        values = whole or [value for _, value in points]
        return values[-1] if values else None

    def _scale(self, scope: Scope, target: Record, named: tuple[str, str], wish: _Wish) -> None:
        endpoint, variant = named
        change: dict[str, Any] = {"VariantName": variant, "DesiredInstanceCount": wish.wanted}
        self._aws.client("sagemaker", scope).update_endpoint_weights_and_capacities(
            EndpointName=endpoint, DesiredWeightsAndCapacities=[change]
        )
        self._note(scope, target, wish)

    def _note(self, scope: Scope, target: Record, wish: _Wish) -> None:
        now = clock.now()
        activity = {
            **{name: target[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")},
            "ActivityId": str(uuid.uuid4()),
            "Description": f"Setting desired instance count to {wish.wanted}.",
            "Cause": wish.cause,
            "StartTime": now,
            "StatusCode": _IN_PROGRESS,
            "Wanted": wish.wanted,
        }
        with self._store.transaction():
            self._store.insert(stored.ACTIVITY, scope, activity, stored.activity_facets(activity))
            if wish.policy is not None:
                policy = {**wish.policy, "LastOut" if wish.outward else "LastIn": now}
                self._store.update(stored.POLICY, scope, policy, stored.policy_facets(policy))


def _shown(endpoint: Record, variant: str) -> Record | None:
    return next((each for each in endpoints.all_variants(endpoint) if each["VariantName"] == variant), None)
